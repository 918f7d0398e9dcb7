/** Elements by their place in the order: medians, quantiles and modes. */
import {
  checkOptions,
  describe,
  requireBoolean,
  requireOneOf,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { knownAs } from '../graph/node.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { iota } from './creation.ts';
import { cumulate } from './cumulative.ts';
import type { ValuesWithIndices } from './extremes.ts';
import { gatherNode } from './indexing.ts';
import { concat, flatten, narrow, normalizeAxis, reshape } from './movement.ts';
import { argmax, keepsDims, type ReduceOptions } from './reduce.ts';
import { asList } from './scalars.ts';
import { sortedPositions } from './sorting.ts';
import { isFloat } from '../graph/types.ts';
import { inFloat32 } from './operands.ts';

/** What lies between two neighbours in the order. */
export type Interpolation = 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint';
const interpolations: readonly Interpolation[] = ['linear', 'lower', 'higher', 'nearest', 'midpoint'];

export interface QuantileOptions extends ReduceOptions {
  /** Default 'linear'. */
  interpolation?: Interpolation;
}

const quantileOptions: OptionNames<QuantileOptions> = { keepDims: true, interpolation: true };

function requireElements(op: string, x: Tensor, axis: number): number {
  const extent = x.shape[axis] ?? 1;
  if (extent === 0) throw new ShapeError(`[${op}] of an empty axis has no value: ${x}, axis ${axis}.`);
  return extent;
}

/** One element along the axis for each row, without the axis unless it is kept. */
function chosen(x: Tensor, axis: number, indices: Tensor, keepDims: boolean): ValuesWithIndices {
  const values = gatherNode(x, axis, indices);
  if (keepDims) return { values, indices };
  const shape = x.shape.filter((_, i) => i !== axis);
  return { values: reshape(values, shape), indices: reshape(indices, shape) };
}

/**
 * The median along an axis and where it stands: `{ values, indices }`, without the axis; indices are int32. Of an even number of elements the lower of
 * the two in the middle, as PyTorch (the mean of both is `quantile(x, 0.5, axis)`); NaN where any element is. The gradient goes to the element at the index.
 *
 * Throws {@link ShapeError} for an axis that does not exist or is empty.
 *
 * ```ts
 * const { values, indices } = median(tensor([[5, 1, 4, 2]]), 1);
 * [await values.toArray(), await indices.toArray()]; // [[2], [3]]
 * ```
 */
export function median(x: Tensor, axis: number, options?: ReduceOptions): ValuesWithIndices {
  const keepDims = keepsDims('median', x, options);
  if (x.ndim === 0) return median(asList(x), axis);
  const position = normalizeAxis('median', axis, x.ndim);
  const extent = requireElements('median', x, position);
  const name = 'the indices of median';
  const order = knownAs(name, () => sortedPositions(x, position, false));
  const middle = Math.floor((extent - 1) / 2);
  if (!isFloat(x.dtype)) return chosen(x, position, narrow(order, position, middle, 1), keepDims);
  const count = knownAs(name, () => x.notEqual(x).to('int32').sum(position, { keepDims: true }));
  const place = count.equal(0).where(middle, count.neg().add(extent));
  return chosen(x, position, gatherNode(order, position, place), keepDims);
}

/**
 * The quantiles of x along an axis (default: of all elements); float16 of float16, else float32. q, from 0 to 1, names the place q (n − 1) in the ascending order of n elements,
 * between neighbours as `interpolation` says: on a line (default), the 'lower', the 'higher', the 'nearest' (of two as near the even place), or the
 * 'midpoint'. Several q give a first axis, one for each. NaN where any element is.
 *
 * Throws {@link ArgumentError} for a q outside 0 … 1, {@link ShapeError} for an axis that does not exist or is empty.
 *
 * ```ts
 * await quantile(tensor([3, 1, 2, 4]), 0.5).item(); // 2.5
 * await quantile(tensor([3, 1, 2, 4]), [0, 0.25, 1]).toArray(); // [1, 1.75, 4]
 * ```
 */
export function quantile(
  x: Tensor,
  q: number | readonly number[],
  axis?: number,
  options: QuantileOptions = {},
): Tensor {
  requireTensor('quantile', 'x', x);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => quantile(wide, q, axis, options));
  checkOptions('quantile', options, quantileOptions);
  const { keepDims = false, interpolation = 'linear' } = options;
  requireBoolean('quantile', 'keepDims', keepDims);
  requireOneOf('quantile', 'interpolation', interpolation, interpolations);
  if (typeof q !== 'number' && !Array.isArray(q))
    throw wrongArgument('quantile', 'q', 'a number or an array of numbers', q);
  const levels: readonly unknown[] = typeof q === 'number' ? [q] : q;
  for (const level of levels) {
    if (!(typeof level === 'number' && level >= 0 && level <= 1))
      throw new ArgumentError(`[quantile] q must lie in 0 … 1, not ${describe(level)}.`);
  }
  if (x.ndim === 0 && axis !== undefined) return quantile(asList(x), q, axis, { interpolation });
  const input = axis === undefined ? flatten(x.to('float32').reshape(x.ndim === 0 ? [1] : x.shape)) : x.to('float32');
  const position = axis === undefined ? 0 : normalizeAxis('quantile', axis, x.ndim);
  const extent = requireElements('quantile', input, position);
  const sorted = gatherNode(input, position, sortedPositions(input, position, false));
  const last = narrow(sorted, position, extent - 1, 1);
  const at = (place: number): Tensor => narrow(sorted, position, place, 1);
  const results = (levels as readonly number[]).map((level) => {
    const place = level * (extent - 1);
    const value = between(at, place, interpolation);
    return last.equal(last).where(value, Number.NaN);
  });
  const kept = axis === undefined ? x.shape.map(() => 1) : x.shape.map((n, i) => (i === position ? 1 : n));
  const shape = keepDims ? kept : axis === undefined ? [] : x.shape.filter((_, i) => i !== position);
  const rows = results.map((result) => reshape(result, [1, ...shape]));
  if (typeof q === 'number') return reshape(rows[0] as Tensor, shape);
  return rows.length === 0 ? sorted.slice([0], [0]).reshape([0, ...shape]) : concat(rows, 0);
}

