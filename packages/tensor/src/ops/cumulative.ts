/** Elements along an axis combined up to each position. */

import { knownAs, makeNode } from '../graph/node.ts';
import type { CumulativeOperator } from '../graph/attributes.ts';
import { nodeOf, tensorOf, unchanged } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { ValuesWithIndices } from './extremes.ts';
import { directedAxis } from './directed-axis.ts';
import { floating, numeric, summable } from './operands.ts';
import { isFloat } from '../graph/types.ts';
import { asList, asScalars } from './scalars.ts';

export interface CumulativeOptions {
  /** Combine from each position to the end. Default false. */
  reverse?: boolean;
}

/** Elements along a checked axis, combined; bool counts as int32. */
export function cumulate(x: Tensor, axis: number, operator: CumulativeOperator, reverse: boolean): Tensor {
  const input = numeric(x);
  if ((x.shape[axis] ?? 1) <= 1) return unchanged(input);
  return tensorOf(makeNode('cumulative', [nodeOf(input)], { axis, operator, reverse }));
}

/**
 * yᵢ = Σ xⱼ over j ≤ i along an axis (`reverse`: over j ≥ i); the shape of x, int32 for bool and integers (modulo 2³²), else the dtype of x. Rounded as
 * a sum in double precision on WebAssembly, in blocks on WebGPU.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * await cumsum(tensor([1, 2, 3]), 0).toArray(); // [1, 3, 6]
 * await cumsum(tensor([[1, 2], [3, 4]]), -1, { reverse: true }).toArray(); // [[3, 2], [7, 4]]
 * ```
 */
export function cumsum(x: Tensor, axis: number, options: CumulativeOptions = {}): Tensor {
  const [position, reverse] = directedAxis('cumsum', x, axis, options, 'reverse');
  return cumulate(summable(x), position, 'sum', reverse);
}

/**
 * yᵢ = Π xⱼ over j ≤ i along an axis (`reverse`: over j ≥ i); the shape of x, int32 for bool and integers (modulo 2³²), else the dtype of x. Its gradient
 * is exact also where elements are 0.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * await cumprod(tensor([2, 3, 4]), 0).toArray(); // [2, 6, 24]
 * ```
 */
export function cumprod(x: Tensor, axis: number, options: CumulativeOptions = {}): Tensor {
  const [position, reverse] = directedAxis('cumprod', x, axis, options, 'reverse');
  return cumulate(summable(x), position, 'prod', reverse);
}

/**
 * yᵢ = ln Σ exp(xⱼ) over j ≤ i along an axis (`reverse`: over j ≥ i); the shape of x, float16 of float16, else float32. No exponential overflows.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * await logCumSumExp(tensor([1000, 1000]), 0).toArray(); // [1000, 1000.6931]
 * ```
 */
export function logCumSumExp(x: Tensor, axis: number, options: CumulativeOptions = {}): Tensor {
  const [position, reverse] = directedAxis('logCumSumExp', x, axis, options, 'reverse');
  return cumulate(floating(x), position, 'logSumExp', reverse);
}

function extremes(x: Tensor, axis: number, operator: 'max' | 'min', reverse: boolean): ValuesWithIndices {
  if (x.ndim === 0) return asScalars(extremes(asList(x), axis, operator, reverse));
  const input = numeric(x);
  const values = cumulate(input, axis, operator, reverse);
  // Where an element made the value what it is; the last such place is the largest so far.
  const isNew = knownAs(`the indices of cum${operator}`, () => {
    // Not the values themselves, which somebody may read first: the input is then computed again, and may be rounded otherwise than what is stored.
    const made = input.equal(cumulate(input, axis, operator, reverse));
    return isFloat(x.dtype) ? made.or(input.notEqual(input)) : made;
  });
  const order = tensorOf(makeNode('iota', [], { shape: x.shape, axis }));
  if (!reverse) return { values, indices: cumulate(isNew.where(order, 0), axis, 'max', false) };
  const last = Math.max((x.shape[axis] ?? 1) - 1, 0);
  return { values, indices: cumulate(isNew.where(order, last), axis, 'min', true) };
}

/**
 * The largest element up to each position along an axis (`reverse`: from each position on) and where it stands: `{ values, indices }`, both of
 * the shape of x, indices int32. Of equal elements the one met last, and NaN from the first NaN on, as PyTorch; the gradient goes to the
 * element at the index.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * const { values, indices } = cummax(tensor([1, 3, 2, 3]), 0);
 * [await values.toArray(), await indices.toArray()]; // [[1, 3, 3, 3], [0, 1, 1, 3]]
 * ```
 */
export function cummax(x: Tensor, axis: number, options: CumulativeOptions = {}): ValuesWithIndices {
  const [position, reverse] = directedAxis('cummax', x, axis, options, 'reverse');
  return extremes(x, position, 'max', reverse);
}

/**
 * The smallest element up to each position along an axis (`reverse`: from each position on) and where it stands: `{ values, indices }`, both of
 * the shape of x, indices int32. Of equal elements the one met last, and NaN from the first NaN on, as PyTorch; the gradient goes to the
 * element at the index.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * const { values, indices } = cummin(tensor([3, 1, 2, 1]), 0);
 * [await values.toArray(), await indices.toArray()]; // [[3, 1, 1, 1], [0, 1, 1, 3]]
 * ```
 */
export function cummin(x: Tensor, axis: number, options: CumulativeOptions = {}): ValuesWithIndices {
  const [position, reverse] = directedAxis('cummin', x, axis, options, 'reverse');
  return extremes(x, position, 'min', reverse);
}
