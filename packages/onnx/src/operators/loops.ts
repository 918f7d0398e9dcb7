/** Loops: files of Hebb hold one graph without graphs inside of it, so traces write loops out, and none comes here from an exported function. */
import type { Value } from '../emitter.ts';
import type { Site } from '../site.ts';

export function scan(site: Site<'scan'>): Value {
  return site.fail(
    'a file holds no loops',
    'Record the loop in the exported function, by scan; its steps are written out there.',
  );
}
