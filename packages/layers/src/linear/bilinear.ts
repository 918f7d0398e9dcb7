import { bilinear, uniform, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';

export interface BilinearLayerOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean;
}

const bilinearOptions: OptionNames<BilinearLayerOptions> = { bias: requireBoolean };

/**
 * y = x₁ᵀ A x₂ + b, for each of `outFeatures` a matrix A.
 *
 * Shape: x1 [..., in1Features], x2 [..., in2Features] → y [..., outFeatures]. Parameters: `weight` [outFeatures, in1Features, in2Features], `bias`
 * [outFeatures], both uniform in ±1 / √in1Features at first, as in PyTorch.
 *
 * Throws {@link ShapeError} where an input has another number of features.
 *
 * ```ts
 * new Bilinear(3, 4, 2).forward(zeros([8, 3]), zeros([8, 4])).shape;  // [8, 2]
 * ```
 */
export class Bilinear extends Module {
  static override readonly type: string = 'Bilinear';
  static override readonly positional: readonly string[] = ['in1Features', 'in2Features', 'outFeatures'];
  static override readonly options: ModuleOptions = bilinearOptions;

  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  weight: Tensor;
  bias: Tensor | undefined;

  constructor(in1Features: number, in2Features: number, outFeatures: number, options: BilinearLayerOptions = {}) {
    super();
    checkOptions('Bilinear', options, bilinearOptions);
    requirePositiveIntegers('Bilinear', { in1Features, in2Features, outFeatures });
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    const bound = 1 / Math.sqrt(in1Features);
    this.weight = parameter(uniform([outFeatures, in1Features, in2Features], -bound, bound));
    this.bias = options.bias === false ? undefined : parameter(uniform([outFeatures], -bound, bound));
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    requireTensor('Bilinear', 'the first input', x1);
    requireTensor('Bilinear', 'the second input', x2);
    const { weight, bias } = this;
    return bilinear(x1, x2, weight, bias === undefined ? {} : { bias });
  }

  override describe(): string {
    return `${super.describe()} ${this.in1Features}, ${this.in2Features} → ${this.outFeatures}`;
  }
}
