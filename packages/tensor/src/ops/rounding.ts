/** Rounding to integers. */
import type { Operand, Tensor } from '../tensor.ts';
import { isFloat, isInteger } from '../graph/types.ts';
import { requireOperand, unchanged } from '../handle.ts';
import { unary } from './elementwise.ts';

/** Integers are whole already, and keep their dtype; bool becomes int32. */
function toWhole(op: 'floor' | 'ceil' | 'round' | 'trunc', x: Operand): Tensor {
  requireOperand(op, x);
  if (typeof x === 'number' || isFloat(x.dtype)) return unary(op, x);
  return isInteger(x.dtype) ? unchanged(x) : x.to('int32');
}

/**
 * The largest integer ≤ x; the shape and dtype of x, int32 of bool. Its gradient is 0, as that of {@link ceil} and {@link round}.
 *
 * ```ts
 * await floor(tensor([1.7, -1.2])).toArray(); // [1, -2]
 * ```
 */
export function floor(x: Operand): Tensor {
  return toWhole('floor', x);
}

/**
 * The smallest integer ≥ x; the shape and dtype of x, int32 of bool.
 *
 * ```ts
 * await ceil(tensor([1.2, -1.7])).toArray(); // [2, -1]
 * ```
 */
export function ceil(x: Operand): Tensor {
  return toWhole('ceil', x);
}

/**
 * The nearest integer, halves to even; the shape and dtype of x, int32 of bool.
 *
 * ```ts
 * await round(tensor([0.5, 1.5, 1.7])).toArray(); // [0, 2, 2]
 * ```
 */
export function round(x: Operand): Tensor {
  return toWhole('round', x);
}

/**
 * x without its fraction, rounded toward 0; the shape and dtype of x, int32 of bool. Its gradient is 0.
 *
 * ```ts
 * await trunc(tensor([1.7, -1.7])).toArray(); // [1, -1]
 * ```
 */
export function trunc(x: Operand): Tensor {
  return toWhole('trunc', x);
}
