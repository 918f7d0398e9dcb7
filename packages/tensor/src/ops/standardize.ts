/** What the normalisations share: numbers of mean 0 and variance 1, or of mean square 1, over some axes, then a scale and an offset. */
import { requireFinite, type OptionNames } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { CompositeDefinition } from './compose.ts';
import { full } from './creation.ts';
import { reshape, slice } from './movement.ts';
import { floating } from './operands.ts';

type OverAxes = CompositeDefinition<{ axes: readonly number[]; eps: number }>;

/**
 * x − mean over axes. Differences from one element each come first, so that a large mean costs no digits; see `variance`.
 */
export function centered(x: Tensor, axes: readonly number[]): Tensor {
  const origin = slice(
    x,
    [],
    x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)),
  ).detach();
  const shifted = x.sub(origin);
  return shifted.sub(shifted.mean(axes, { keepDims: true }));
}

export const kept = { keepDims: true } as const;

/** (x − mean) / √(variance + eps) over axes. */
export const standardizeDefinition: OverAxes = {
  name: 'standardize',
  body({ axes, eps }, x) {
    const difference = centered(x, axes);
    return difference.mul(difference.square().mean(axes, kept).add(eps).rsqrt());
  },
  // With y the result: (g − mean g − y · mean(g · y)) / √(variance + eps).
  gradient({ axes, eps }, g, y, x) {
    const scale = centered(x, axes).square().mean(axes, kept).add(eps).rsqrt();
    return [
      g
        .sub(g.mean(axes, kept))
        .sub(y.mul(g.mul(y).mean(axes, kept)))
        .mul(scale),
    ];
  },
};

/** x / √(mean(x²) + eps) over axes. */
export const scaleToUnitDefinition: OverAxes = {
  name: 'scaleToUnit',
  body: ({ axes, eps }, x) => x.mul(x.square().mean(axes, kept).add(eps).rsqrt()),
  gradient({ axes, eps }, g, y, x) {
    const scale = x.square().mean(axes, kept).add(eps).rsqrt();
    return [g.sub(y.mul(g.mul(y).mean(axes, kept))).mul(scale)];
  },
};

/** Normalised, times weight plus bias where they are there. */
export function affine(x: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  const scaled = weight === undefined ? x : x.mul(weight);
  return bias === undefined ? scaled : scaled.add(bias);
}

/** [C] in a shape that broadcasts along axis 1 of x. */
export const perChannel = (values: Tensor, x: Tensor): Tensor =>
  reshape(values, [values.size, ...x.shape.slice(2).map(() => 1)]);

/** x with a weight and a bias for each channel (axis 1). */
export function affinePerChannel(x: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  return affine(x, weight && perChannel(weight, x), bias && perChannel(bias, x));
}

export const lastAxes = (x: Tensor, count: number): number[] =>
  Array.from({ length: count }, (_, i) => x.ndim - count + i);

/** What is normalised, with a weight and a bias where there are any; a bias alone comes with a weight of ones. */
export function inputsOf(x: Tensor, weight: Tensor | undefined, bias?: Tensor): Tensor[] {
  const scale = weight ?? (bias && full(bias.shape, 1));
  return [x, scale, bias].filter((input) => input !== undefined).map(floating);
}

/** Throws unless `value`, an optional tensor among the options, has that shape. */
export function requireShapeOf(
  op: string,
  name: string,
  value: Tensor | undefined,
  shape: readonly number[],
): asserts value is Tensor | undefined {
  if (value === undefined) return;
  requireTensor(op, name, value);
  if (value.ndim !== shape.length || value.shape.some((extent, axis) => extent !== shape[axis]))
    throw new ShapeError(`[${op}] ${name} has the shape [${shape.join(', ')}], not ${value}.`);
}

export interface AffineOptions {
  /** What is multiplied, in the shape that the function says. Default: nothing. */
  weight?: Tensor;
  /** What is added, in the same shape. Default: nothing. */
  bias?: Tensor;
  /** Added to the variance under the root. Default 1e-5. */
  eps?: number;
}

export const affineOptions: OptionNames<AffineOptions> = { weight: true, bias: true, eps: requireFinite };

/** The number of channels, on axis 1. Throws {@link ShapeError} for x without such an axis. */
export function channelsOf(op: string, x: Tensor, atLeast = 2): number {
  requireTensor(op, 'x', x);
  const channels = x.shape[1];
  if (channels === undefined || x.ndim < atLeast)
    throw new ShapeError(`[${op}] takes [batch, channels${atLeast > 2 ? ', length, …' : ', …'}], not ${x}.`);
  return channels;
}
