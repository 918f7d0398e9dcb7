import { linear, ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, type OptionNames, requireTensor } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { defaultWeights } from '../initialization/fans.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';

export interface LinearOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean;
}

export const linearOptions: OptionNames<LinearOptions> = { bias: requireBoolean };

/**
 * y = x · Wᵀ + b.
 *
 * Shape: x [..., inFeatures] → y [..., outFeatures]. Parameters: `weight` [outFeatures, inFeatures], `bias` [outFeatures],
 * both uniform in ±1 / √inFeatures at first, as in PyTorch.
 *
 * Throws {@link ShapeError} where the last axis of x is not inFeatures.
 *
 * ```ts
 * new Linear(784, 10).forward(zeros([32, 784])).shape;  // [32, 10]
 * ```
 */
export class Linear extends Module {
  static override readonly type: string = 'Linear';
  static override readonly positional: readonly string[] = ['inFeatures', 'outFeatures'];
  static override readonly options: ModuleOptions = linearOptions;

  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Tensor;
  bias: Tensor | undefined;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    checkOptions('Linear', options, linearOptions);
    const { bias = true } = options;
    requirePositiveIntegers('Linear', { inFeatures, outFeatures });
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const initial = defaultWeights([outFeatures, inFeatures], bias);
    this.weight = parameter(initial.weight);
    this.bias = initial.bias && parameter(initial.bias);
  }

  forward(x: Tensor): Tensor {
    const { weight, bias, inFeatures } = this;
    requireTensor('Linear', 'the input', x);
    const inner = x.shape.at(-1);
    if (inner !== inFeatures) {
      const reason =
        inner === undefined ? 'the input has no axes' : `the inner sizes ${inner} and ${inFeatures} differ`;
      throw new ShapeError(`[linear] cannot multiply ${x} by weight ${weight}ᵀ: ${reason}.`, {
        hint: `Linear expects the last axis of its input to be inFeatures = ${inFeatures}.`,
      });
    }
    return linear(x, weight, bias);
  }

  override describe(): string {
    return `${super.describe()} ${this.inFeatures} → ${this.outFeatures}`;
  }
}
