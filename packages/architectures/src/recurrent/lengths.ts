/** Which elements of padded sequences there are. */
import { DTypeError, iota, ShapeError, type Tensor } from '@hebb/tensor';
import { requireTensor } from '@hebb/tensor/arguments';

/**
 * Lengths int32 [batch] of a mask, bool [batch, length] and true for the elements that there are, which come first; lengths themselves are left as they are.
 *
 * Throws {@link DTypeError} and {@link ShapeError} for anything else.
 */
export function lengthsOf(where: string, mask: Tensor, batch: number, length: number): Tensor {
  requireTensor(where, 'the mask', mask);
  if (mask.dtype !== 'bool' && mask.dtype !== 'int32')
    throw new DTypeError(`[${where}] takes a mask bool [batch, length], or lengths int32 [batch], not ${mask}.`, {
      hint: "Convert them: mask.to('bool'), lengths.to('int32').",
    });
  const wanted = mask.dtype === 'bool' ? [batch, length] : [batch];
  if (mask.ndim !== wanted.length || mask.shape.some((extent, i) => extent !== wanted[i]))
    throw new ShapeError(
      `[${where}] ${mask.dtype === 'bool' ? 'the mask' : 'lengths'} must be [${wanted.join(', ')}] for these sequences, not ${mask}.`,
    );
  return mask.dtype === 'bool' ? mask.to('int32').sum(1) : mask;
}

/** bool [batch, length]: true where there is an element. */
export function isInside(lengths: Tensor, length: number): Tensor {
  return iota([1, length], 1).less(lengths.unsqueeze(1));
}
