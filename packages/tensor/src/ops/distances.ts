/** Distances and similarities of vectors: of pairs, and of all pairs of two sets or of one. */
import {
  between,
  checkOptions,
  requireBoolean,
  requireFinite,
  requireInteger,
  type OptionNames,
} from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './arithmetic.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { indexSelect } from './indexing.ts';
import { normalizeAxis, unsqueeze } from './movement.ts';
import { norm } from './norms.ts';
import { inFloats } from './operands.ts';

export interface DistanceOptions {
  /** The exponent of the norm, ≥ 0; ∞ for the largest difference. Default 2. */
  p?: number;
}

export interface PairwiseDistanceOptions extends DistanceOptions {
  /** Is added to every difference. Default 1e-6. */
  eps?: number;
  /** Whether the last axis stays, with extent 1. Default false. */
  keepDims?: boolean;
}

export interface CosineSimilarityOptions {
  /** Default 1. */
  axis?: number;
  /** What a norm is at least. Default 1e-8. */
  eps?: number;
}

const exponent = between(0, Infinity);
const distanceOptions: OptionNames<DistanceOptions> = { p: exponent };
const pairwiseOptions: OptionNames<PairwiseDistanceOptions> = {
  p: exponent,
  eps: requireFinite,
  keepDims: requireBoolean,
};
const cosineOptions: OptionNames<CosineSimilarityOptions> = { axis: requireInteger, eps: between(0, Infinity) };

/** Throws {@link ShapeError} for what has too few axes. */
function requireAxes(op: string, name: string, x: Tensor, count: number): void {
  if (x.ndim >= count) return;
  throw new ShapeError(`[${op}] ${name} must have ${count === 1 ? 'an axis' : `${count} axes`}, not ${x}.`);
}

/**
 * ‖a − b + ε‖ₚ over the last axis; float16 of float16, else float32. PyTorch's `pairwise_distance`, which adds ε so that no derivative is infinite.
 *
 * Shape: a and b [..., d], broadcast → [...], or [..., 1] with `keepDims`.
 *
 * Throws {@link ShapeError} where they do not broadcast.
 *
 * ```ts
 * await pairwiseDistance(tensor([[0, 0], [1, 1]]), tensor([[3, 4], [1, 2]])).toArray(); // [4.9999986, 0.999999]
 * ```
 */
export function pairwiseDistance(a: Tensor, b: Tensor, options: PairwiseDistanceOptions = {}): Tensor {
  requireTensor('pairwiseDistance', 'a', a);
  requireTensor('pairwiseDistance', 'b', b);
  checkOptions('pairwiseDistance', options, pairwiseOptions);
  const { p = 2, eps = 1e-6, keepDims = false } = options;
  requireAxes('pairwiseDistance', 'a or b', a.ndim > b.ndim ? a : b, 1);
  return inFloats('pairwiseDistance', [a, b], (x, y) => norm(x.sub(y).add(eps), -1, { p, keepDims }));
}

/** max(‖x‖, least) along an axis, kept. Its gradient is x / y, PyTorch's, also where the bound holds. */
const boundedNormDefinition: CompositeDefinition<{ axis: number; least: number }> = {
  name: 'boundedNorm',
  body: ({ axis, least }, x) => norm(x, axis, { keepDims: true }).maximum(least),
  gradient: (_, cotangent, y, x) => [cotangent.mul(x.div(y))],
};

/**
 * Σ a b / (max(‖a‖, ε) · max(‖b‖, ε)) along `axis` (default 1), in −1 … 1; float16 of float16, else float32. PyTorch's `cosine_similarity`.
 *
 * Shape: a and b [...], broadcast → the same without the axis.
 *
 * Throws {@link ShapeError} where they do not broadcast, or have no such axis.
 *
 * ```ts
 * await cosineSimilarity(tensor([[1, 0], [1, 1]]), tensor([[0, 2], [3, 3]])).toArray(); // [0, 1]
 * ```
 */
export function cosineSimilarity(a: Tensor, b: Tensor, options: CosineSimilarityOptions = {}): Tensor {
  requireTensor('cosineSimilarity', 'a', a);
  requireTensor('cosineSimilarity', 'b', b);
  checkOptions('cosineSimilarity', options, cosineOptions);
  const { axis = 1, eps = 1e-8 } = options;
  return inFloats('cosineSimilarity', [a, b], (x, y) => {
    const position = normalizeAxis('cosineSimilarity', axis, x.ndim);
    // Each divided by its own norm: the product of two squared norms may leave float32.
    const unit = (v: Tensor): Tensor => v.div(compose(boundedNormDefinition, { axis: position, least: eps }, [v]));
    return mul(unit(x), unit(y)).sum(position);
  });
}

/**
 * ‖aᵢ − bⱼ‖ₚ of all pairs of rows; float16 of float16, else float32. PyTorch's `cdist`; differences are summed as they are, so that near rows keep their digits. The
 * gradient is 0 where a distance is.
 *
 * Shape: a [..., m, d] and b [..., n, d], leading axes broadcast → [..., m, n].
 *
 * Throws {@link ShapeError} where rows have different lengths.
 *
 * ```ts
 * await cdist(tensor([[0, 0], [3, 4]]), tensor([[0, 0], [3, 0]])).toArray(); // [[0, 3], [5, 4]]
 * ```
 */
export function cdist(a: Tensor, b: Tensor, options: DistanceOptions = {}): Tensor {
  requireTensor('cdist', 'a', a);
  requireTensor('cdist', 'b', b);
  checkOptions('cdist', options, distanceOptions);
  requireAxes('cdist', 'a', a, 2);
  requireAxes('cdist', 'b', b, 2);
  if (a.shape.at(-1) !== b.shape.at(-1))
    throw new ShapeError(`[cdist] rows of a and b must have one length, not those of ${a} and ${b}.`);
  const { p = 2 } = options;
  return inFloats('cdist', [unsqueeze(a, -2), unsqueeze(b, -3)], (x, y) => norm(x.sub(y), -1, { p }));
}

/**
 * ‖xᵢ − xⱼ‖ₚ of all pairs of rows i < j, those of the first row first; float16 of float16, else float32. PyTorch's `pdist`. The gradient is 0 where a distance is.
 *
 * Shape: x [n, d] → [n (n − 1) / 2].
 *
 * Throws {@link ShapeError} for anything but a matrix.
 *
 * ```ts
 * await pdist(tensor([[0, 0], [3, 4], [3, 0]])).toArray(); // [5, 3, 4]
 * ```
 */
export function pdist(x: Tensor, options: DistanceOptions = {}): Tensor {
  requireTensor('pdist', 'x', x);
  checkOptions('pdist', options, distanceOptions);
  if (x.ndim !== 2) throw new ShapeError(`[pdist] x must be a matrix, [n, d], not ${x}.`);
  const [rows = 0] = x.shape;
  const { p = 2 } = options;
  const first = Array.from({ length: rows }, (_, i) => new Array<number>(rows - 1 - i).fill(i)).flat();
  const second = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: rows - 1 - i }, (_, j) => i + 1 + j),
  ).flat();
  return inFloats('pdist', [x], (wide) =>
    norm(indexSelect(wide, 0, first).sub(indexSelect(wide, 0, second)), -1, { p }),
  );
}
