import {
  assign,
  composite,
  ones,
  onesLike,
  ShapeError,
  zeros,
  zerosLike,
  type CompositeDefinition,
  type Tensor,
} from '@hebb/tensor';
import {
  checkOptions,
  orNull,
  requireBoolean,
  requireFinite,
  requireTensor,
  type OptionNames,
  typeNameOf,
} from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { buffer, parameter } from '../module/parameter.ts';

export interface BatchNormOptions {
  /** Added to the variance under the root. Default 1e-5. */
  eps?: number;
  /** Weight of the newest batch in the running statistics; null: the plain average over all batches. Default 0.1. */
  momentum?: number | null;
  /** Whether there is a `weight` and a `bias` to learn. Default true. */
  affine?: boolean;
  /** Whether running statistics are kept; without them evaluation uses the batch's own, too. Default true. */
  trackRunningStats?: boolean;
}

/** (x − mean) / √(variance + epsilon) · weight + bias with given statistics, per channel (axis 1). */
export const batchNorm: CompositeDefinition<{ epsilon: number }> = {
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

export const batchNormOptions: OptionNames<BatchNormOptions> = {
  eps: requireFinite,
  momentum: orNull(requireFinite),
  affine: requireBoolean,
  trackRunningStats: requireBoolean,
};

/**
 * What the batch normalisations share: y = (x − mean) / √(variance + eps) · weight + bias, per channel (axis 1) (Ioffe & Szegedy 2015,
 * arXiv:1502.03167).
 *
 * While training, mean and (biased) variance are those of the batch, and the running statistics move towards them by `momentum`, the
 * variance's towards the unbiased estimate. In evaluation mode mean and variance are the running statistics.
 *
 * Parameters: `weight` (1 at first) and `bias` (0), [numFeatures]. Buffers: `running_mean` (0), `running_var` (1), [numFeatures], and
 * `num_batches_tracked`, int32[]. These three fields have PyTorch's spelling because they are its names in a state dict.
 */
export abstract class BatchNorm extends Module {
  static override readonly positional: readonly string[] = ['numFeatures'];
  static override readonly options: ModuleOptions = batchNormOptions;

  readonly numFeatures: number;
  readonly eps: number;
  /** May be changed; compiled functions follow. */
  momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Tensor | undefined;
  bias: Tensor | undefined;
  running_mean: Tensor | undefined;
  running_var: Tensor | undefined;
  num_batches_tracked: Tensor | undefined;

  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super();
    checkOptions(typeNameOf(this), options, batchNormOptions);
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    requirePositiveIntegers(typeNameOf(this), { numFeatures });
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    this.weight = affine ? parameter(ones([numFeatures])) : undefined;
    this.bias = affine ? parameter(zeros([numFeatures])) : undefined;
    this.running_mean = trackRunningStats ? buffer(zeros([numFeatures])) : undefined;
    this.running_var = trackRunningStats ? buffer(ones([numFeatures])) : undefined;
    this.num_batches_tracked = trackRunningStats ? buffer(zeros([], { dtype: 'int32' })) : undefined;
  }

  /** Begins the running statistics anew: mean 0, variance 1, no batch so far. */
  resetRunningStats(): void {
    const { running_mean: mean, running_var: variance, num_batches_tracked: tracked } = this;
    if (mean === undefined || variance === undefined || tracked === undefined) return;
    assign(mean, zerosLike(mean));
    assign(variance, onesLike(variance));
    assign(tracked, zerosLike(tracked));
  }

  /** What is wrong with the input's axes, if anything. */
  protected abstract requireAxes(x: Tensor): void;

  forward(x: Tensor): Tensor {
    requireTensor(typeNameOf(this), 'the input', x);
    this.requireAxes(x);
    if (x.shape[1] !== this.numFeatures) {
      throw new ShapeError(
        `[batchNorm] ${x} has ${x.shape[1]} channels on axis 1; the layer normalises numFeatures = ${this.numFeatures}.`,
        { hint: 'Give the layer as many features as the layer before it has outputs.' },
      );
    }
    const { running_mean: mean, running_var: variance } = this;
    const { training } = this;
    return training || mean === undefined || variance === undefined
      ? this.#withBatchStatistics(x, training)
      : this.#withStatistics(x, mean, variance);
  }

  #withBatchStatistics(x: Tensor, training: boolean): Tensor {
    const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
    const count = x.size / this.numFeatures;
    if (training && count < 2) {
      throw new ShapeError(`[batchNorm] while training, more than one value per channel is needed, not ${x}.`, {
        hint: 'Of a last batch of one: leave it out, { dropLast: true }, or take another batch size. For inference call eval().',
      });
    }
    // Differences from one element of each channel, so that a large mean costs no digits of the variance; see `variance` of @hebb/tensor.
    const origin = x
      .slice(
        [],
        x.shape.map((n, axis) => (axis === 1 ? n : 1)),
      )
      .detach();
    const shifted = x.sub(origin);
    const centered = shifted.sub(shifted.mean(axes, { keepDims: true }));
    const variance = centered.square().mean(axes, { keepDims: true });
    if (training)
      this.#track(
        x.mean(axes).detach(),
        variance
          .detach()
          .reshape([this.numFeatures])
          .mul(count / (count - 1)),
      );
    const normalised = centered.mul(variance.add(this.eps).rsqrt());
    const { weight, bias } = this;
    return weight === undefined || bias === undefined
      ? normalised
      : normalised.mul(perChannel(weight, x)).add(perChannel(bias, x));
  }

  /** Moves the running statistics towards those of a batch. */
  #track(mean: Tensor, unbiasedVariance: Tensor): void {
    const { momentum, running_mean: runningMean, running_var: runningVariance, num_batches_tracked: tracked } = this;
    if (runningMean === undefined || runningVariance === undefined || tracked === undefined) return;
    const batches = tracked.add(1);
    const share = momentum ?? batches.to('float32').reciprocal();
    for (const [running, batch] of [
      [runningMean, mean],
      [runningVariance, unbiasedVariance],
    ] as const) {
      assign(running, running.add(batch.sub(running).mul(share)));
    }
    assign(tracked, batches);
  }

  #withStatistics(x: Tensor, mean: Tensor, variance: Tensor): Tensor {
    const weight = this.weight ?? ones([this.numFeatures]);
    const bias = this.bias ?? zeros([this.numFeatures]);
    return composite(batchNorm, { epsilon: this.eps }, [x, weight, bias, mean, variance]);
  }

  override describe(): string {
    return `${super.describe()} ${this.numFeatures}`;
  }
}

/** [C] in a shape that broadcasts along axis 1 of x. */
function perChannel(values: Tensor, x: Tensor): Tensor {
  return values.reshape([values.size, ...x.shape.slice(2).map(() => 1)]);
}

/**
 * Batch normalisation of images: [batch, numFeatures, h, w], shape kept; see {@link BatchNorm} for the formula.
 *
 * Throws {@link ShapeError} for other shapes, and while training for a single value per channel.
 */
export class BatchNorm2d extends BatchNorm {
  static override readonly type: string = 'BatchNorm2d';

  protected requireAxes(x: Tensor): void {
    if (x.ndim !== 4) throw new ShapeError(`[batchNorm] BatchNorm2d takes [batch, channels, height, width], not ${x}.`);
  }
}

/** Batch normalisation of vectors or sequences: [batch, numFeatures] or [batch, numFeatures, length], shape kept. */
export class BatchNorm1d extends BatchNorm {
  static override readonly type: string = 'BatchNorm1d';

  protected requireAxes(x: Tensor): void {
    if (x.ndim !== 2 && x.ndim !== 3)
      throw new ShapeError(`[batchNorm] BatchNorm1d takes [batch, channels] or [batch, channels, length], not ${x}.`);
  }
}
