/** Places in a sorted list: by bisection, all elements side by side. */
import {
  checkOptions,
  describe,
  requireBoolean,
  requireFinite,
  requireInteger,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { knownAs } from '../graph/node.ts';
import { isTensor, nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { iota, tensor, zeros } from './creation.ts';
import { gatherNode, scatterNode } from './indexing.ts';
import { narrow, reshape } from './movement.ts';
import { castNode, commonDType } from './operands.ts';

export interface SearchOptions {
  /** Behind equal elements instead of before them. Default false. */
  right?: boolean;
}

export interface HistogramOptions {
  /** Lowest and highest edge. Default: the smallest and the largest element. */
  range?: readonly [number, number];
  /** What each element counts, of the shape of x. Default 1. */
  weights?: Tensor;
  /** Whether counts are divided so that the integral is 1. Default false. */
  density?: boolean;
}

/** How many elements fell where. */
export interface Histogram {
  /** float32 [bins]. */
  readonly counts: Tensor;
  /** float32 [bins + 1]. */
  readonly edges: Tensor;
}

const searchOptions: OptionNames<SearchOptions> = { right: true };
const histogramOptions: OptionNames<HistogramOptions> = { range: true, weights: true, density: true };

/** The number of elements along the axis that come before each value. */
function placesIn(sorted: Tensor, values: Tensor, axis: number, right: boolean): Tensor {
  const extent = sorted.shape[axis] ?? 0;
  let place = zeros(values.shape, { dtype: 'int32' });
  if (extent === 0) return place;
  for (let step = 2 ** Math.floor(Math.log2(extent)); step >= 1; step /= 2) {
    const next = place.add(step);
    const before = gatherNode(sorted, axis, next.sub(1));
    // Written so that NaN comes behind all numbers.
    const isBehind = (right ? values.less(before) : values.lessEqual(before)).not();
    place = next.lessEqual(extent).and(isBehind).where(next, place);
  }
  return place;
}

/**
 * Where values would stand in the last axis of `sorted`, which is ascending: the number of elements that are smaller, or with `right` not larger; int32,
 * of the shape of `values`. `sorted` has one axis, or the shape of `values` but for its last axis. NaN stands behind everything.
 *
 * Throws {@link ShapeError} where the shapes do not fit.
 *
 * ```ts
 * const sorted = tensor([1, 3, 5, 7]);
 * await searchSorted(sorted, tensor([0, 3, 9])).toArray(); // [0, 1, 4]
 * await searchSorted(sorted, tensor([0, 3, 9]), { right: true }).toArray(); // [0, 2, 4]
 * ```
 */
export function searchSorted(sorted: Tensor, values: Tensor, options: SearchOptions = {}): Tensor {
  requireTensor('searchSorted', 'sorted', sorted);
  requireTensor('searchSorted', 'values', values);
  return search('searchSorted', sorted, values, options);
}

function search(op: string, sorted: Tensor, values: Tensor, options: SearchOptions): Tensor {
  checkOptions(op, options, searchOptions);
  const { right = false } = options;
  requireBoolean(op, 'right', right);
  const rows = sorted.shape.slice(0, -1);
  const fits =
    sorted.ndim === 1 ||
    (sorted.ndim > 1 && sorted.ndim === values.ndim && rows.every((n, i) => n === values.shape[i]));
  if (!fits) {
    throw new ShapeError(
      `[${op}] the sorted elements must have one axis, or the shape of the values but for the last axis; they are ${sorted} for values ${values}.`,
    );
  }
  const dtype = [sorted.dtype, values.dtype].reduce(commonDType, 'int32');
  const [list, wanted] = [sorted, values].map((x) => tensorOf(castNode(nodeOf(x), dtype))) as [Tensor, Tensor];
  return knownAs(op, () =>
    sorted.ndim > 1
      ? placesIn(list, wanted, sorted.ndim - 1, right)
      : reshape(placesIn(list, reshape(wanted, [wanted.size]), 0, right), values.shape),
  );
}

/**
 * The number of the bucket of each element: how many of the ascending `boundaries` (a tensor of one axis, or numbers) are smaller, or with `right` not
 * larger; int32, of the shape of x. So without `right` bucket i holds boundaries[i − 1] < x ≤ boundaries[i].
 *
 * Throws {@link ShapeError} for boundaries of several axes.
 *
 * ```ts
 * await bucketize(tensor([0.5, 1, 2.5]), [1, 2, 3]).toArray(); // [0, 0, 2]
 * ```
 */
export function bucketize(x: Tensor, boundaries: Tensor | readonly number[], options: SearchOptions = {}): Tensor {
  requireTensor('bucketize', 'x', x);
  const list = listOf('bucketize', 'boundaries', boundaries);
  if (list.ndim !== 1) throw new ShapeError(`[bucketize] boundaries must have one axis, not ${list}.`);
  return search('bucketize', list, x, options);
}

function listOf(op: string, name: string, given: Tensor | readonly number[]): Tensor {
  if (isTensor(given)) return given;
  if (!Array.isArray(given) || given.some((value: unknown) => typeof value !== 'number'))
    throw wrongArgument(op, name, 'a tensor or an array of numbers', given);
  return tensor([...(given as readonly number[])], { shape: [given.length] });
}

/**
 * How many elements of x lie in each bin: `{ counts, edges }`, float32. `bins` is the number of bins of equal width between the smallest and the largest
 * element (or over `range`), or the ascending edges themselves. A bin holds its lower edge, the last one the upper, too; elements outside and NaN are not
 * counted. With `weights` each element counts so much; with `density` counts are divided by their sum and the widths.
 *
 * Throws {@link ArgumentError} unless bins is an integer ≥ 1 or at least two edges, and for a range that is not ascending, {@link ShapeError} for weights
 * of another shape.
 *
 * ```ts
 * const { counts, edges } = histogram(tensor([1, 2, 2, 4]), 3);
 * [await counts.toArray(), await edges.toArray()]; // [[1, 2, 1], [1, 2, 3, 4]]
 * ```
 */
export function histogram(
  x: Tensor,
  bins: number | Tensor | readonly number[] = 10,
  options: HistogramOptions = {},
): Histogram {
  requireTensor('histogram', 'x', x);
  checkOptions('histogram', options, histogramOptions);
  const { range, weights, density = false } = options;
  requireBoolean('histogram', 'density', density);
  const flat = reshape(x.to('float32'), [x.size]);
  const edges =
    typeof bins === 'number' ? equalEdges(flat, bins, range) : listOf('histogram', 'bins', bins).to('float32');
  if (edges.ndim !== 1 || edges.size < 2)
    throw new ArgumentError(`[histogram] bins must be a number of bins or at least two edges, not ${describe(bins)}.`);
  if (typeof bins !== 'number' && range !== undefined)
    throw new ArgumentError('[histogram] takes a range for a number of bins alone, not for edges.');
  const count = edges.size - 1;
  const highest = narrow(edges, 0, count, 1);
  const position = knownAs('the counts of histogram', () => {
    const bin = placesIn(edges, flat, 0, true).sub(1);
    return flat.equal(highest).where(count - 1, bin);
  });
  const counts = countsOf(position, count, x, weights);
  if (!density) return { counts, edges };
  const widths = narrow(edges, 0, 1, count).sub(narrow(edges, 0, 0, count));
  return { counts: counts.div(counts.sum()).div(widths), edges };
}

function countsOf(position: Tensor, count: number, x: Tensor, weights: Tensor | undefined): Tensor {
  if (weights === undefined) {
    // Whole numbers, which stay exact beyond 2²⁴.
    const ones = zeros([x.size], { dtype: 'int32' }).add(1);
    return scatterNode(zeros([count], { dtype: 'int32' }), 0, position, ones, 'add').to('float32');
  }
  requireTensor('histogram', 'weights', weights);
  if (weights.ndim !== x.ndim || weights.shape.some((n, i) => n !== x.shape[i]))
    throw new ShapeError(`[histogram] weights must have the shape of x, ${x}, not ${weights}.`);
  return scatterNode(zeros([count]), 0, position, reshape(weights.to('float32'), [x.size]), 'add');
}

/** Edges of bins of equal width. */
function equalEdges(flat: Tensor, bins: number, range: readonly [number, number] | undefined): Tensor {
  requireInteger('histogram', 'bins', bins, 1, 2 ** 24);
  const places = iota([bins + 1], 0).to('float32');
  let low: Tensor | number;
  let high: Tensor | number;
  if (range !== undefined) {
    if (!Array.isArray(range) || range.length !== 2) throw wrongArgument('histogram', 'range', 'two numbers', range);
    [low, high] = range;
    requireFinite('histogram', 'range[0]', low);
    requireFinite('histogram', 'range[1]', high);
    if (low > high) throw new ArgumentError(`[histogram] range must ascend, not run from ${low} to ${high}.`);
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    [low, high] = [tensor(low), tensor(high)];
  } else if (flat.size === 0) [low, high] = [tensor(0), tensor(1)];
  else {
    const [smallest, largest] = [flat.min(), flat.max()];
    const half = smallest.equal(largest).where(0.5, 0);
    [low, high] = [smallest.sub(half), largest.add(half)];
  }
  // From the nearer end, so that both ends are exact.
  const step = high.sub(low).div(bins);
  const fromLow = places.mul(step).add(low);
  const fromHigh = high.sub(places.neg().add(bins).mul(step));
  return places.less((bins + 1) / 2).where(fromLow, fromHigh);
}
