/** Sorting along an axis. All of it is stable, and takes NaN for larger than every number, as PyTorch does. */
import { checkOptions, requireBoolean, requireInteger, type OptionNames } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { knownAs, makeNode } from '../graph/node.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { ValuesWithIndices } from './extremes.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { iota } from './creation.ts';
import { directedAxis } from './directed-axis.ts';
import { gatherNode } from './indexing.ts';
import { narrow, normalizeAxis, reshape, transpose, unsqueeze } from './movement.ts';
import { pad } from './padding.ts';
import { max, min } from './reduce.ts';
import { highestOf, lowestOf, numeric } from './operands.ts';
import { isFloat } from '../graph/types.ts';
import { asList, asScalar, asScalars } from './scalars.ts';

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

const topKOptions: OptionNames<TopElementsOptions> = { axis: true, largest: true };

/** Positions along a checked axis, in order. */
export function sortedPositions(x: Tensor, axis: number, descending: boolean): Tensor {
  return tensorOf(makeNode('argSort', [nodeOf(x)], { axis, descending }));
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
  const [position, descending] = directedAxis('argSort', x, axis, options, 'descending');
  if (x.ndim === 0) return asScalar(sortedPositions(asList(x), position, descending));
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
  const [position, descending] = directedAxis('sort', x, axis, options, 'descending');
  if (x.ndim === 0) return asScalars(sort(asList(x), position, options));
  const indices = knownAs('the indices of sort', () => sortedPositions(x, position, descending));
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
  if (x.ndim === 0) {
    if (k !== 1) throw new ShapeError(`[topK] k is ${k}, and a scalar is one element.`);
    return asScalars(topK(asList(x), k, options));
  }
  const position = normalizeAxis('topK', axis, x.ndim);
  const extent = x.shape[position] ?? 1;
  if (k > extent) throw new ShapeError(`[topK] k is ${k}, and axis ${position} of ${x} has only ${extent} elements.`);
  const indices = knownAs('the indices of topK', () =>
    compose(topPositionsDefinition, { axis: position, k, largest }, [x]),
  );
  return { values: gatherNode(x, position, indices), indices };
}

/** Where the k largest (or smallest) stand along an axis, the first of them first: int32. */
export const topPositionsDefinition: CompositeDefinition<{ axis: number; k: number; largest: boolean }> = {
  name: 'topK',
  body({ axis, k, largest }, x) {
    const extent = x.shape[axis] ?? 1;
    const isFew = k > 0 && extent >= 1024 && k * 32 <= extent;
    return isFew ? fewPositions(x, axis, k, largest) : narrow(sortedPositions(x, axis, largest), axis, 0, k);
  },
};

/**
 * The first k positions of the order, from blocks. The k blocks with the largest maxima (of equal ones the first) hold the k largest elements, for each of
 * these lies in a block whose maximum is no smaller; of elements equal to the k-th, each of the chosen blocks has one that comes before those of all
 * others.
 */
function fewPositions(x: Tensor, axis: number, k: number, largest: boolean): Tensor {
  const last = x.ndim - 1;
  const extent = x.shape[axis] ?? 1;
  const length = Math.max(8, Math.floor(Math.sqrt(extent / k)));
  const count = Math.ceil(extent / length);
  const input = transpose(numeric(x), axis, last);
  const behind = x.shape.map((_, i): readonly [number, number] => [0, i === last ? count * length - extent : 0]);
  const key = pad(input, behind, { value: lastOf(input, largest) });
  const rows = key.shape.slice(0, -1);
  const blocks = reshape(key, [...rows, count, length]);
  const best = largest ? max(blocks, -1) : smallest(blocks);
  const taken = narrow(sortedPositions(best, last, largest), last, 0, k);
  const ascending = gatherNode(taken, last, sortedPositions(taken, last, false));
  const shape = [...rows, k, length];
  const elements = unsqueeze(ascending, -1)
    .mul(length)
    .broadcastTo(shape)
    .add(iota(shape, last + 1));
  const candidates = reshape(elements, [...rows, k * length]);
  const order = narrow(sortedPositions(gatherNode(key, last, candidates), last, largest), last, 0, k);
  return transpose(gatherNode(candidates, last, order), axis, last);
}

/** What comes after all others. */
function lastOf({ dtype }: Tensor, largest: boolean): number {
  if (!largest && isFloat(dtype)) return Number.NaN;
  return largest ? lowestOf(dtype) : highestOf(dtype);
}

/** The smallest elements along the last axis, NaN only where there are no others. */
function smallest(x: Tensor): Tensor {
  if (!isFloat(x.dtype)) return min(x, -1);
  const isNaN = x.notEqual(x);
  return min(isNaN.to('int32'), -1)
    .equal(1)
    .where(Number.NaN, min(isNaN.where(Infinity, x), -1));
}
