/** Division with a remainder, of float32 and int32, and operations on the bits of int32 and bool. */
import { describe } from '../arguments/index.ts';
import { ArgumentError, DTypeError } from '../graph/errors.ts';
import { knownAs, makeNode } from '../graph/node.ts';
import { formatType, isFloat } from '../graph/types.ts';
import { nodeOf, requireOperand, requireTensor, tensorOf } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { copySign } from './arithmetic.ts';
import { where } from './comparison.ts';
import { floats, unifyAs, inFloats } from './operands.ts';

/** a and b broadcast to one shape and dtype, which is not bool. */
function pair(op: string, a: Operand, b: Operand): [Tensor, Tensor] {
  const nodes = unifyAs(op, [a, b], (dtype) => (dtype === 'bool' ? 'int32' : dtype));
  return nodes.map((node) => tensorOf(node)) as [Tensor, Tensor];
}

function requireIntegers(op: string, dtypes: string, x: unknown): void {
  requireOperand(op, x);
  if (typeof x === 'number') {
    if ((x | 0) === x) return;
    throw new ArgumentError(`[${op}] takes whole numbers from −2147483648 to 2147483647, not ${x}.`);
  }
  if (!isFloat(x.dtype)) return;
  throw new DTypeError(`[${op}] takes ${dtypes}, not ${x.toString()}.`, {
    hint: "Convert with .to('int32'), which truncates.",
  });
}

/** An operation on the bits of int32, or of bool where both are. */
function onBits(name: string, op: 'and' | 'or' | 'xor', a: Operand, b: Operand): Tensor {
  for (const operand of [a, b]) requireIntegers(name, 'int32 or bool', operand);
  // Two numbers alone would be float32.
  return tensorOf(
    makeNode(
      op,
      unifyAs(name, [a, b], (dtype) => (isFloat(dtype) ? 'int32' : dtype)),
      {},
    ),
  );
}

function shift(name: string, op: 'shiftLeft' | 'shiftRight', a: Operand, b: Operand): Tensor {
  for (const operand of [a, b]) requireIntegers(name, 'int32 or bool', operand);
  return tensorOf(
    makeNode(
      op,
      unifyAs(name, [a, b], (dtype) => (dtype === 'uint8' ? 'uint8' : 'int32')),
      {},
    ),
  );
}

/**
 * a − b · trunc(a / b), the remainder with the sign of a, as C's fmod and PyTorch's; exact; broadcast; of the dtype that they
 * have in common, int32 of bool. NaN for b = 0; of integers a itself. The gradient of b is −trunc(a / b).
 *
 * ```ts
 * await fmod(tensor([5, -5]), 3).toArray(); // [2, -2]
 * ```
 */
export function fmod(a: Operand, b: Operand): Tensor {
  const [left, right] = pair('fmod', a, b);
  if (isFloat(left.dtype)) return tensorOf(makeNode('fmod', [nodeOf(left), nodeOf(right)], {}));
  const rest = left.sub(floorDivide(left, right).mul(right));
  // Of other signs: the one with the sign of a lies one divisor further.
  const turns = rest.notEqual(0).and(rest.less(0).notEqual(left.less(0)));
  return where(turns, rest.sub(right), rest);
}

/**
 * a − b · ⌊a / b⌋, the remainder with the sign of b, as Python's `%` and PyTorch's `remainder`; broadcast; of the dtype that they
 * have in common, int32 of bool. NaN for b = 0; of integers a itself. The gradient of b is −⌊a / b⌋.
 *
 * ```ts
 * await remainder(tensor([5, -5]), 3).toArray(); // [2, 1]
 * ```
 */
export function remainder(a: Operand, b: Operand): Tensor {
  const [left, right] = pair('remainder', a, b);
  if (!isFloat(left.dtype)) return left.sub(floorDivide(left, right).mul(right));
  if (left.dtype === 'float16') return inFloats('remainder', [left, right], remainder);
  const rest = fmod(left, right);
  const turns = rest.notEqual(0).and(rest.less(0).notEqual(right.less(0)));
  return where(turns, rest.add(right), rest);
}

/**
 * ⌊a / b⌋, rounded toward −∞ as Python's `//` and PyTorch's `floor_divide`; broadcast; of the dtype that they have in common, int32 of bool.
 * Of floating numbers from the exact remainder, so that 1 // 0.1 is 9. a / b for b = 0; of integers 0, and −2147483648 // −1 wraps to −2147483648.
 * Its gradient is 0.
 *
 * ```ts
 * await floorDivide(tensor([7, -7]), 2).toArray(); // [3, -4]
 * ```
 */
