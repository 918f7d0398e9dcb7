import { layerNorm, ones, zeros, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireFinite, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';
import { normalizedShapeOf } from './normalized-shape.ts';

export interface LayerNormOptions {
  /** Added to the variance under the root. Default 1e-5. */
  eps?: number;
  /** Whether there is a `weight`, and with it a `bias`, to learn. Default true. */
  elementwiseAffine?: boolean;
  /** Whether there is a `bias`, where there is a `weight`. Default true. */
  bias?: boolean;
}

const layerNormOptions: OptionNames<LayerNormOptions> = {
  eps: requireFinite,
  elementwiseAffine: requireBoolean,
  bias: requireBoolean,
};

/**
 * y = (x − mean) / √(variance + eps) · weight + bias, mean and (biased) variance over the last axes (Ba, Kiros & Hinton 2016, arXiv:1607.06450).
 *
 * Shape: x [..., ...normalizedShape], kept. Parameters: `weight` (1 at first) and `bias` (0), normalizedShape.
 *
 * Throws {@link ShapeError} where x does not end in that shape.
 *
 * ```ts
 * new LayerNorm(16).forward(ones([2, 5, 16])).shape; // [2, 5, 16]
 * ```
 */
export class LayerNorm extends Module {
  static override readonly type: string = 'LayerNorm';
  static override readonly positional: readonly string[] = ['normalizedShape'];
  static override readonly options: ModuleOptions = layerNormOptions;

  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  weight: Tensor | undefined;
  bias: Tensor | undefined;

  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
    super();
    checkOptions('LayerNorm', options, layerNormOptions);
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    this.normalizedShape = normalizedShapeOf('LayerNorm', normalizedShape);
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? parameter(ones(this.normalizedShape)) : undefined;
    this.bias = elementwiseAffine && bias ? parameter(zeros(this.normalizedShape)) : undefined;
  }

  forward(x: Tensor): Tensor {
    requireTensor('LayerNorm', 'the input', x);
    const { weight, bias, eps } = this;
    return layerNorm(x, this.normalizedShape, { eps, ...(weight && { weight }), ...(bias && { bias }) });
  }

  override describe(): string {
    return `${super.describe()} ${this.normalizedShape.join(' × ')}`;
  }
}
