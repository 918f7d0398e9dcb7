/** Loops. Files of Hebb hold one graph without graphs inside of it. */
import type { Value } from '../emitter.ts';
import type { Site } from '../site.ts';

export function scan(site: Site<'scan'>): Value {
  return site.fail(
    'a file holds no loops yet',
    'Write the steps out in the exported function, or export the function of one step and loop over its runs.',
  );
}
