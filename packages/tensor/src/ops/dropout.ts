/** Functions that drop elements, channels or examples at random while a model trains. Without training they are x itself. */
import { checkOptions, describe, requireBoolean, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { seluAlpha, seluScale } from './exponential-units.ts';
import { floating, inFloat32 } from './operands.ts';
import { bernoulli, requireGenerator, type RandomOptions } from './random.ts';

export interface DropoutOptions extends RandomOptions {
  /** Probability of being dropped, 0 … 1. Default 0.5. */
  probability?: number;
  /** Default true. */
  training?: boolean;
}

function requireProbability(op: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1))
    throw new ArgumentError(`[${op}] ${name} must lie in 0 … 1, not ${describe(value)}.`);
}

const dropoutOptions: OptionNames<DropoutOptions> = {
  probability: requireProbability,
  training: requireBoolean,
  generator: requireGenerator,
};

/** What of x goes, 0 … 1, and what the draw takes; undefined where nothing does. */
function read(
  op: string,
  x: Tensor,
  options: DropoutOptions,
): { probability: number; random: RandomOptions } | undefined {
  requireTensor(op, 'x', x);
  checkOptions(op, options, dropoutOptions);
  const { probability = 0.5, training = true, ...random } = options;
  return training && probability > 0 ? { probability, random } : undefined;
}

/** 0 where a draw of `maskShape` says so, otherwise times 1 / (1 − probability). */
function dropped(op: string, x: Tensor, options: DropoutOptions, maskShape: readonly number[]): Tensor {
  const given = read(op, x, options);
  if (given === undefined) return x;
  const { probability, random } = given;
  if (probability === 1) return floating(x).mul(0);
  const mask = bernoulli(maskShape, 1 - probability, random);
  return inFloat32(x, (wide) => where(mask, wide.mul(1 / (1 - probability)), 0));
}

/**
 * While training, each element is 0 with the given probability and otherwise multiplied by 1 / (1 − probability), so that its expectation stays the same;
 * float16 of float16, else float32, the shape of x. Otherwise x itself, as of all functions here.
 *
 * Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.
 *
 * Throws {@link ArgumentError} where the probability does not lie in 0 … 1.
 *
 * ```ts
 * const x = ones([1000]);
 * const share = await dropout(x, { probability: 0.25 }).equal(0).mean().item();
 * Math.abs(share - 0.25) < 0.1; // true
 * ```
 */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  requireTensor('dropout', 'x', x);
  return dropped('dropout', x, options, x.shape);
}

/** Whole channels: the first two axes of a batch, the first one of an example. */
function channelMask(op: string, x: Tensor, batches: readonly number[], examples: readonly number[]): number[] {
  requireTensor(op, 'x', x);
  const kept = batches.includes(x.ndim) ? 2 : examples.includes(x.ndim) ? 1 : 0;
  if (kept === 0) {
    const known = [...batches, ...examples].sort((a, b) => a - b);
    throw new ShapeError(`[${op}] takes ${known.join(' or ')} axes, not ${x}.`);
  }
  return x.shape.map((extent, axis) => (axis < kept ? extent : 1));
}

/**
 * While training, whole channels of sequences [N, C, L] or [C, L] are 0 with the given probability, the others multiplied by 1 / (1 − probability).
 *
 * Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015 (arXiv:1411.4280).
 *
 * Throws {@link ShapeError} for other numbers of axes.
 *
 * ```ts
 * dropout1d(ones([2, 3, 5])).shape; // [2, 3, 5]
 * ```
 */
export function dropout1d(x: Tensor, options: DropoutOptions = {}): Tensor {
  return dropped('dropout1d', x, options, channelMask('dropout1d', x, [3], [2]));
}

/**
 * As {@link dropout1d}, of images [N, C, h, w], or [N, C, L] as in PyTorch.
 *
 * ```ts
 * dropout2d(ones([2, 3, 4, 4])).shape; // [2, 3, 4, 4]
 * ```
 */
export function dropout2d(x: Tensor, options: DropoutOptions = {}): Tensor {
  return dropped('dropout2d', x, options, channelMask('dropout2d', x, [3, 4], []));
}

/**
 * As {@link dropout1d}, of volumes [N, C, d, h, w] or [C, d, h, w].
 *
 * ```ts
 * dropout3d(ones([2, 3, 2, 2, 2])).shape; // [2, 3, 2, 2, 2]
 * ```
 */
export function dropout3d(x: Tensor, options: DropoutOptions = {}): Tensor {
  return dropped('dropout3d', x, options, channelMask('dropout3d', x, [5], [4]));
}

/** What the selu tends to far below 0: that is what is dropped to. */
const saturation = -seluAlpha * seluScale;

function alphaDropped(op: string, x: Tensor, options: DropoutOptions, maskShape: readonly number[]): Tensor {
  const given = read(op, x, options);
  if (given === undefined) return x;
  const { probability: p, random } = given;
  if (p === 1) return floating(x).mul(0);
  // Scale and offset that bring mean 0 and variance 1 back.
  const scale = 1 / Math.sqrt((1 - p) * (1 + p * saturation ** 2));
  const mask = bernoulli(maskShape, 1 - p, random);
  return inFloat32(x, (wide) => where(mask, wide.mul(scale), scale * saturation).sub(scale * p * saturation));
}

/**
 * While training, each element is −1.7581, what the {@link selu} tends to far below 0, with the given probability; then all are scaled and shifted so that mean 0
 * and variance 1 stay what they are. Float16 of float16, else float32, the shape of x.
 *
 * Klambauer et al., "Self-Normalizing Neural Networks", 2017 (arXiv:1706.02515).
 *
 * ```ts
 * Math.abs(await alphaDropout(randn([10_000])).mean().item()) < 0.1; // true
 * ```
 */
export function alphaDropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  requireTensor('alphaDropout', 'x', x);
  return alphaDropped('alphaDropout', x, options, x.shape);
}

/**
 * {@link alphaDropout} of whole channels of [N, C, …].
 *
 * Throws {@link ShapeError} for less than two axes.
 *
 * ```ts
 * featureAlphaDropout(ones([2, 3, 4])).shape; // [2, 3, 4]
 * ```
 */
export function featureAlphaDropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  requireTensor('featureAlphaDropout', 'x', x);
  if (x.ndim < 2) throw new ShapeError(`[featureAlphaDropout] takes [batch, channels, …], not ${x}.`);
  const mask = x.shape.map((extent, axis) => (axis < 2 ? extent : 1));
  return alphaDropped('featureAlphaDropout', x, options, mask);
}

/**
 * Stochastic depth: while training, whole examples (axis 0) are 0 with the given probability, the others multiplied by 1 / (1 − probability). On the branch
 * of a residual connection that leaves out the branch. Float16 of float16, else float32, the shape of x.
 *
 * Huang et al., "Deep Networks with Stochastic Depth", 2016 (arXiv:1603.09382).
 *
 * Throws {@link ShapeError} for x without axes.
 *
 * ```ts
 * dropPath(ones([4, 3]), { probability: 0.1 }).shape; // [4, 3]
 * ```
 */
export function dropPath(x: Tensor, options: DropoutOptions = {}): Tensor {
  requireTensor('dropPath', 'x', x);
  if (x.ndim === 0) throw new ShapeError(`[dropPath] takes [batch, …], not ${x}.`);
  const mask = x.shape.map((extent, axis) => (axis === 0 ? extent : 1));
  return dropped('dropPath', x, options, mask);
}
