import { oneOf, requireFinite, type Check } from '@hebb/tensor/arguments';

/** What comes after a weight. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'convTranspose1d'
  | 'convTranspose2d'
  | 'convTranspose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leakyRelu'
  | 'selu';

const gains: Readonly<Record<Nonlinearity, (slope: number) => number>> = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  conv3d: () => 1,
  convTranspose1d: () => 1,
  convTranspose2d: () => 1,
  convTranspose3d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (slope) => Math.sqrt(2 / (1 + slope * slope)),
  selu: () => 3 / 4,
};

export const requireNonlinearity: Check = oneOf(...Object.keys(gains));

/**
 * By how much larger weights have to be for what comes after them, so that the variance stays what it is, PyTorch's numbers: 1 of linear maps, convolutions
 * and the sigmoid, 5/3 of tanh, √2 of relu, √(2 / (1 + slope²)) of leakyRelu, 3/4 of selu.
 *
 * @param slope - of leakyRelu, below 0. Default 0.01.
 *
 * Throws {@link ArgumentError} for another name.
 *
 * ```ts
 * calculateGain('tanh'); // 1.6666667
 * ```
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  requireNonlinearity('calculateGain', 'nonlinearity', nonlinearity);
  requireFinite('calculateGain', 'slope', slope);
  return gains[nonlinearity](slope);
}
