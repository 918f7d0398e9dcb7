/** Checks that the architectures of this folder share. */
import { ShapeError, type Tensor } from '@hebb/tensor';
import { between, requireArray, requireInteger, requireTensor, type Check } from '@hebb/tensor/arguments';

/** A check for a size: an integer ≥ 1. */
export const size: Check = (where, name, value) => requireInteger(where, name, value, 1);

/** A check for a list of sizes, which may be empty. */
export const sizes: Check = (where, name, value) => {
  requireArray(where, name, value);
  value.forEach((each, i) => size(where, `${name}[${i}]`, each));
};

export const probability: Check = between(0, 1);

/** What has no default. */
export function requireSizes(where: string, inputs: unknown, hidden: unknown, outputs: unknown): void {
  size(where, 'inputs', inputs);
  sizes(where, 'hidden', hidden);
  size(where, 'outputs', outputs);
}

/** Throws `ShapeError` unless the last axis of x counts so many features. */
export function requireFeatures(where: string, x: Tensor, inputs: number): void {
  requireTensor(where, 'x', x);
  if (x.shape.at(-1) !== inputs) throw new ShapeError(`[${where}] takes features [..., ${inputs}], not ${x}.`);
}
