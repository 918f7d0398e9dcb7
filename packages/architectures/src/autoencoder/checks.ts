/** Checks that the architectures of this folder share. */
import { ShapeError, type Tensor } from '@hebb/tensor';
import { between, requireTensor, wrongArgument, type Check } from '@hebb/tensor/arguments';
import { size } from '../convolutional/checks.ts';

export { imageExtents, positive, requireImages, size } from '../convolutional/checks.ts';
export { sizes as anySizes } from '../feed-forward/checks.ts';

export const probability: Check = between(0, 1);

/** A check for a finite number ≥ 0. */
export const notNegative: Check = (where, name, value) => {
  if (!Number.isFinite(value) || (value as number) < 0) throw wrongArgument(where, name, 'a finite number ≥ 0', value);
};

/** A check for the shape of an example: a number of features, or extents. */
export const exampleShape: Check = (where, name, value) => {
  if (typeof value === 'number') return size(where, name, value);
  if (!Array.isArray(value)) throw wrongArgument(where, name, 'a number or an array of extents', value);
  size(where, `the length of ${name}`, value.length);
  value.forEach((extent, i) => size(where, `${name}[${i}]`, extent));
};

/** Throws {@link ShapeError} unless x is a batch of such examples, or of such codes. */
export function requireBatch(where: string, what: string, x: Tensor, shape: readonly number[]): void {
  requireTensor(where, `the ${what}`, x);
  if (x.ndim === shape.length + 1 && shape.every((extent, axis) => x.shape[axis + 1] === extent)) return;
  throw new ShapeError(`[${where}] takes ${what} [batch, ${shape.join(', ')}], not ${x}.`, {
    hint: x.shape.join() === shape.join() ? 'A single one needs an axis in front: x.unsqueeze(0).' : '',
  });
}
