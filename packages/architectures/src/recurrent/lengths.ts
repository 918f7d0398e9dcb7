/** Which elements of padded sequences there are. */
import { argSort, cumsum, DTypeError, iota, ShapeError, takeAlongAxis, type Tensor } from '@hebb/tensor';
import { requireTensor, requireWithin } from '@hebb/tensor/arguments';

/**
 * Throws {@link DTypeError} and {@link ShapeError} unless this is a mask bool [batch, length], true for the elements that there are, or lengths int32 [batch]; `ArgumentError` for lengths beyond the sequences where they are known on the host.
 */
export function requireMask(where: string, mask: Tensor, batch: number, length: number): void {
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
  if (mask.dtype === 'int32') requireWithin(where, 'lengths', mask, 0, length, 'length of a sequence');
}

/** bool [batch, length]: true where there is an element. */
export function isInside(lengths: Tensor, length: number): Tensor {
  return iota([1, length], 1).less(lengths.unsqueeze(1));
}

/** Sequences whose elements lie one behind the other from the first place on: what recurrent layers read. */
export interface Packed {
  /** As they were given, [batch, length, …]. */
  readonly x: Tensor;
  /** int32 [batch], or undefined where all are full. */
  readonly lengths: Tensor | undefined;
}

/** The elements that there are, moved to the front in their order: a step that is masked out leaves a recurrent network as it was, so that it may as well come last. */
export function packed(x: Tensor, mask: Tensor | undefined): Packed {
  if (mask?.dtype !== 'bool') return { x, lengths: mask };
  // Equal ones keep their order.
  const order = argSort(mask.not().to('int32'), 1);
  return { x: takeAlongAxis(x, alongSequence(order, x.ndim), 1), lengths: mask.to('int32').sum(1) };
}

/** What was made of {@link packed} sequences, [batch, length, …], at the places of the elements; 0 where there are none. */
export function unpacked(y: Tensor, mask: Tensor | undefined): Tensor {
  if (mask?.dtype !== 'bool') return y;
  const place = cumsum(mask.to('int32'), 1).sub(1).maximum(0);
  return alongSequence(mask, y.ndim).where(takeAlongAxis(y, alongSequence(place, y.ndim), 1), 0);
}

/** [batch, length] beside values of two or of three axes. */
function alongSequence(x: Tensor, ndim: number): Tensor {
  return ndim === 2 ? x : x.unsqueeze(-1);
}
