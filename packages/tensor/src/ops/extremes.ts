/** Largest and smallest elements: with their positions, and both at once. */
import { knownAs, makeNode } from '../graph/node.ts';
import { tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { normalizeAxes, normalizeAxis, reshape } from './movement.ts';
import { argmax, argmin, keepsDims, max, min, reduced, type ReduceOptions } from './reduce.ts';
import { numeric } from './operands.ts';
import { asList } from './scalars.ts';

/** Values along an axis, and where they stand. */
export interface ValuesWithIndices {
  /** The shape of the tensor without the axis, its dtype. */
  readonly values: Tensor;
  /** int32, the same shape: positions along the axis. */
  readonly indices: Tensor;
}

/** The smallest and the largest elements. */
export interface Extremes {
  readonly min: Tensor;
  readonly max: Tensor;
}

/** The extreme whose gradient goes to one position, which is an input and not a part of the body: the position is computed anyway. */
const extremeDefinition: CompositeDefinition<{ axis: number; largest: boolean }> = {
  name: 'extremeWithIndex',
  body: ({ axis, largest }, x) => (largest ? max(x, axis) : min(x, axis)),
  gradient({ axis }, cotangent, _, x, indices) {
    const along = (reduced: Tensor): Tensor => reduced.unsqueeze(axis);
    const positions = tensorOf(makeNode('iota', [], { shape: x?.shape ?? [], axis }));
    return [positions.equal(along(indices ?? positions)).where(along(cotangent), 0), undefined];
  },
};

function withIndices(
  op: string,
  x: Tensor,
  axis: number,
  options: ReduceOptions | undefined,
  largest: boolean,
): ValuesWithIndices {
  const keepDims = keepsDims(op, x, options);
  if (x.ndim === 0) return withIndices(op, asList(x), axis, undefined, largest);
  const position = normalizeAxis(op, axis, x.ndim);
  const input = numeric(x);
  const indices = knownAs(`the indices of ${op}`, () => (largest ? argmax : argmin)(input, position));
  const values = compose(extremeDefinition, { axis: position, largest }, [input, indices]);
  const shape = keepDims ? x.shape.map((n, i) => (i === position ? 1 : n)) : values.shape;
  return { values: reshape(values, shape), indices: reshape(indices, shape) };
}

/**
 * The largest elements along an axis, as {@link max}, and their positions, as {@link argmax}: `{ values, indices }`. The first of several, or the
 * first NaN; it alone has the gradient.
 *
 * Throws {@link ShapeError} for an axis that does not exist or is empty.
 *
 * ```ts
 * const { values, indices } = maxWithIndices(tensor([[1, 5], [3, 2]]), 1);
 * [await values.toArray(), await indices.toArray()]; // [[5, 3], [1, 0]]
 * ```
 */
export function maxWithIndices(x: Tensor, axis: number, options?: ReduceOptions): ValuesWithIndices {
  return withIndices('maxWithIndices', x, axis, options, true);
}

/**
 * The smallest elements along an axis, as {@link min}, and their positions, as {@link argmin}: `{ values, indices }`. The first of several, or the
 * first NaN; it alone has the gradient.
 *
 * Throws {@link ShapeError} for an axis that does not exist or is empty.
 *
 * ```ts
 * const { values, indices } = minWithIndices(tensor([[1, 5], [3, 2]]), 1);
 * [await values.toArray(), await indices.toArray()]; // [[1, 2], [0, 1]]
 * ```
 */
export function minWithIndices(x: Tensor, axis: number, options?: ReduceOptions): ValuesWithIndices {
  return withIndices('minWithIndices', x, axis, options, false);
}

/**
 * The largest element over axes, PyTorch's name for {@link max}: ties share the gradient.
 *
 * ```ts
 * await amax(tensor([[1, 5], [3, 2]]), 0).toArray(); // [3, 5]
 * ```
 */
export function amax(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  const keepDims = keepsDims('amax', x, options);
  return reduced('max', x, normalizeAxes('amax', axes, x.ndim), keepDims);
}

/**
 * The smallest element over axes, PyTorch's name for {@link min}: ties share the gradient.
 *
 * ```ts
 * await amin(tensor([[1, 5], [3, 2]]), 0).toArray(); // [1, 2]
 * ```
 */
export function amin(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  const keepDims = keepsDims('amin', x, options);
  return reduced('min', x, normalizeAxes('amin', axes, x.ndim), keepDims);
}

/**
 * {@link min} and {@link max} over the same axes (default: all), in one pass: `{ min, max }`.
 *
 * Throws {@link ShapeError} over an empty axis.
 *
 * ```ts
 * const { min: low, max: high } = aminmax(tensor([[1, 5], [3, 2]]), 1);
 * [await low.toArray(), await high.toArray()]; // [[1, 2], [5, 3]]
 * ```
 */
export function aminmax(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Extremes {
  const keepDims = keepsDims('aminmax', x, options);
  const list = normalizeAxes('aminmax', axes, x.ndim);
  return { min: reduced('min', x, list, keepDims), max: reduced('max', x, list, keepDims) };
}
