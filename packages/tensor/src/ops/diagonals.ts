/** Diagonals and triangles of matrices. */
import { requireInteger } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { moveAxis } from './rearranging.ts';
import { normalizeAxis, reshape, slice } from './movement.ts';
import { constantNode } from './operands.ts';

/** Where a diagonal begins, and how many elements it has. */
function diagonalOf(rows: number, columns: number, offset: number): { row: number; column: number; length: number } {
  const row = Math.max(-offset, 0);
  const column = Math.max(offset, 0);
  return { row, column, length: Math.max(0, Math.min(rows - row, columns - column)) };
}

/**
 * The diagonal of two axes, by default the first two, as a last axis in their place: elements whose index along `axis1` is `offset` more than that along `axis0`.
 * Empty where there are none.
 *
 * Throws {@link ShapeError} unless two different axes are named that exist.
 *
 * ```ts
 * await diagonal(tensor([[1, 2], [3, 4]])).toArray(); // [1, 4]
 * await diagonal(tensor([[1, 2], [3, 4]]), 1).toArray(); // [2]
 * diagonal(zeros([8, 3, 4]), 0, 1, 2).shape; // [8, 3]
 * ```
 */
export function diagonal(x: Tensor, offset = 0, axis0 = 0, axis1 = 1): Tensor {
  requireTensor('diagonal', 'x', x);
  requireInteger('diagonal', 'offset', offset);
  const first = normalizeAxis('diagonal', axis0, x.ndim);
  const second = normalizeAxis('diagonal', axis1, x.ndim);
  if (first === second) throw new ShapeError(`[diagonal] is of two different axes, not of axis ${axis0} and ${axis1}.`);
  const moved = moveAxis(x, [first, second], [-2, -1]);
  const outer = moved.shape.slice(0, -2);
  const [rows = 0, columns = 0] = moved.shape.slice(-2);
  const { row, column, length } = diagonalOf(rows, columns, offset);
  // In memory order neighbours on a diagonal lie a row and an element apart.
  const flat = reshape(moved, [...outer, rows * columns]);
  const start = length === 0 ? 0 : row * columns + column;
  const stop = length === 0 ? 0 : start + (length - 1) * (columns + 1) + 1;
  return slice(flat, [...outer.map(() => 0), start], [...outer, stop], [...outer.map(() => 1), columns + 1]);
}

/**
 * The sum of the diagonal of the last two axes, [..., m, n] → [...]; int32 of integers and bool, else of the dtype of x.
 *
 * Throws {@link ShapeError} for fewer than two axes.
 *
 * ```ts
 * await trace(tensor([[1, 2], [3, 4]])).item(); // 5
 * ```
 */
export function trace(x: Tensor): Tensor {
  requireTensor('trace', 'x', x);
  if (x.ndim < 2) throw new ShapeError(`[trace] takes matrices, not ${x}.`);
  return diagonal(x, 0, -2, -1).sum(-1);
}

/**
 * Of a vector the square matrix with it on the diagonal, 0 elsewhere; of a matrix its {@link diagonal}. `offset` counts diagonals to the right of the main one.
 *
 * Throws {@link ShapeError} for tensors of other ranks.
 *
 * ```ts
 * await diag(tensor([1, 2])).toArray(); // [[1, 0], [0, 2]]
 * await diag(tensor([1]), 1).toArray(); // [[0, 1], [0, 0]]
 * await diag(tensor([[1, 2], [3, 4]])).toArray(); // [1, 4]
 * ```
 */
export function diag(x: Tensor, offset = 0): Tensor {
  requireTensor('diag', 'x', x);
  requireInteger('diag', 'offset', offset);
  if (x.ndim === 2) return diagonal(x, offset);
  if (x.ndim !== 1)
    throw new ShapeError(`[diag] takes a vector or a matrix, not ${x}.`, {
      hint: 'For a batch of matrices see diagonal.',
    });
  const size = x.size + Math.abs(offset);
  if (x.size === 0) return tensorOf(constantNode(0, x.dtype, [size, size]));
  const { row, column } = diagonalOf(size, size, offset);
  const low = row * size + column;
  const high = size * size - low - (x.size - 1) * (size + 1) - 1;
  const flat = makeNode('pad', [nodeOf(x)], { low: [low], high: [high], interior: [size], value: 0 });
  return reshape(tensorOf(flat), [size, size]);
}

function triangle(op: string, x: Tensor, offset: number, lower: boolean): Tensor {
  requireTensor(op, 'x', x);
  requireInteger(op, 'offset', offset);
  if (x.ndim < 2) throw new ShapeError(`[${op}] takes matrices, not ${x}.`);
  const index = (axis: number): Tensor => tensorOf(makeNode('iota', [], { shape: x.shape, axis }));
  const row = index(x.ndim - 2).add(offset);
  const column = index(x.ndim - 1);
  const inside = lower ? column.lessEqual(row) : row.lessEqual(column);
  return inside.where(x, tensorOf(constantNode(0, x.dtype, [])));
}

/**
 * The matrices of the last two axes with 0 above the diagonal; `offset` counts diagonals to the right of the main one. The shape and dtype of x.
 *
 * Throws {@link ShapeError} for fewer than two axes.
 *
 * ```ts
 * await tril(ones([2, 3])).toArray(); // [[1, 0, 0], [1, 1, 0]]
 * await tril(ones([2, 3]), 1).toArray(); // [[1, 1, 0], [1, 1, 1]]
 * ```
 */
export function tril(x: Tensor, offset = 0): Tensor {
  return triangle('tril', x, offset, true);
}

/**
 * The matrices of the last two axes with 0 below the diagonal; `offset` counts diagonals to the right of the main one. The shape and dtype of x.
 *
 * Throws {@link ShapeError} for fewer than two axes.
 *
 * ```ts
 * await triu(ones([2, 3])).toArray(); // [[1, 1, 1], [0, 1, 1]]
 * ```
 */
export function triu(x: Tensor, offset = 0): Tensor {
  return triangle('triu', x, offset, false);
}
