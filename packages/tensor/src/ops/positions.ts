/** Positions along an axis as arguments: int32 tensors or lists of integers. */
import { describe, wrongArgument } from '../arguments/index.ts';
import { ArgumentError, DTypeError, ShapeError } from '../graph/errors.ts';
import { isFloat, type DType } from '../graph/types.ts';
import { isTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { tensor } from './creation.ts';

/** An int32 tensor, or a list of integers. */
export type Positions = Tensor | readonly number[];

/** What stands for an element that is not there: NaN for floating numbers, 0 for integers, false for bool. */
export function outsideOf(dtype: DType): number {
  return isFloat(dtype) ? Number.NaN : 0;
}

/** The positions as an int32 tensor. */
export function positionsOf(op: string, name: string, given: Positions): Tensor {
  if (isTensor(given)) {
    if (given.dtype === 'int32') return given;
    throw new DTypeError(`[${op}] ${name} must be int32, not ${given}.`, {
      hint:
        given.dtype === 'bool'
          ? 'A mask chooses elements with maskedSelect, maskedFill or where.'
          : given.dtype === 'uint8'
            ? "Bytes may be positions, .to('int32'), or a mask, .to('bool') for maskedSelect, maskedFill or where."
            : "Make it with tensor(data, { dtype: 'int32' }), or convert it with .to('int32').",
    });
  }
  if (!Array.isArray(given)) throw wrongArgument(op, name, 'an int32 tensor or an array of integers', given);
  for (let i = 0; i < given.length; i++) {
    const position: unknown = given[i];
    if (!Number.isInteger(position) || Math.abs(position as number) > 2 ** 31 - 1)
      throw new ArgumentError(`[${op}] ${name}[${i}] must be an integer, not ${describe(position)}.`);
  }
  return tensor(Int32Array.from(given as readonly number[]), { dtype: 'int32' });
}

/** Throws unless the positions are a list. */
export function requireList(op: string, name: string, positions: Tensor): void {
  if (positions.ndim === 1) return;
  throw new ShapeError(`[${op}] ${name} must have one axis, not ${positions}.`, {
    hint: positions.ndim === 0 ? 'Write [i] for one position.' : 'Flatten it.',
  });
}
