/** Arithmetic, powers and roots, with NumPy broadcasting and PyTorch's promotion of dtypes, in which plain numbers adapt to the tensor. */
import { requireNumber } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { requireOperand, isTensor } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { less, where } from './comparison.ts';
import { binary, unary } from './elementwise.ts';
import { floating, inFloat32 } from './operands.ts';

/**
 * a + b, broadcast as NumPy does; of the dtype that they have in common, int32 of bool.
 *
 * Throws {@link ShapeError} where the shapes do not broadcast, as every operation on two tensors does.
 *
 * ```ts
 * await add(tensor([[1], [2]]), tensor([10, 20])).toArray(); // [[11, 21], [12, 22]]
 * ```
 */
export function add(a: Operand, b: Operand): Tensor {
  return binary('add', a, b);
}

/**
 * a − b, broadcast; dtype as in {@link add}.
 *
 * ```ts
 * await sub(tensor([5, 7]), 2).toArray(); // [3, 5]
 * ```
 */
export function sub(a: Operand, b: Operand): Tensor {
  return binary('sub', a, b);
}

/**
 * a · b, element by element, broadcast; dtype as in {@link add}. For matrix products see {@link matmul}.
 *
 * ```ts
 * await mul(tensor([1, 2, 3]), tensor([4, 5, 6])).toArray(); // [4, 10, 18]
 * ```
 */
export function mul(a: Operand, b: Operand): Tensor {
  return binary('mul', a, b);
}

/**
 * a / b, broadcast; float16 of float16, else float32 (also of integers).
 *
 * ```ts
 * await div(tensor([1, 2, 3]), 2).toArray(); // [0.5, 1, 1.5]
 * ```
 */
export function div(a: Operand, b: Operand): Tensor {
  return binary('div', a, b);
}

/**
 * aᵇ, broadcast; float16 of float16, else float32. NaN for a negative a and a b that is no integer. The exponents 1, 2, 3, 0.5, −1 and −0.5
 * given as numbers become products, roots and quotients.
 *
 * ```ts
 * await pow(tensor([1, 2, 3]), 2).toArray(); // [1, 4, 9]
 * ```
 */
export function pow(a: Operand, b: Operand): Tensor {
  requireOperand('pow', a);
  if (typeof b === 'number' && typeof a !== 'number') {
    if (a.dtype === 'float16' && b === 3) return inFloat32(a, (wide) => pow(wide, b));
    const x = floating(a);
    if (b === 1) return x;
    if (b === 2) return mul(x, x);
    if (b === 3) return mul(mul(x, x), x);
    if (b === 0.5) return sqrt(x);
    if (b === -1) return reciprocal(x);
    if (b === -0.5) return rsqrt(x);
  }
  return binary('pow', a, b);
}

/**
 * The larger of a and b, broadcast; NaN where either is NaN; dtype as in {@link add}. Along axes: {@link max}.
 *
 * ```ts
 * await maximum(tensor([1, 5]), tensor([4, 2])).toArray(); // [4, 5]
 * ```
 */
export function maximum(a: Operand, b: Operand): Tensor {
  return binary('maximum', a, b);
}

/**
 * The smaller of a and b, broadcast; NaN where either is NaN; dtype as in {@link add}. Along axes: {@link min}.
 *
 * ```ts
 * await minimum(tensor([1, 5]), tensor([4, 2])).toArray(); // [1, 2]
 * ```
 */
export function minimum(a: Operand, b: Operand): Tensor {
  return binary('minimum', a, b);
}

/**
 * min(max(x, low), high), the shape of x; a bound that is undefined does not bound. NaN stays NaN. The gradient passes
 * from low to high, both included, as in PyTorch; where low > high all is high.
 *
 * Throws {@link ArgumentError} for a bound that is NaN.
 *
 * ```ts
 * await clamp(tensor([-2, 0.5, 9]), 0, 1).toArray(); // [0, 0.5, 1]
 * ```
 */
export function clamp(x: Operand, low: number | undefined, high?: number): Tensor {
  requireOperand('clamp', x);
  for (const [name, bound] of [
    ['low', low],
    ['high', high],
  ] as const) {
    if (bound === undefined) continue;
    requireNumber('clamp', name, bound);
    if (Number.isNaN(bound)) throw new ArgumentError(`[clamp] ${name} is NaN, which bounds nothing.`);
  }
  let result: Operand = x;
  if (low !== undefined) result = where(less(result, low), low, result);
  if (high !== undefined) result = where(less(high, result), high, result);
  return typeof result === 'number' ? add(result, 0) : result;
}

/**
 * −x, the shape and dtype of x, int32 of bool.
 *
 * ```ts
 * await neg(tensor([1, -2])).toArray(); // [-1, 2]
 * ```
 */
export function neg(x: Operand): Tensor {
  return unary('neg', x);
}

/**
 * |x|, the shape and dtype of x, int32 of bool. Its gradient at 0 is 0.
 *
 * ```ts
 * await abs(tensor([-3, 4])).toArray(); // [3, 4]
 * ```
 */
export function abs(x: Operand): Tensor {
  return unary('abs', x);
}

/**
 * −1, 0 or 1, the shape and dtype of x, int32 of bool. 0 for NaN. Its gradient is 0.
 *
 * ```ts
 * await sign(tensor([-3, 0, 4])).toArray(); // [-1, 0, 1]
 * ```
 */
export function sign(x: Operand): Tensor {
  return unary('sign', x);
}

/**
 * √x; float16 of float16, else float32, the shape of x. NaN below 0.
 *
 * ```ts
 * await sqrt(tensor([4, 9])).toArray(); // [2, 3]
 * ```
 */
export function sqrt(x: Operand): Tensor {
  return unary('sqrt', x);
}

/**
 * 1 / √x; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await rsqrt(tensor([4, 16])).toArray(); // [0.5, 0.25]
 * ```
 */
export function rsqrt(x: Operand): Tensor {
  return isTensor(x) && x.dtype === 'float16' ? inFloat32(x, rsqrt) : div(1, sqrt(x));
}

/**
 * x², the shape and dtype of x, int32 of bool.
 *
 * ```ts
 * await square(tensor([3, -4])).toArray(); // [9, 16]
 * ```
 */
export function square(x: Operand): Tensor {
  return mul(x, x);
}

/**
 * 1 / x; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await reciprocal(tensor([2, 4])).toArray(); // [0.5, 0.25]
 * ```
 */
export function reciprocal(x: Operand): Tensor {
  return div(1, x);
}

/**
 * |a| with the sign of b, which zeros have too; broadcast; float16 of float16, else float32. The gradient reaches a alone, and is 0 where a is.
 *
 * ```ts
 * await copySign(tensor([1, -2]), tensor([-0, 3])).toArray(); // [-1, 2]
 * ```
 */
export function copySign(a: Operand, b: Operand): Tensor {
  return binary('copySign', a, b);
}
