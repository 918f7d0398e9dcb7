/** Activation functions that are straight lines, with bends. At a bend the gradient is that of PyTorch. */
import { checkOptions, requireBoolean, requireFinite, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { broadcastTo, reshape } from './movement.ts';
import { floating, floats, inFloat32 } from './operands.ts';
import { requireGenerator, uniform, type RandomOptions } from './random.ts';

export interface LeakyReluOptions {
  /** Slope for x ≤ 0. Default 0.01. */
  negativeSlope?: number;
}

const leakyReluOptions: OptionNames<LeakyReluOptions> = { negativeSlope: requireFinite };

export const leakyReluDefinition: CompositeDefinition<{ slope: number }> = {
  name: 'leakyRelu',
  body: ({ slope }, x) => where(x.greater(0), x, x.mul(slope)),
};

/**
 * x where x > 0, else slope · x; float16 of float16, else float32, the shape of x. The gradient at 0 is the slope.
 *
 * Maas, Hannun & Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", 2013.
 *
 * ```ts
 * await leakyRelu(tensor([-2, 3]), { negativeSlope: 0.1 }).toArray(); // [-0.2, 3]
 * ```
 */
export function leakyRelu(x: Operand, options: LeakyReluOptions = {}): Tensor {
  checkOptions('leakyRelu', options, leakyReluOptions);
  const { negativeSlope = 0.01 } = options;
  return compose(leakyReluDefinition, { slope: negativeSlope }, floats('leakyRelu', [x]));
}

export const preluDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'prelu',
  body: (_, x, weight) => where(x.greater(0), x, x.mul(weight)),
  // Where x > 0 nothing goes to the weight, also where x is infinite.
  gradient: (_, g, _y, x, weight) => [
    where(x.greater(0), g, g.mul(weight)),
    where(x.greater(0), 0, g).mul(where(x.greater(0), 0, x)),
  ],
};

/**
 * x where x > 0, else weight · x, with one learned slope for all of x, or one for each channel (axis 1); float16 of float16, else float32, the shape of x.
 *
 * He et al., "Delving Deep into Rectifiers", 2015 (arXiv:1502.01852).
 *
 * @param weight - [] or [1], or [C] for x [N, C, …]
 *
 * Throws {@link ShapeError} for other weights.
 *
 * ```ts
 * await prelu(tensor([[-2, -2], [3, 3]]), tensor([0.1, 0.5])).toArray(); // [[-0.2, -1], [3, 3]]
 * ```
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  requireTensor('prelu', 'x', x);
  requireTensor('prelu', 'the weight', weight);
  const channels = x.ndim > 1 ? x.shape[1] : 1;
  if (weight.ndim > 1 || (weight.size !== 1 && weight.size !== channels)) {
    throw new ShapeError(`[prelu] the weight ${weight} has one slope, or as many as ${x} has channels on axis 1.`);
  }
  const perChannel =
    weight.size === 1 ? reshape(weight, []) : reshape(weight, [weight.size, ...x.shape.slice(2).map(() => 1)]);
  const slopes = broadcastTo(perChannel, x.shape);
  return compose(preluDefinition, {}, [floating(x), floating(slopes)]);
}

export interface RReluOptions extends RandomOptions {
  /** The smallest slope. Default 1/8. */
  lower?: number;
  /** The largest slope. Default 1/3. */
  upper?: number;
  /** Whether slopes are drawn; otherwise all are (lower + upper) / 2. Default false. */
  training?: boolean;
}

const rreluOptions: OptionNames<RReluOptions> = {
  lower: requireFinite,
  upper: requireFinite,
  training: requireBoolean,
  generator: requireGenerator,
};

/**
 * x where x > 0, else slope · x; while training the slope of each element is drawn uniformly from lower … upper, otherwise it is their mean; float16 of
 * float16, else float32, the shape of x.
 *
 * Xu et al., "Empirical Evaluation of Rectified Activations in Convolutional Network", 2015 (arXiv:1505.00853).
 *
 * Throws {@link ArgumentError} for lower > upper.
 *
 * ```ts
 * await rrelu(tensor([-3, 3]), { lower: 0.1, upper: 0.3 }).toArray(); // [-0.6, 3]
 * ```
 */
export function rrelu(x: Tensor, options: RReluOptions = {}): Tensor {
  requireTensor('rrelu', 'x', x);
  checkOptions('rrelu', options, rreluOptions);
  const { lower = 1 / 8, upper = 1 / 3, training = false, ...random } = options;
  if (lower > upper) throw new ArgumentError(`[rrelu] lower must be at most upper, not ${lower} and ${upper}.`);
  if (!training) return leakyRelu(x, { negativeSlope: (lower + upper) / 2 });
  const slopes = uniform(x.shape, lower, upper, random);
  return inFloat32(x, (wide) => where(wide.lessEqual(0), wide.mul(slopes), wide));
}

