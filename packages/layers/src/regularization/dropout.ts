import { ArgumentError, bernoulli, type Tensor } from '@hebb/tensor';
import { describe, requireTensor } from '@hebb/tensor/arguments';
import { Module } from '../module/module.ts';

/**
 * While training, each element is 0 with the given probability and otherwise multiplied by 1 / (1 − probability), so that its expectation
 * stays the same; in evaluation mode the input itself (Srivastava et al. 2014). Keeps the shape.
 *
 * Throws {@link ArgumentError} where the probability (default 0.5) does not lie in 0 … 1.
 */
export class Dropout extends Module {
  static override readonly type: string = 'Dropout';
  static override readonly positional: readonly string[] = ['probability'];

  readonly probability: number;

  constructor(probability = 0.5) {
    super();
    if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1))
      throw new ArgumentError(`[Dropout] the probability must lie in 0 … 1, not ${describe(probability)}.`);
    this.probability = probability;
  }

  forward(x: Tensor): Tensor {
    requireTensor('Dropout', 'the input', x);
    const { probability } = this;
    if (!this.training || probability === 0) return x;
    if (probability === 1) return x.mul(0);
    return bernoulli(x.shape, 1 - probability).where(x.mul(1 / (1 - probability)), 0);
  }

  override describe(): string {
    return `${super.describe()} ${this.probability}`;
  }
}
