/** What loaders and streams share in their states: seed and epoch are taken over, everything else must be the same. */
import type { JsonValue } from './batches.ts';
import { show } from './errors.ts';

type JsonRecord = Readonly<Record<string, JsonValue>>;

/**
 * Every reason why a saved state is not one of batches with the state `own`: what `others` finds, which of `names` differ, and a seed or epoch
 * that is none.
 */
export function stateDifferences<K extends string>(
  what: string,
  state: unknown,
  own: { readonly [name in K]: JsonValue },
  names: readonly K[],
  others: (saved: JsonRecord) => readonly string[],
): readonly string[] {
  if (typeof state !== 'object' || state === null || Array.isArray(state))
    return [`expected the state of a ${what}, got ${show(state)}`];
  const saved = state as JsonRecord;
  const found = [...others(saved)];
  for (const name of names)
    if (saved[name] !== own[name]) found.push(`its ${name} was ${show(saved[name])}, here it is ${show(own[name])}`);
  for (const name of ['seed', 'epoch'] as const)
    if (!Number.isSafeInteger(saved[name]) || (saved[name] as number) < 0)
      found.push(`its ${name} must be an integer from 0, it is ${show(saved[name])}`);
  return found;
}
