/** Stores that keep what is there: `state = where(condition, new, state)`, of which most is often kept, as of a cache that takes another row. */
import type { Expression, Store } from './kernel.ts';

/** What is stored, and where alone it has to be. */
export interface PartialStore {
  readonly condition: Expression;
  readonly value: Expression;
}

/** The store as one that happens under a condition and reads nothing of what it keeps, if it is such a store. */
export function keepingStore({ buffer, value }: Store): PartialStore | undefined {
  // A load of a buffer that a map stores to is at the very index that is stored.
  if (value.kind !== 'select' || value.ifFalse.kind !== 'load' || value.ifFalse.buffer !== buffer) return undefined;
  return { condition: value.condition, value: value.ifTrue };
}
