/** Elements chosen by a mask. Where the size of the result depends on the mask's values, they are read first, so the function is asynchronous. */
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { nodeOf, requireOperand, requireTensor, tensorOf } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { tensor } from './creation.ts';
import { cumsum } from './cumulative.ts';
import { sub } from './arithmetic.ts';
import { cast } from './casting.ts';
import { not, where } from './comparison.ts';
import { gatherNode, take } from './indexing.ts';
import { broadcastTo, flatten, reshape } from './movement.ts';
import { broadcastError, broadcastShapes, castNode, constantNode, requireHeld } from './operands.ts';

/** The mask; throws unless it is bool. */
function requireMask(op: string, mask: Tensor): void {
  requireTensor(op, 'the mask', mask);
  if (mask.dtype === 'bool') return;
  throw new DTypeError(`[${op}] the mask must be bool, not ${mask}.`, {
    hint: 'A comparison gives one, as mask.notEqual(0).',
  });
}

/**
 * x with `value` where the mask holds; the mask broadcasts to x's shape, and the result has x's shape and dtype. `value` is a number or a tensor
 * of one element.
 *
 * Throws {@link DTypeError} for a mask that is not bool and a value that x's dtype does not hold, {@link ShapeError} where the mask does not
 * broadcast to x.
 *
 * ```ts
 * const x = tensor([-1, 2, -3]);
 * await maskedFill(x, x.less(0), 0).toArray(); // [0, 2, 0]
 * ```
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  requireTensor('maskedFill', 'x', x);
  requireMask('maskedFill', mask);
  requireOperand('maskedFill', value);
  requireFits('maskedFill', x, mask);
  if (typeof value === 'number') {
    requireHeld('maskedFill', value, x);
    return where(not(mask), x, tensorOf(constantNode(value, x.dtype, [])));
  }
  if (value.size !== 1) throw new ShapeError(`[maskedFill] takes a number or a tensor of one element, not ${value}.`);
  return where(not(mask), x, tensorOf(castNode(nodeOf(value.reshape([])), x.dtype)));
}

/**
 * x with the elements of `source`, taken in row-major order, where the mask holds, likewise in row-major order; the mask broadcasts to x's shape, and
 * the result has x's shape and dtype, PyTorch's `masked_scatter`. Where there are fewer elements than places the last places are NaN (int32: 0, bool:
 * false).
 *
 * Throws {@link DTypeError} for a mask that is not bool and a source of another dtype, {@link ShapeError} where the mask does not broadcast
 * to x.
 *
 * ```ts
 * const x = tensor([0, 0, 5, 0]);
 * await maskedScatter(x, x.equal(0), tensor([1, 2, 3])).toArray(); // [1, 2, 5, 3]
 * ```
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  requireTensor('maskedScatter', 'x', x);
  requireMask('maskedScatter', mask);
  requireTensor('maskedScatter', 'the source', source);
  if (source.dtype !== x.dtype) {
    throw new DTypeError(`[maskedScatter] the source must have the dtype of ${x}, not ${source}.`, {
      hint: `Convert it with .to('${x.dtype}').`,
    });
  }
  requireFits('maskedScatter', x, mask);
  const places = broadcastTo(mask, x.shape);
  // How many places come before each.
  const before = sub(cumsum(cast(flatten(places), 'int32'), 0), 1);
  return where(places, reshape(gatherNode(flatten(source), 0, before), x.shape), x);
}

/** Throws unless the mask broadcasts to x's shape. */
function requireFits(op: string, x: Tensor, mask: Tensor): void {
  const joined = broadcastShapes(x.shape, mask.shape);
  if (joined === undefined || joined.length !== x.ndim || joined.some((n, i) => n !== x.shape[i]))
    throw broadcastError(op, [x, mask]);
}

/** Row-major positions at which a mask holds. */
async function positionsWhere(mask: Tensor): Promise<Int32Array> {
  const data = await mask.data();
  let count = 0;
  for (const element of data) if (element !== 0) count++;
  const positions = new Int32Array(count);
  let next = 0;
  data.forEach((element, i) => {
    if (element !== 0) positions[next++] = i;
  });
  return positions;
}

/**
 * The elements of x where the mask holds, in row-major order, as one axis. x and mask broadcast together. Waits for the mask's values; the
 * gradient with respect to x is that of the elements taken.
 *
 * Rejects with {@link DTypeError} for a mask that is not bool, with {@link ShapeError} where the two do not broadcast.
 *
 * ```ts
 * const x = tensor([[1, -2], [-3, 4]]);
 * await (await maskedSelect(x, x.greater(0))).toArray(); // [1, 4]
 * ```
 */
export async function maskedSelect(x: Tensor, mask: Tensor): Promise<Tensor> {
  requireTensor('maskedSelect', 'x', x);
  requireMask('maskedSelect', mask);
  const shape = broadcastShapes(x.shape, mask.shape);
  if (shape === undefined) throw broadcastError('maskedSelect', [x, mask]);
  const positions = await positionsWhere(broadcastTo(mask, shape));
  return take(broadcastTo(x, shape), tensor(positions, { dtype: 'int32' }));
}

/**
 * Where x is not 0 (NaN is not 0), in row-major order: int32 [count, ndim], a row of positions for each such element. Waits for x's values.
 *
 * ```ts
 * await (await nonZero(tensor([[0, 5], [7, 0]]))).toArray(); // [[0, 1], [1, 0]]
 * ```
 */
export async function nonZero(x: Tensor): Promise<Tensor> {
  requireTensor('nonZero', 'x', x);
  const flat = await positionsWhere(x);
  const { shape, ndim } = x;
  const rows = new Int32Array(flat.length * ndim);
  flat.forEach((position, i) => {
    let rest = position;
    for (let axis = ndim - 1; axis >= 0; axis--) {
      const extent = shape[axis] ?? 1;
      rows[i * ndim + axis] = rest % extent;
      rest = Math.floor(rest / extent);
    }
  });
  return tensor(rows, { dtype: 'int32', shape: [flat.length, ndim] });
}
