/**
 * Reductions of rows by the segment that each belongs to: nodes of graphs by graph, tokens by sequence, edges by node. Ids need not be sorted,
 * and the order of the rows never changes a bit of a sum.
 */
import { requireInteger } from '../arguments/index.ts';
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { div, maximum, sub } from './arithmetic.ts';
import { detach } from './casting.ts';
import { exp } from './elementary.ts';
import { alongAxis, extremeOfUpdates, gatherNode, scatterNode } from './indexing.ts';
import { reshape } from './movement.ts';
import { constantNode, highestOf, inFloat32, lowestOf, summable } from './operands.ts';
import { positionsOf, requireList, type Positions } from './positions.ts';
import { requireWithin } from './range.ts';

interface Segments {
  /** Of x's shape: the segment of each element. */
  readonly index: Tensor;
  readonly list: Tensor;
  /** `value` for every segment. */
  readonly start: (value: number) => Tensor;
}

function segmentsOf(op: string, x: Tensor, ids: Positions, count: number): Segments {
  requireTensor(op, 'x', x);
  const list = positionsOf(op, 'ids', ids);
  requireList(op, 'ids', list);
  requireInteger(op, 'count', count, 0);
  if (x.ndim === 0 || x.shape[0] !== list.size) {
    throw new ShapeError(`[${op}] takes an id for each row, the first axis of x; there are ${list.size} ids for ${x}.`);
  }
  if (x.dtype === 'bool') throw new DTypeError(`[${op}] takes numbers, not ${x}.`);
  requireWithin(op, 'ids', list, 0, count - 1);
  const shape = [count, ...x.shape.slice(1)];
  return {
    index: alongAxis(list, 0, x.shape),
    list,
    start: (value) => tensorOf(constantNode(value, x.dtype, shape)),
  };
}

/**
 * Σ of the rows of each segment: row i of x, [n, …], goes to segment `ids[i]` of the result, [count, …]; 0 for a segment without rows.
 * The rows may come in any order, which never changes a bit. int32 of integers, else of the dtype of x.
 *
 * Throws {@link DTypeError} where ids are not int32 or x is bool, {@link ShapeError} where there is not one id for each row,
 * {@link ArgumentError} naming the first id outside of 0 … count − 1 where ids are known on the host; computed ids outside are dropped.
 *
 * ```ts
 * await segmentSum(tensor([1, 2, 3]), [1, 0, 1], 3).toArray(); // [2, 4, 0]
 * ```
 */
export function segmentSum(x: Tensor, ids: Positions, count: number): Tensor {
  requireTensor('segmentSum', 'x', x);
  const rows = x.dtype === 'uint8' ? summable(x) : x;
  const { index, start } = segmentsOf('segmentSum', rows, ids, count);
  return scatterNode(start(0), 0, index, rows, 'add');
}

/**
 * The mean of the rows of each segment, 0 for a segment without rows; float16 of float16, else float32. Otherwise as {@link segmentSum}.
 *
 * ```ts
 * await segmentMean(tensor([[1, 2], [3, 4], [5, 6]]), [0, 0, 2], 3).toArray(); // [[2, 3], [0, 0], [5, 6]]
 * ```
 */
export function segmentMean(x: Tensor, ids: Positions, count: number): Tensor {
  const { index, list, start } = segmentsOf('segmentMean', x, ids, count);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => segmentMean(wide, list, count));
  if (x.dtype !== 'float32')
    throw new DTypeError(`[segmentMean] takes floating numbers, not ${x}.`, { hint: "Convert with .to('float32')." });
  const ones = tensorOf(constantNode(1, 'float32', list.shape));
  const counts = scatterNode(tensorOf(constantNode(0, 'float32', [count])), 0, list, ones, 'add');
  const divisors = reshape(
    maximum(counts, 1),
    x.shape.map((_, axis) => (axis === 0 ? count : 1)),
  );
  return div(scatterNode(start(0), 0, index, x, 'add'), divisors);
}

/**
 * The largest of the rows of each segment; −∞ (int32: −2³¹) for a segment without rows, NaN where any is NaN. Ties share the gradient equally.
 * Otherwise as {@link segmentSum}.
 *
 * ```ts
 * await segmentMax(tensor([1, 5, 3]), [1, 0, 1], 2).toArray(); // [5, 3]
 * ```
 */
export function segmentMax(x: Tensor, ids: Positions, count: number): Tensor {
  const { index, start } = segmentsOf('segmentMax', x, ids, count);
  return extremeOfUpdates(start(lowestOf(x.dtype)), 0, index, x, true);
}

/**
 * The smallest of the rows of each segment; ∞ (int32: 2³¹ − 1) for a segment without rows. Otherwise as {@link segmentMax}.
 *
 * ```ts
 * await segmentMin(tensor([1, 5, 3]), [1, 0, 1], 2).toArray(); // [5, 1]
 * ```
 */
export function segmentMin(x: Tensor, ids: Positions, count: number): Tensor {
  const { index, start } = segmentsOf('segmentMin', x, ids, count);
  return extremeOfUpdates(start(highestOf(x.dtype)), 0, index, x, false);
}

/**
 * Softmax over the rows of each segment, e^(x_i − m) / Σ e^(x_j − m) over the rows j of i's segment with their maximum m: the shape of x, as
 * attention over the edges of a node wants it. float16 of float16, else float32. Computed ids outside of 0 … count − 1 give NaN; otherwise as {@link segmentSum}.
 *
 * ```ts
 * await segmentSoftmax(tensor([1, 1, 7]), [0, 0, 1], 2).toArray(); // [0.5, 0.5, 1]
 * ```
 */
export function segmentSoftmax(x: Tensor, ids: Positions, count: number): Tensor {
  const { index, list, start } = segmentsOf('segmentSoftmax', x, ids, count);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => segmentSoftmax(wide, list, count));
  if (x.dtype !== 'float32')
    throw new DTypeError(`[segmentSoftmax] takes floating numbers, not ${x}.`, {
      hint: "Convert with .to('float32').",
    });
  const largest = scatterNode(start(-Infinity), 0, index, detach(x), 'max');
  const powers = exp(sub(x, gatherNode(largest, 0, index)));
  return div(powers, gatherNode(scatterNode(start(0), 0, index, powers, 'add'), 0, index));
}
