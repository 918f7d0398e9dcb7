/** What can be saved, and what a thing must offer to be saved: a contract of shapes, so that no package asks another's classes. */
import type { TypedArray } from './ops/creation.ts';
import type { Tensor } from './tensor.ts';

/**
 * A value that can be saved and comes back as it was: tensors and typed arrays, plain values (every number, NaN, −0 and the infinities
 * among them), and arrays, plain objects and Maps of such.
 */
export type State =
  | Tensor
  | TypedArray
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly State[]
  | { readonly [name: string]: State }
  | ReadonlyMap<string, State>;

/**
 * Something with a state: modules, optimizers, loaders, generators, schedules, callbacks, and whatever of your own has these methods.
 *
 * ```ts
 * class Counter implements Stateful {
 *   count = 0;
 *   stateDict() {
 *     return { count: this.count };
 *   }
 *   loadStateDict(state: { count: number }) {
 *     this.count = state.count;
 *   }
 * }
 * const counter = new Counter();
 * counter.loadStateDict({ count: 3 });
 * counter.stateDict(); // { count: 3 }
 * ```
 */
export interface Stateful {
  /** A {@link State}. Its tensors are the thing's own, not copies, and change with it. */
  stateDict(): unknown;
  /** Takes over what `stateDict` gave, now or in another process. Throws, changing nothing, where it does not fit. */
  loadStateDict(state: never): unknown;
  /** Every reason why `loadStateDict` would refuse a state, each as half a sentence; none where it would not. */
  differences?(state: never): readonly string[];
}
