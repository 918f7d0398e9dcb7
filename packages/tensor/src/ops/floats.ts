/** What is asked of single numbers as float32 holds them: NaN, infinities, signs, fractions; and means between two. */
import { checkOptions, requireNumber, type OptionNames } from '../arguments/index.ts';
import { knownAs } from '../graph/node.ts';
import { isFloat } from '../graph/types.ts';
import { requireOperand, unchanged } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { abs, sub } from './arithmetic.ts';
import { equal, less, notEqual, where } from './comparison.ts';
import { trunc } from './rounding.ts';
import { floats, inFloats } from './operands.ts';

/**
 * Whether x is NaN; bool, the shape of x.
 *
 * ```ts
 * await isNaN(tensor([1, NaN, Infinity])).toArray(); // [0, 1, 0]
 * ```
 */
export function isNaN(x: Operand): Tensor {
  return knownAs('isNaN', () => notEqual(x, x));
}
/**
 * Whether x is ∞ or −∞; bool, the shape of x.
 *
 * ```ts
 * await isInf(tensor([1, NaN, -Infinity])).toArray(); // [0, 0, 1]
 * ```
 */
export function isInf(x: Operand): Tensor {
  return knownAs('isInf', () => equal(abs(x), Infinity));
}
/**
 * Whether x is neither NaN nor infinite; bool, the shape of x.
 *
 * ```ts
 * await isFinite(tensor([1, NaN, Infinity])).toArray(); // [1, 0, 0]
 * ```
 */
export function isFinite(x: Operand): Tensor {
  return knownAs('isFinite', () => less(abs(x), Infinity));
}

export interface NanToNumOptions {
  /** In place of NaN. Default 0. */
  nan?: number;
  /** In place of ∞. Default the largest float32, 3.4028235e38, of float16 65504. */
  posInf?: number;
  /** In place of −∞. Default the smallest float32, −3.4028235e38, of float16 −65504. */
  negInf?: number;
}
const nanToNumOptions: OptionNames<NanToNumOptions> = {
  nan: requireNumber,
  posInf: requireNumber,
  negInf: requireNumber,
};

/**
 * x with numbers in place of NaN, ∞ and −∞; the dtype and shape of x: integers and bool, which have none of them, are left alone. No gradient flows where something was replaced.
 *
 * ```ts
 * await nanToNum(tensor([1, NaN, Infinity]), { posInf: 9 }).toArray(); // [1, 0, 9]
 * ```
 */
export function nanToNum(x: Operand, options: NanToNumOptions = {}): Tensor {
  checkOptions('nanToNum', options, nanToNumOptions);
  requireOperand('nanToNum', x);
  if (typeof x !== 'number' && !isFloat(x.dtype)) return unchanged(x);
  const [given] = floats('nanToNum', [x]) as [Tensor];
  const largest = given.dtype === 'float16' ? 65504 : 3.4028234663852886e38;
  const { nan = 0, posInf = largest, negInf = -largest } = options;
  const above = where(equal(given, Infinity), posInf, given);
  const between = where(equal(given, -Infinity), negInf, above);
  return where(notEqual(given, given), nan, between);
}

/**
 * What is left of x without its integer part, x − trunc x, with the sign of x; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await frac(tensor([1.75, -1.75])).toArray(); // [0.75, -0.75]
 * ```
 */
export function frac(x: Operand): Tensor {
  const [given] = floats('frac', [x]) as [Tensor];
  return sub(given, trunc(given));
}

/**
 * a + weight · (b − a), broadcast; float16 of float16, else float32. a where the weight is 0 and b where it is 1, exactly; it may lie outside.
 *
 * ```ts
 * await lerp(tensor([0, 10]), tensor([1, 20]), 0.25).toArray(); // [0.25, 12.5]
 * ```
 */
export function lerp(a: Operand, b: Operand, weight: Operand): Tensor {
  return inFloats('lerp', [a, b, weight], (...operands) => {
    const [from, to, share] = operands as [Tensor, Tensor, Tensor];
    const difference = to.sub(from);
    // From the nearer end, as PyTorch does.
    return where(share.less(0.5), from.add(share.mul(difference)), to.sub(difference.mul(share.neg().add(1))));
  });
}