function between(at: (place: number) => Tensor, place: number, interpolation: Interpolation): Tensor {
  const [lower, upper] = [Math.floor(place), Math.ceil(place)];
  const weight = place - lower;
  switch (interpolation) {
    case 'lower':
      return at(lower);
    case 'higher':
      return at(upper);
    case 'nearest':
      return at(weight === 0.5 ? lower + (lower % 2) : Math.round(place));
    case 'midpoint':
      return lower === upper ? at(lower) : at(lower).add(at(upper).sub(at(lower)).mul(0.5));
    case 'linear':
      if (lower === upper) return at(lower);
      return weight < 0.5
        ? at(lower).add(at(upper).sub(at(lower)).mul(weight))
        : at(upper).sub(
            at(upper)
              .sub(at(lower))
              .mul(1 - weight),
          );
  }
}

/**
 * The most frequent element along an axis and where it stands last: `{ values, indices }`, without the axis; indices are int32. Of several the smallest;
 * every NaN is an element of its own. The gradient goes to the element at the index.
 *
 * Throws {@link ShapeError} for an axis that does not exist or is empty.
 *
 * ```ts
 * const { values, indices } = mode(tensor([2, 3, 2, 1, 3]), 0);
 * [await values.item(), await indices.item()]; // [2, 2]
 * ```
 */
export function mode(x: Tensor, axis: number, options?: ReduceOptions): ValuesWithIndices {
  const keepDims = keepsDims('mode', x, options);
  if (x.ndim === 0) return mode(asList(x), axis);
  const position = normalizeAxis('mode', axis, x.ndim);
  requireElements('mode', x, position);
  const name = 'the indices of mode';
  const order = knownAs(name, () => sortedPositions(x, position, false));
  const sorted = gatherNode(x, position, order);
  const places = iota(x.shape, position);
  const isFirst = knownAs(name, () =>
    places.equal(0).or(sorted.notEqual(gatherNode(sorted, position, places.sub(1), 0))),
  );
  const start = cumulate(isFirst.where(places, 0), position, 'max', false);
  // The last of a run is the one that has its whole length before it.
  const longest = argmax(places.sub(start), position, { keepDims: true });
  return chosen(x, position, gatherNode(order, position, longest), keepDims);
}
