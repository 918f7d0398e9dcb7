import type { Tensor } from '@hebb/tensor';
import { checkOptions } from '@hebb/tensor/arguments';
import { requirePositiveIntegers } from '../module/checks.ts';
import { extentOf } from '../module/extent.ts';
import { LazyModule } from '../module/lazy.ts';
import { Linear, linearOptions, type LinearOptions } from './linear.ts';

/**
 * A {@link Linear} whose `inFeatures` is the last axis of its first input.
 *
 * ```ts
 * const model = initialize(new Sequential(new LazyLinear(16), new ReLU(), new LazyLinear(3)), ['batch', 4]);
 * model.parameterCount; // 131
 * ```
 */
export class LazyLinear extends LazyModule {
  static override readonly type: string = 'LazyLinear';
  static override readonly positional: readonly string[] = ['outFeatures', 'options'];

  readonly outFeatures: number;
  readonly options: LinearOptions;

  constructor(outFeatures: number, options: LinearOptions = {}) {
    super();
    requirePositiveIntegers('LazyLinear', { outFeatures });
    checkOptions('LazyLinear', options, linearOptions);
    this.outFeatures = outFeatures;
    this.options = options;
  }

  create(x: Tensor): Linear {
    return new Linear(extentOf('LazyLinear', x, -1), this.outFeatures, this.options);
  }

  override describe(): string {
    return `${super.describe()} ? → ${this.outFeatures}`;
  }
}