export function floorDivide(a: Operand, b: Operand): Tensor {
  const [left, right] = pair('floorDivide', a, b);
  if (left.dtype === 'float16') return inFloats('floorDivide', [left, right], floorDivide);
  if (left.dtype !== 'float32') return tensorOf(makeNode('floorDivide', [nodeOf(left), nodeOf(right)], {}));
  const rest = fmod(left, right);
  const turns = rest.notEqual(0).and(rest.less(0).notEqual(right.less(0)));
  const quotient = left.sub(rest).div(right);
  // A whole number up to the rounding of the division.
  const whole = where(turns, quotient.sub(1), quotient).round();
  // Rounding has the gradient 0, what is not rounded is to have none.
  const exact = left.div(right).detach();
  return where(right.equal(0), exact, where(whole.equal(0), copySign(whole, exact), whole));
}

/**
 * a and b, bit by bit, of int32; a ∧ b of bool. Broadcast; int32 where either is.
 *
 * Throws {@link DTypeError} for floating numbers.
 *
 * ```ts
 * await bitwiseAnd(tensor([12, 10], { dtype: 'int32' }), 6).toArray(); // [4, 2]
 * ```
 */
export function bitwiseAnd(a: Operand, b: Operand): Tensor {
  return onBits('bitwiseAnd', 'and', a, b);
}
/**
 * a or b, bit by bit, of int32; a ∨ b of bool. Broadcast; int32 where either is.
 *
 * Throws {@link DTypeError} for floating numbers.
 *
 * ```ts
 * await bitwiseOr(tensor([12, 10], { dtype: 'int32' }), 6).toArray(); // [14, 14]
 * ```
 */
export function bitwiseOr(a: Operand, b: Operand): Tensor {
  return onBits('bitwiseOr', 'or', a, b);
}
/**
 * Either a or b, bit by bit, of int32; a ≠ b of bool. Broadcast; int32 where either is.
 *
 * Throws {@link DTypeError} for floating numbers.
 *
 * ```ts
 * await bitwiseXor(tensor([12, 10], { dtype: 'int32' }), 6).toArray(); // [10, 12]
 * ```
 */
export function bitwiseXor(a: Operand, b: Operand): Tensor {
  return onBits('bitwiseXor', 'xor', a, b);
}
/**
 * The bits of x inverted, −x − 1, of int32; ¬x of bool. The shape of x.
 *
 * Throws {@link DTypeError} for floating numbers.
 *
 * ```ts
 * await bitwiseNot(tensor([0, 5], { dtype: 'int32' })).toArray(); // [-1, -6]
 * ```
 */
export function bitwiseNot(x: Tensor): Tensor {
  requireTensor('bitwiseNot', 'x', x);
  requireIntegers('bitwiseNot', 'int32 or bool', x);
  return tensorOf(makeNode('not', [nodeOf(x)], {}));
}
/**
 * a · 2ᵇ modulo 2³², the bits of a moved up by b; 0 where b is not in 0 … 31. Broadcast; int32.
 *
 * Throws {@link DTypeError} for floating numbers.
 *
 * ```ts
 * await bitwiseLeftShift(tensor([1, -3], { dtype: 'int32' }), 2).toArray(); // [4, -12]
 * ```
 */
export function bitwiseLeftShift(a: Operand, b: Operand): Tensor {
  return shift('bitwiseLeftShift', 'shiftLeft', a, b);
}
/**
 * ⌊a / 2ᵇ⌋, the bits of a moved down by b; 0 or −1, the sign, where b is not in 0 … 31. Broadcast; int32.
 *
 * Throws {@link DTypeError} for floating numbers.
 *
 * ```ts
 * await bitwiseRightShift(tensor([9, -9], { dtype: 'int32' }), 1).toArray(); // [4, -5]
 * ```
 */
export function bitwiseRightShift(a: Operand, b: Operand): Tensor {
  return shift('bitwiseRightShift', 'shiftRight', a, b);
}

/**
 * The same 32 bits as another number: of float32 the int32, of int32 the float32; the shape of x, no gradient. x itself where it has
 * the dtype.
 *
 * Throws {@link DTypeError} for dtypes that have not 32 bits.
 *
 * ```ts
 * await bitcast(tensor([1, -0]), 'int32').toArray(); // [1065353216, -2147483648]
 * ```
 */
export function bitcast(x: Tensor, dtype: 'float32' | 'int32'): Tensor {
  requireTensor('bitcast', 'x', x);
  if (dtype !== 'float32' && dtype !== 'int32')
    throw new DTypeError(`[bitcast] takes 'float32' or 'int32' as the dtype, not ${describe(dtype)}.`);
  if (x.dtype !== 'float32' && x.dtype !== 'int32')
    throw new DTypeError(`[bitcast] takes float32 or int32, not ${formatType(nodeOf(x).type)}.`, {
      hint: "Convert with .to('int32') first.",
    });
  return tensorOf(makeNode('bitcast', [nodeOf(x)], { dtype }));
}

/**
 * Whether the sign bit of x is set; bool, the shape of x. It is of −0, and of int32 below 0.
 *
 * ```ts
 * await signBit(tensor([1, -0, -Infinity])).toArray(); // [0, 1, 1]
 * ```
 */
export function signBit(x: Operand): Tensor {
  const [given] = floats('signBit', [x]) as [Tensor];
  return knownAs('signBit', () => copySign(1, given).less(0));
}
