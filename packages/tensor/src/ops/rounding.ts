/** Rounding to integers. */
import type { Operand, Tensor } from '../tensor.ts';
import { unary } from './elementwise.ts';

/**
 * The largest integer ≤ x; float32, the shape of x. Its gradient is 0, as that of {@link ceil} and {@link round}.
 *
 * ```ts
 * await floor(tensor([1.7, -1.2])).toArray(); // [1, -2]
 * ```
 */
export function floor(x: Operand): Tensor {
  return unary('floor', x);
}

/**
 * The smallest integer ≥ x; float32, the shape of x.
 *
 * ```ts
 * await ceil(tensor([1.2, -1.7])).toArray(); // [2, -1]
 * ```
 */
export function ceil(x: Operand): Tensor {
  return unary('ceil', x);
}

/**
 * The nearest integer, halves to even; float32, the shape of x.
 *
 * ```ts
 * await round(tensor([0.5, 1.5, 1.7])).toArray(); // [0, 2, 2]
 * ```
 */
export function round(x: Operand): Tensor {
  return unary('round', x);
}

/**
 * x without its fraction, rounded toward 0; float32, the shape of x. Its gradient is 0.
 *
 * ```ts
 * await trunc(tensor([1.7, -1.7])).toArray(); // [1, -1]
 * ```
 */
export function trunc(x: Operand): Tensor {
  return unary('trunc', x);
}
