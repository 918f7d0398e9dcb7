/** Normalisation by neighbouring channels. */
import { checkOptions, requireFinite, requireInteger, type OptionNames } from '../arguments/index.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { narrow } from './movement.ts';
import { floating } from './operands.ts';
import { pad } from './padding.ts';
import { channelsOf } from './standardize.ts';

export interface LocalResponseNormOptions {
  /** Factor of the mean square. Default 1e-4. */
  alpha?: number;
  /** Exponent. Default 0.75. */
  beta?: number;
  /** Added. Default 1. */
  k?: number;
}

const localResponseNormOptions: OptionNames<LocalResponseNormOptions> = {
  alpha: requireFinite,
  beta: requireFinite,
  k: requireFinite,
};

export const localResponseNormDefinition: CompositeDefinition<{
  size: number;
  alpha: number;
  beta: number;
  k: number;
}> = {
  name: 'localResponseNorm',
  body({ size, alpha, beta, k }, x) {
    const [, channels = 0] = x.shape;
    const low = Math.floor(size / 2);
    const padding = x.shape.map((_, axis) => (axis === 1 ? ([low, size - 1 - low] as const) : ([0, 0] as const)));
    const squares = pad(x.square(), padding);
    let sum = narrow(squares, 1, 0, channels);
    for (let i = 1; i < size; i++) sum = sum.add(narrow(squares, 1, i, channels));
    return x.div(
      sum
        .mul(alpha / size)
        .add(k)
        .pow(beta),
    );
  },
};

/**
 * x / (k + alpha · mean x²)^beta for x [N, C, …], the mean over `size` neighbouring channels, with zeros beyond the ends; float16 of float16, else float32, the
 * shape of x.
 *
 * Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012.
 *
 * Throws {@link ShapeError} for less than three axes.
 *
 * ```ts
 * await localResponseNorm(tensor([[[1], [2]]]), 2, { alpha: 1, beta: 1 }).toArray(); // [[[0.6666667], [0.5714286]]]
 * ```
 */
export function localResponseNorm(x: Tensor, size: number, options: LocalResponseNormOptions = {}): Tensor {
  channelsOf('localResponseNorm', x, 3);
  requireInteger('localResponseNorm', 'size', size, 1, 1024);
  checkOptions('localResponseNorm', options, localResponseNormOptions);
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  return compose(localResponseNormDefinition, { size, alpha, beta, k }, [floating(x)]);
}
