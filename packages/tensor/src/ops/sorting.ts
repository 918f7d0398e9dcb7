/** Sorting along an axis. All of it is stable, and takes NaN for larger than every number, as PyTorch does. */
import { checkOptions, requireBoolean, requireInteger, type OptionNames } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { ValuesWithIndices } from './extremes.ts';
import { gatherNode } from './indexing.ts';
import { narrow, normalizeAxis } from './movement.ts';

export interface SortOptions {
  /** The largest first. Default false. */
  descending?: boolean;
}

export interface TopElementsOptions {
  /** Default −1, the last. */
  axis?: number;
  /** The k largest; else the k smallest. Default true. */
  largest?: boolean;
}

const sortOptions: OptionNames<SortOptions> = { descending: true };
const topKOptions: OptionNames<TopElementsOptions> = { axis: true, largest: true };

/** Positions along a checked axis, in order. */
export function sortedPositions(x: Tensor, axis: number, descending: boolean): Tensor {
  return tensorOf(makeNode('argSort', [nodeOf(x)], { axis, descending }));
}

function checked(
  op: string,
  x: Tensor,
  axis: number,
  options: SortOptions,
): { readonly position: number; readonly descending: boolean } {
  requireTensor(op, 'x', x);
  checkOptions(op, options, sortOptions);
  const { descending = false } = options;
  requireBoolean(op, 'descending', descending);
  return { position: normalizeAxis(op, axis, x.ndim), descending };
}

/**
 * The positions along an axis (default: the last) in ascending order of x: int32, the shape of x. Equal elements keep their order, also
 * `descending`; −0 equals 0, and NaN is larger than all numbers.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * await argSort(tensor([3, 1, 2])).toArray(); // [1, 2, 0]
 * await argSort(tensor([3, 1, 3]), 0, { descending: true }).toArray(); // [0, 2, 1]
 * ```
 */
export function argSort(x: Tensor, axis = -1, options: SortOptions = {}): Tensor {
  const { position, descending } = checked('argSort', x, axis, options);
  return sortedPositions(x, position, descending);
}

/**
 * x in ascending order along an axis (default: the last), and where each element stood: `{ values, indices }`, both of the shape of x, indices int32
 * as {@link argSort} gives them. The gradient goes where the elements came from.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * const { values, indices } = sort(tensor([[3, 1], [2, 4]]), 0);
 * [await values.toArray(), await indices.toArray()]; // [[[2, 1], [3, 4]], [[1, 0], [0, 1]]]
 * ```
 */
export function sort(x: Tensor, axis = -1, options: SortOptions = {}): ValuesWithIndices {
  const { position, descending } = checked('sort', x, axis, options);
  const indices = sortedPositions(x, position, descending);
  return { values: gatherNode(x, position, indices), indices };
}

/**
 * The k largest elements along an axis, the largest first (`largest: false`: the smallest), and where they stand: `{ values, indices }`, of the shape
 * of x with extent k along the axis; indices are int32. Of equal elements the first comes first, and NaN is larger than all numbers. The gradient
 * goes where the elements came from.
 *
 * Throws {@link ArgumentError} unless k is an integer ≥ 0, {@link ShapeError} where the axis does not exist or has fewer than k elements.
 *
 * ```ts
 * const { values, indices } = topK(tensor([3, 1, 4, 1, 5]), 2);
 * [await values.toArray(), await indices.toArray()]; // [[5, 4], [4, 2]]
 * ```
 */
export function topK(x: Tensor, k: number, options: TopElementsOptions = {}): ValuesWithIndices {
  requireTensor('topK', 'x', x);
  requireInteger('topK', 'k', k, 0);
  checkOptions('topK', options, topKOptions);
  const { axis = -1, largest = true } = options;
  requireBoolean('topK', 'largest', largest);
  const position = normalizeAxis('topK', axis, x.ndim);
  const extent = x.shape[position] ?? 1;
  if (k > extent) throw new ShapeError(`[topK] k is ${k}, and axis ${position} of ${x} has only ${extent} elements.`);
  const indices = narrow(sortedPositions(x, position, largest), position, 0, k);
  return { values: gatherNode(x, position, indices), indices };
}
