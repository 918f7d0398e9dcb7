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
 * class Counter implements Stateful<{ count: number }> {
 *   count = 0;
 *   stateDict() {
 *     return { count: this.count };
 *   }
 *   loadStateDict(state: { count: number }) {
 *     this.count = state.count;
 *   }
 *   differences(state: unknown) {
 *     return Number.isInteger(Object(state).count) ? [] : ['count must be an integer'];
 *   }
 * }
 * const counter = new Counter();
 * counter.loadStateDict({ count: 3 });
 * counter.stateDict(); // { count: 3 }
 * ```
 *
 * `Stateful` alone is one of any state: whoever saves keeps a list of those, and gives each what a file holds for it. Nothing but {@link differences} can
 * tell whether that is such a state. `S` is a type (`type CounterState = { … }`); an `interface` could be extended by anything, and is no {@link State}.
 */
export interface Stateful<S extends State = State> {
  /** Its tensors are the thing's own, not copies, and change with it. */
  stateDict(): S;
  /** Takes over what `stateDict` gave, now or in another process. Throws, changing nothing, where it does not fit. A promise is awaited. */
  loadStateDict(state: S): unknown;
  /** Every reason why `loadStateDict` would refuse a state, each as half a sentence; none where it would not. It may be anything: it comes out of a file. */
  differences?(state: unknown): readonly string[];
}
