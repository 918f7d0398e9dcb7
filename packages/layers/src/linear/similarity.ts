/** How far apart vectors are. */
import {
  cosineSimilarity,
  pairwiseDistance,
  type CosineSimilarityOptions,
  type PairwiseDistanceOptions,
  type Tensor,
} from '@hebb/tensor';
import {
  between,
  checkOptions,
  requireBoolean,
  requireFinite,
  requireInteger,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Module } from '../module/module.ts';

const cosineOptions: OptionNames<CosineSimilarityOptions> = { axis: requireInteger, eps: requireFinite };
const distanceOptions: OptionNames<PairwiseDistanceOptions> = {
  p: between(0, Infinity),
  eps: requireFinite,
  keepDims: requireBoolean,
};

/**
 * The cosine of the angle between vectors along an axis (default 1), x1 · x2 / (max(‖x1‖, eps) · max(‖x2‖, eps)). Shape: x1 and x2, which are broadcast → without the axis.
 *
 * ```ts
 * await new CosineSimilarity().forward(tensor([[3, 4]]), tensor([[4, 3]])).toArray();  // [0.96]
 * ```
 */
export class CosineSimilarity extends Module {
  static override readonly type: string = 'CosineSimilarity';
  static override readonly options: ModuleOptions = cosineOptions;

  readonly axis: number;
  readonly eps: number;

  constructor(options: CosineSimilarityOptions = {}) {
    super();
    checkOptions('CosineSimilarity', options, cosineOptions);
    this.axis = options.axis ?? 1;
    this.eps = options.eps ?? 1e-8;
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    const { axis, eps } = this;
    return cosineSimilarity(x1, x2, { axis, eps });
  }
}

/**
 * The p-norm of x1 − x2 + eps over the last axis, p = 2 and eps = 1e-6 by default. Shape: x1 and x2 [..., d], which are broadcast → [...], or [..., 1] with `keepDims`.
 *
 * ```ts
 * await new PairwiseDistance({ eps: 0 }).forward(tensor([[3, 4]]), tensor([[0, 0]])).toArray();  // [5]
 * ```
 */
export class PairwiseDistance extends Module {
  static override readonly type: string = 'PairwiseDistance';
  static override readonly options: ModuleOptions = distanceOptions;

  readonly p: number;
  readonly eps: number;
  readonly keepDims: boolean;

  constructor(options: PairwiseDistanceOptions = {}) {
    super();
    checkOptions('PairwiseDistance', options, distanceOptions);
    this.p = options.p ?? 2;
    this.eps = options.eps ?? 1e-6;
    this.keepDims = options.keepDims ?? false;
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    const { p, eps, keepDims } = this;
    return pairwiseDistance(x1, x2, { p, eps, keepDims });
  }
}
