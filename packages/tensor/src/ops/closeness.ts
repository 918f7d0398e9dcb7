/** Whether tensors are equal, or nearly. */
import { checkOptions, requireBoolean, requireNumber, type OptionNames } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { knownAs } from '../graph/node.ts';
import { sameShape } from '../graph/types.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { all } from './counting.ts';

export interface CloseOptions {
  /** How far a may be from b, as a part of |b|. Default 1e-5. */
  rtol?: number;
  /** How far a may be from b on top of that. Default 1e-8. */
  atol?: number;
  /** Whether NaN is close to NaN. Default false. */
  equalNaN?: boolean;
}

const closeOptions: OptionNames<CloseOptions> = { rtol: true, atol: true, equalNaN: true };

/**
 * Whether |a − b| ≤ atol + rtol · |b|, element by element, broadcast; bool. Infinities are close to themselves alone, NaN to nothing
 * unless `equalNaN` says so. Tolerances are PyTorch's.
 *
 * Throws {@link ArgumentError} for tolerances that are negative or NaN, {@link ShapeError} where the shapes do not broadcast.
 *
 * ```ts
 * await isClose(tensor([1, 2]), tensor([1.000001, 2.1])).toArray(); // [1, 0]
 * ```
 */
export function isClose(a: Tensor, b: Tensor, options: CloseOptions = {}): Tensor {
  return close('isClose', a, b, options);
}

function close(op: string, a: Tensor, b: Tensor, options: CloseOptions): Tensor {
  requireTensor(op, 'a', a);
  requireTensor(op, 'b', b);
  checkOptions(op, options, closeOptions);
  const { rtol = 1e-5, atol = 1e-8, equalNaN = false } = options;
  for (const [name, tolerance] of Object.entries({ rtol, atol })) {
    requireNumber(op, name, tolerance);
    if (!(tolerance >= 0)) throw new ArgumentError(`[${op}] ${name} must be a number ≥ 0, not ${tolerance}.`);
  }
  requireBoolean(op, 'equalNaN', equalNaN);
  return knownAs(op, () => {
    const wide = b.to('float32');
    const difference = a.to('float32').sub(wide).abs();
    const near = difference.lessEqual(wide.abs().mul(rtol).add(atol)).and(difference.less(Infinity));
    const result = a.equal(b).or(near);
    return equalNaN ? result.or(a.notEqual(a).and(b.notEqual(b))) : result;
  });
}

/**
 * Whether all elements of a and b are close, as {@link isClose}: a promise of a boolean.
 *
 * Throws what {@link isClose} throws, and what reading a value throws.
 *
 * ```ts
 * await allClose(tensor([1, 2]), tensor([1.000001, 2])); // true
 * await allClose(tensor([1, 2]), tensor([1.1, 2]), { rtol: 0.2 }); // true
 * ```
 */
export async function allClose(a: Tensor, b: Tensor, options: CloseOptions = {}): Promise<boolean> {
  return (await all(close('allClose', a, b, options)).item()) !== 0;
}

/**
 * Whether a and b have one dtype, one shape and the same elements: a promise of a boolean. NaN equals nothing; −0 equals 0.
 *
 * ```ts
 * await equals(tensor([1, 2]), tensor([1, 2])); // true
 * await equals(tensor([1, 2]), tensor([[1, 2]])); // false
 * ```
 */
export async function equals(a: Tensor, b: Tensor): Promise<boolean> {
  requireTensor('equals', 'a', a);
  requireTensor('equals', 'b', b);
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  return (await all(a.equal(b)).item()) !== 0;
}
