/** Normalisation over the last axes: by mean and variance, or by the mean square. */
import { checkOptions, requireArray, requireFinite, requireInteger, type OptionNames } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import {
  affine,
  affineOptions,
  inputsOf,
  lastAxes,
  requireShapeOf,
  scaleToUnitDefinition,
  standardizeDefinition,
  type AffineOptions,
} from './standardize.ts';

/** The extents that are normalised, which x ends in. */
function normalizedShapeOf(op: string, x: Tensor, shape: number | readonly number[]): readonly number[] {
  requireTensor(op, 'x', x);
  if (typeof shape !== 'number') requireArray(op, 'the normalised shape', shape);
  const extents = typeof shape === 'number' ? [shape] : shape;
  for (const extent of extents) requireInteger(op, 'an extent of the normalised shape', extent, 1);
  const last = x.shape.slice(x.ndim - extents.length);
  if (extents.length === 0 || extents.length > x.ndim || extents.some((extent, i) => extent !== last[i]))
    throw new ShapeError(`[${op}] normalises the last axes [${extents.join(', ')}]; ${x} does not end in them.`);
  return extents;
}

export const layerNormDefinition: CompositeDefinition<{ count: number; eps: number }> = {
  name: 'layerNorm',
  body: ({ count, eps }, x, weight, bias) =>
    affine(compose(standardizeDefinition, { axes: lastAxes(x, count), eps }, [x]), weight, bias),
};

/**
 * (x − mean) / √(variance + eps) · weight + bias, mean and (biased) variance over the last axes, whose extents are `shape`; float16 of float16, else
 * float32, the shape of x. Weight and bias have the shape `shape`.
 *
 * Ba, Kiros & Hinton, "Layer Normalization", 2016 (arXiv:1607.06450).
 *
 * Throws {@link ShapeError} where x does not end in that shape.
 *
 * ```ts
 * await layerNorm(tensor([[1, 3], [2, 2]]), 2).toArray(); // [[-0.999995, 0.999995], [0, 0]]
 * ```
 */
export function layerNorm(x: Tensor, shape: number | readonly number[], options: AffineOptions = {}): Tensor {
  const extents = normalizedShapeOf('layerNorm', x, shape);
  checkOptions('layerNorm', options, affineOptions);
  const { weight, bias, eps = 1e-5 } = options;
  requireShapeOf('layerNorm', 'weight', weight, extents);
  requireShapeOf('layerNorm', 'bias', bias, extents);
  return compose(layerNormDefinition, { count: extents.length, eps }, inputsOf(x, weight, bias));
}

export type RmsNormOptions = Omit<AffineOptions, 'bias'>;

const rmsNormOptions: OptionNames<RmsNormOptions> = { weight: true, eps: requireFinite };

export const rmsNormDefinition: CompositeDefinition<{ count: number; eps: number }> = {
  name: 'rmsNorm',
  body: ({ count, eps }, x, weight) =>
    affine(compose(scaleToUnitDefinition, { axes: lastAxes(x, count), eps }, [x]), weight, undefined),
};

/** The distance from 1 to the next number of float32, PyTorch's default. */
const floatEpsilon = 2 ** -23;

/**
 * x / √(mean(x²) + eps) · weight, the mean over the last axes, whose extents are `shape`; float16 of float16, else float32, the shape of x. The weight has
 * the shape `shape`; eps is 2⁻²³ by default.
 *
 * Zhang & Sennrich, "Root Mean Square Layer Normalization", 2019 (arXiv:1910.07467).
 *
 * Throws {@link ShapeError} where x does not end in that shape.
 *
 * ```ts
 * await rmsNorm(tensor([3, 4]), 2).toArray(); // [0.848528, 1.131371]
 * ```
 */
export function rmsNorm(x: Tensor, shape: number | readonly number[], options: RmsNormOptions = {}): Tensor {
  const extents = normalizedShapeOf('rmsNorm', x, shape);
  checkOptions('rmsNorm', options, rmsNormOptions);
  const { weight, eps = floatEpsilon } = options;
  requireShapeOf('rmsNorm', 'weight', weight, extents);
  return compose(rmsNormDefinition, { count: extents.length, eps }, inputsOf(x, weight));
}
