/** Normalisations that may keep running statistics: of a batch, and of each example. */
import { checkOptions, requireBoolean, requireFinite, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import { assign } from '../runtime/cell.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { full } from './creation.ts';
import { reshape } from './movement.ts';
import { floating } from './operands.ts';
import {
  affinePerChannel,
  centered,
  channelsOf,
  inputsOf,
  kept,
  lastAxes,
  perChannel,
  requireShapeOf,
  standardizeDefinition,
  type AffineOptions,
} from './standardize.ts';

export interface RunningOptions extends AffineOptions {
  /** The running mean [C], a variable that training moves. Default: none is kept. */
  runningMean?: Tensor;
  /** The running variance [C], a variable that training moves; given together with the mean. */
  runningVar?: Tensor;
  /** Weight of the newest batch in the running statistics. Default 0.1. */
  momentum?: number | Tensor;
}

/** Moves a running statistic towards that of a batch. */
function moveTowards(running: Tensor, batch: Tensor, momentum: number | Tensor): void {
  assign(running, running.add(batch.sub(running).mul(momentum)));
}

interface Running {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

function runningOf(op: string, options: RunningOptions, channels: number): Running | undefined {
  const { runningMean, runningVar } = options;
  requireShapeOf(op, 'runningMean', runningMean, [channels]);
  requireShapeOf(op, 'runningVar', runningVar, [channels]);
  if ((runningMean === undefined) !== (runningVar === undefined))
    throw new ArgumentError(`[${op}] takes runningMean and runningVar together.`);
  return runningMean === undefined || runningVar === undefined
    ? undefined
    : { mean: runningMean, variance: runningVar };
}

function requireVariables(op: string, { mean, variance }: Running): void {
  for (const statistic of [mean, variance])
    if (!statistic.isVariable)
      throw new ArgumentError(`[${op}] training moves the running statistics; ${statistic} is no variable.`, {
        hint: 'Make one with variable(value) or, in a module, buffer(value).',
      });
}

/** A number, or a tensor of one. */
function momentumOf(op: string, options: RunningOptions): number | Tensor {
  const { momentum = 0.1 } = options;
  if (typeof momentum === 'number') requireFinite(op, 'momentum', momentum);
  else requireTensor(op, 'momentum', momentum);
  return momentum;
}

/** (x − mean) / √(variance + epsilon) · weight + bias with given statistics, per channel (axis 1). */
export const batchNormDefinition: CompositeDefinition<{ epsilon: number }> = {
  name: 'batchNorm',
  body({ epsilon }, x, ...perChannelInputs) {
    const [weight, bias, mean, variance] = perChannelInputs.map((values) => perChannel(values, x)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    return x.sub(mean).mul(variance.add(epsilon).rsqrt().mul(weight)).add(bias);
  },
};

function withStatistics(x: Tensor, { mean, variance }: Running, { weight, bias, eps = 1e-5 }: AffineOptions): Tensor {
  const channels = [x.shape[1] ?? 0];
  const inputs = [x, weight ?? full(channels, 1), bias ?? full(channels, 0), mean, variance];
  return compose(batchNormDefinition, { epsilon: eps }, inputs.map(floating));
}

export interface BatchNormalizationOptions extends RunningOptions {
  /** Whether mean and variance are the batch's; they are, too, where no running statistics are given. Default false. */
  training?: boolean;
}

const batchNormOptions: OptionNames<BatchNormalizationOptions> = {
  weight: true,
  bias: true,
  eps: requireFinite,
  runningMean: true,
  runningVar: true,
  momentum: true,
  training: requireBoolean,
};

/**
 * (x − mean) / √(variance + eps) · weight + bias for x [N, C, …], per channel; float16 of float16, else float32, the shape of x. While training, mean and
 * (biased) variance are those of the batch, and the running statistics move towards them by `momentum`, the variance's towards the unbiased estimate;
 * otherwise they are the running statistics.
 *
 * Ioffe & Szegedy, "Batch Normalization", 2015 (arXiv:1502.03167).
 *
 * Throws {@link ShapeError} for weights and statistics that are not [C], and while training for a single value per channel.
 *
 * ```ts
 * await batchNorm(tensor([[1, 10], [3, 30]]), { training: true }).toArray(); // [[-0.999995, -1], [0.999995, 1]]
 * ```
 */
export function batchNorm(x: Tensor, options: BatchNormalizationOptions = {}): Tensor {
  const channels = channelsOf('batchNorm', x);
  checkOptions('batchNorm', options, batchNormOptions);
  const { weight, bias, eps = 1e-5, training = false } = options;
  requireShapeOf('batchNorm', 'weight', weight, [channels]);
  requireShapeOf('batchNorm', 'bias', bias, [channels]);
  const running = runningOf('batchNorm', options, channels);
  const momentum = momentumOf('batchNorm', options);
  if (!training && running !== undefined) return withStatistics(x, running, options);
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const count = channels === 0 ? 0 : x.size / channels;
  if (training && count < 2) {
    throw new ShapeError(`[batchNorm] while training, more than one value per channel is needed, not ${x}.`, {
      hint: 'Of a last batch of one: leave it out, { dropLast: true }, or take another batch size. For inference call eval().',
    });
  }
  const input = floating(x);
  const difference = centered(input, axes);
  const variance = difference.square().mean(axes, kept);
  if (training && running !== undefined) {
    requireVariables('batchNorm', running);
    moveTowards(running.mean, input.mean(axes).detach(), momentum);
    moveTowards(running.variance, reshape(variance.detach(), [channels]).mul(count / (count - 1)), momentum);
  }
  return affinePerChannel(difference.mul(variance.add(eps).rsqrt()), weight, bias);
}

export interface InstanceNormalizationOptions extends RunningOptions {
  /** Whether mean and variance are those of each example's channel; otherwise the running statistics. Default true. */
  useInputStats?: boolean;
}

const instanceNormOptions: OptionNames<InstanceNormalizationOptions> = {
  weight: true,
  bias: true,
  eps: requireFinite,
  runningMean: true,
  runningVar: true,
  momentum: true,
  useInputStats: requireBoolean,
};

export const instanceNormDefinition: CompositeDefinition<{ eps: number }> = {
  name: 'instanceNorm',
  body({ eps }, x, weight, bias) {
    const axes = lastAxes(x, x.ndim - 2);
    return affinePerChannel(compose(standardizeDefinition, { axes, eps }, [x]), weight, bias);
  },
};

/**
 * (x − mean) / √(variance + eps) · weight + bias for x [N, C, length, …], mean and (biased) variance of each example's channel, weight and bias [C]; float16 of
 * float16, else float32, the shape of x. Running statistics, where they are given, move towards the mean over the examples, and are used in the place of
 * the input's with `useInputStats: false`.
 *
 * Ulyanov, Vedaldi & Lempitsky, "Instance Normalization", 2016 (arXiv:1607.08022).
 *
 * Throws {@link ShapeError} for x without spatial axes or with a single value per channel, {@link ArgumentError} without statistics to use.
 *
 * ```ts
 * await instanceNorm(tensor([[[1, 3], [10, 30]]])).toArray(); // [[[-0.999995, 0.999995], [-1, 1]]]
 * ```
 */
export function instanceNorm(x: Tensor, options: InstanceNormalizationOptions = {}): Tensor {
  const channels = channelsOf('instanceNorm', x, 3);
  checkOptions('instanceNorm', options, instanceNormOptions);
  const { weight, bias, eps = 1e-5, useInputStats = true } = options;
  requireShapeOf('instanceNorm', 'weight', weight, [channels]);
  requireShapeOf('instanceNorm', 'bias', bias, [channels]);
  const running = runningOf('instanceNorm', options, channels);
  const momentum = momentumOf('instanceNorm', options);
  if (!useInputStats) {
    if (running !== undefined) return withStatistics(x, running, options);
    throw new ArgumentError('[instanceNorm] useInputStats is false, and there are no running statistics to use.');
  }
  const count = x.shape.slice(2).reduce((product, extent) => product * extent, 1);
  if (count < 2)
    throw new ShapeError(`[instanceNorm] more than one value per channel of an example is needed, not ${x}.`);
  if (running !== undefined) {
    requireVariables('instanceNorm', running);
    const axes = lastAxes(x, x.ndim - 2);
    const input = floating(x).detach();
    moveTowards(running.mean, input.mean(axes).mean(0), momentum);
    const variance = centered(input, axes).square().mean(axes);
    moveTowards(running.variance, variance.mean(0).mul(count / (count - 1)), momentum);
  }
  return compose(instanceNormDefinition, { eps }, inputsOf(x, weight, bias));
}
