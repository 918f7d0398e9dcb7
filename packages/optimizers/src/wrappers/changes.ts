import type { Tensor } from '@hebb/tensor';
import type { GradientChange } from '../training-optimizer.ts';

/** What is done to the gradients of updates for a while. */
export class GradientChanges {
  #change: GradientChange | undefined;

  /** Runs `body`, in which {@link of} does `change`. */
  during<R>(change: GradientChange, body: () => R): R {
    const before = this.#change;
    this.#change = change;
    try {
      return body();
    } finally {
      this.#change = before;
    }
  }

  of(gradients: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
    return this.#change?.(gradients) ?? gradients;
  }
}
