/** Checks that the architectures of this folder share. */
import { ShapeError, type Tensor } from '@hebb/tensor';
import { requireArray, requireInteger, requireTensor, wrongArgument, type Check } from '@hebb/tensor/arguments';

/** A check for a size: an integer ≥ 1. */
export const size: Check = (where, name, value) => requireInteger(where, name, value, 1);

/** A check for a list of sizes that is not empty. */
export const sizes: Check = (where, name, value) => {
  requireArray(where, name, value);
  requireInteger(where, `the length of ${name}`, value.length, 1);
  value.forEach((each, i) => size(where, `${name}[${i}]`, each));
};

/** A check for a finite number > 0. */
export const positive: Check = (where, name, value) => {
  if (!Number.isFinite(value) || (value as number) <= 0) throw wrongArgument(where, name, 'a finite number > 0', value);
};

/** A check for one of a few numbers. */
export const oneOfNumbers =
  (...choices: readonly number[]): Check =>
  (where, name, value) => {
    if (!choices.includes(value as number)) throw wrongArgument(where, name, `one of ${choices.join(', ')}`, value);
  };

/** A check for height and width. */
export const imageExtents: Check = (where, name, value) => {
  if (typeof value === 'number') return size(where, name, value);
  if (!Array.isArray(value) || value.length !== 2)
    throw wrongArgument(where, name, 'a number or [height, width]', value);
  value.forEach((extent, i) => size(where, `${name}[${i}]`, extent));
};

/** Throws {@link ShapeError} unless x is [batch, channels, height, width], of that height and width where they are given, else of none below `smallest`. */
export function requireImages(
  where: string,
  x: Tensor,
  channels: number,
  extents?: readonly [number, number],
  smallest = 1,
): void {
  requireTensor(where, 'the images', x);
  const [height, width] = extents ?? ['height', 'width'];
  const [, given, ...field] = x.shape;
  const fits = x.ndim === 4 && given === channels && (extents === undefined || field.join() === extents.join());
  if (fits && field.every((extent) => extent >= smallest)) return;
  if (fits)
    throw new ShapeError(`[${where}] takes images of at least ${smallest} × ${smallest}, not ${x}.`, {
      hint: smallest === 1 ? '' : 'Enlarge them, or make it with fewer parts that halve them.',
    });
  throw new ShapeError(`[${where}] takes images [batch, ${channels}, ${height}, ${width}], not ${x}.`, {
    hint: x.ndim === 3 ? 'A single image needs an axis in front: x.unsqueeze(0).' : `Say what they are when you make it: { channels${extents === undefined ? '' : ', imageSize'} }, or change them: resize, pad, crop.`, // prettier-ignore
  });
}
