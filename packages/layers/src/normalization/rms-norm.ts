import { rmsNorm, ones, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  orNull,
  requireBoolean,
  requireFinite,
  requireTensor,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';
import { normalizedShapeOf } from './normalized-shape.ts';

export interface RMSNormOptions {
  /** Added to the mean square under the root. Default null: 2⁻²³, the distance from 1 to the next number of float32. */
  eps?: number | null;
  /** Whether there is a `weight` to learn. Default true. */
  elementwiseAffine?: boolean;
}

const rmsNormOptions: OptionNames<RMSNormOptions> = { eps: orNull(requireFinite), elementwiseAffine: requireBoolean };

/**
 * y = x / √(mean(x²) + eps) · weight, the mean over the last axes (Zhang & Sennrich 2019, arXiv:1910.07467).
 *
 * Shape: x [..., ...normalizedShape], kept. Parameter: `weight` (1 at first), normalizedShape.
 *
 * Throws {@link ShapeError} where x does not end in that shape.
 *
 * ```ts
 * await new RMSNorm(2).forward(tensor([3, 4])).toArray(); // [0.848528, 1.131371]
 * ```
 */
export class RMSNorm extends Module {
  static override readonly type: string = 'RMSNorm';
  static override readonly positional: readonly string[] = ['normalizedShape'];
  static override readonly options: ModuleOptions = rmsNormOptions;

  readonly normalizedShape: readonly number[];
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  weight: Tensor | undefined;

  constructor(normalizedShape: number | readonly number[], options: RMSNormOptions = {}) {
    super();
    checkOptions('RMSNorm', options, rmsNormOptions);
    const { eps = null, elementwiseAffine = true } = options;
    this.normalizedShape = normalizedShapeOf('RMSNorm', normalizedShape);
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? parameter(ones(this.normalizedShape)) : undefined;
  }

  forward(x: Tensor): Tensor {
    requireTensor('RMSNorm', 'the input', x);
    const { weight, eps } = this;
    return rmsNorm(x, this.normalizedShape, { ...(eps !== null && { eps }), ...(weight && { weight }) });
  }

  override describe(): string {
    return `${super.describe()} ${this.normalizedShape.join(' × ')}`;
  }
}
