/** Positions of tokens: which they are, and the angles that sinusoids of them have. */
import { DTypeError, iota, ShapeError, type Tensor } from '@hebb/tensor';
import { requireFinite, requireTensor, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';

export interface PositionOptions {
  /** Position of the first token, a number or int32[]; int32[..., 1] of several, which broadcasts over the leading axes of x. Default 0. */
  offset?: number | Tensor;
  /** The position of every token, int32[length], or [..., length] that broadcasts over the leading axes of x, in the place of offset + 0, 1, 2, … */
  positions?: Tensor | undefined;
}

export const positionOptions: OptionNames<PositionOptions> = { offset: requireOffset, positions: requireTensor };

function requireOffset(where: string, name: string, value: unknown): void {
  if (typeof value === 'number') requireFinite(where, name, value);
  else requireTensor(where, name, value);
}

/** A check for the base of the frequencies. */
export function requireBase(where: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value > 0 && Number.isFinite(value)))
    throw wrongArgument(where, name, 'a number > 0', value);
}

/** int32[..., length]. */
export function readPositions(where: string, length: number, { offset = 0, positions }: PositionOptions): Tensor {
  if (positions === undefined) return iota([length], 0).add(typeof offset === 'number' ? Math.trunc(offset) : offset);
  if (positions.dtype !== 'int32') throw new DTypeError(`[${where}] positions are int32, not ${positions}.`);
  if (positions.shape.at(-1) !== length)
    throw new ShapeError(`[${where}] there are ${length} tokens, but the positions are ${positions}.`);
  return positions;
}

/** position · base^(−i / count) for i = 0 … count − 1: [...positions, count]. */
export function angles(positions: Tensor, count: number, base: number): Tensor {
  const frequencies = iota([count], 0).to('float32').mul(-Math.log(base) / count).exp(); // prettier-ignore
  return positions.to('float32').unsqueeze(-1).mul(frequencies);
}