export interface HardtanhOptions {
  /** The smallest result. Default −1. */
  minValue?: number;
  /** The largest result. Default 1. */
  maxValue?: number;
}

const hardtanhOptions: OptionNames<HardtanhOptions> = { minValue: requireFinite, maxValue: requireFinite };

export const hardtanhDefinition: CompositeDefinition<{ low: number; high: number }> = {
  name: 'hardtanh',
  body: ({ low, high }, x) => x.clamp(low, high),
  // At the bounds it is 0; that of a clamp is 1 there.
  gradient: ({ low, high }, g, _y, x) => [where(x.lessEqual(low).or(x.greaterEqual(high)), 0, g)],
};

/**
 * min(max(x, minValue), maxValue); float16 of float16, else float32, the shape of x. The gradient at the bounds is 0.
 *
 * Throws {@link ArgumentError} unless minValue < maxValue.
 *
 * ```ts
 * await hardtanh(tensor([-2, 0.5, 3])).toArray(); // [-1, 0.5, 1]
 * ```
 */
export function hardtanh(x: Operand, options: HardtanhOptions = {}): Tensor {
  checkOptions('hardtanh', options, hardtanhOptions);
  const { minValue = -1, maxValue = 1 } = options;
  if (!(minValue < maxValue))
    throw new ArgumentError(`[hardtanh] minValue must be less than maxValue, not ${minValue} and ${maxValue}.`);
  return compose(hardtanhDefinition, { low: minValue, high: maxValue }, floats('hardtanh', [x]));
}

/**
 * min(max(x, 0), 6); float16 of float16, else float32, the shape of x. The gradient at 0 and 6 is 0.
 *
 * Krizhevsky, "Convolutional Deep Belief Networks on CIFAR-10", 2010.
 *
 * ```ts
 * await relu6(tensor([-1, 5, 7])).toArray(); // [0, 5, 6]
 * ```
 */
export function relu6(x: Operand): Tensor {
  return compose(hardtanhDefinition, { low: 0, high: 6 }, floats('relu6', [x]));
}

const thresholdDefinition: CompositeDefinition<{ threshold: number; value: number }> = {
  name: 'threshold',
  body: ({ threshold, value }, x) => where(x.lessEqual(threshold), value, x),
};

/**
 * x where x > threshold, else value; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await threshold(tensor([0, 1, 2]), 1, -5).toArray(); // [-5, -5, 2]
 * ```
 */
export function threshold(x: Operand, limit: number, value: number): Tensor {
  requireFinite('threshold', 'limit', limit);
  requireFinite('threshold', 'value', value);
  return compose(thresholdDefinition, { threshold: limit, value }, floats('threshold', [x]));
}

export interface ShrinkOptions {
  /** Half the width of the interval around 0 that becomes 0, λ. Default 0.5. */
  lambda?: number;
}

const shrinkOptions: OptionNames<ShrinkOptions> = { lambda: requireFinite };

function lambdaOf(op: string, options: ShrinkOptions): number {
  checkOptions(op, options, shrinkOptions);
  const { lambda = 0.5 } = options;
  if (lambda < 0) throw new ArgumentError(`[${op}] lambda must not be negative, not ${lambda}.`);
  return lambda;
}

const hardshrinkDefinition: CompositeDefinition<{ lambda: number }> = {
  name: 'hardshrink',
  body: ({ lambda }, x) => where(x.abs().lessEqual(lambda), 0, x),
};

/**
 * 0 where |x| ≤ λ, else x; float16 of float16, else float32, the shape of x.
 *
 * Throws {@link ArgumentError} for a negative λ.
 *
 * ```ts
 * await hardshrink(tensor([-1, 0.5, 2])).toArray(); // [-1, 0, 2]
 * ```
 */
export function hardshrink(x: Operand, options: ShrinkOptions = {}): Tensor {
  return compose(hardshrinkDefinition, { lambda: lambdaOf('hardshrink', options) }, floats('hardshrink', [x]));
}

const softshrinkDefinition: CompositeDefinition<{ lambda: number }> = {
  name: 'softshrink',
  body: ({ lambda }, x) => x.sub(x.clamp(-lambda, lambda)),
  gradient: ({ lambda }, g, _y, x) => [where(x.abs().lessEqual(lambda), 0, g)],
};

/**
 * x − λ where x > λ, x + λ where x < −λ, else 0; float16 of float16, else float32, the shape of x. (NaN of NaN, where PyTorch's older versions give 0.)
 *
 * Throws {@link ArgumentError} for a negative λ.
 *
 * ```ts
 * await softshrink(tensor([-1, 0.5, 2])).toArray(); // [-0.5, 0, 1.5]
 * ```
 */
export function softshrink(x: Operand, options: ShrinkOptions = {}): Tensor {
  return compose(softshrinkDefinition, { lambda: lambdaOf('softshrink', options) }, floats('softshrink', [x]));
}
