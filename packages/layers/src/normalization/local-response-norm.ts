import { localResponseNorm, type LocalResponseNormOptions, type Tensor } from '@hebb/tensor';
import { checkOptions, requireFinite, requireInteger, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Module } from '../module/module.ts';

const localResponseNormOptions: OptionNames<LocalResponseNormOptions> = {
  alpha: requireFinite,
  beta: requireFinite,
  k: requireFinite,
};

/**
 * y = x / (k + alpha · mean x²)^beta, the mean over `size` neighbouring channels, with zeros beyond the ends (Krizhevsky, Sutskever & Hinton 2012); alpha
 * 1e-4, beta 0.75, k 1 by default.
 *
 * Shape: x [batch, channels, length, …], kept. Throws {@link ShapeError} for less than three axes.
 */
export class LocalResponseNorm extends Module {
  static override readonly type: string = 'LocalResponseNorm';
  static override readonly positional: readonly string[] = ['size'];
  static override readonly options: ModuleOptions = localResponseNormOptions;

  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    checkOptions('LocalResponseNorm', options, localResponseNormOptions);
    requireInteger('LocalResponseNorm', 'size', size, 1, 1024);
    const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
    this.size = size;
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
  }

  forward(x: Tensor): Tensor {
    requireTensor('LocalResponseNorm', 'the input', x);
    const { alpha, beta, k } = this;
    return localResponseNorm(x, this.size, { alpha, beta, k });
  }

  override describe(): string {
    return `${super.describe()} ${this.size}`;
  }
}
