import { assign, ones, onesLike, ShapeError, zeros, zerosLike, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  orNull,
  requireBoolean,
  requireFinite,
  requireTensor,
  typeNameOf,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { buffer, parameter } from '../module/parameter.ts';

export interface StatisticsOptions {
  /** Added to the variance under the root. Default 1e-5. */
  eps?: number;
  /** Weight of the newest batch in the running statistics; null: the plain average over all batches. Default 0.1. */
  momentum?: number | null;
  /** Whether there is a `weight` and a `bias` to learn. Default true, of instance normalisation false. */
  affine?: boolean;
  /** Whether running statistics are kept; without them evaluation uses the input's own, too. Default true, of instance normalisation false. */
  trackRunningStats?: boolean;
}

export const statisticsOptions: OptionNames<StatisticsOptions> = {
  eps: requireFinite,
  momentum: orNull(requireFinite),
  affine: requireBoolean,
  trackRunningStats: requireBoolean,
};

/**
 * What the normalisations with running statistics share.
 *
 * Parameters: `weight` (1 at first) and `bias` (0), [numFeatures]. Buffers: `running_mean` (0), `running_var` (1), [numFeatures], and
 * `num_batches_tracked`, int32[]. These three fields have PyTorch's spelling because they are its names in a state dict.
 */
export abstract class NormWithStatistics extends Module {
  static override readonly positional: readonly string[] = ['numFeatures'];
  static override readonly options: ModuleOptions = statisticsOptions;

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

  constructor(numFeatures: number, options: StatisticsOptions, byDefault: boolean) {
    super();
    checkOptions(typeNameOf(this), options, statisticsOptions);
    const { eps = 1e-5, momentum = 0.1, affine = byDefault, trackRunningStats = byDefault } = options;
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

  /** Throws {@link ShapeError} unless x has one of these numbers of axes, and the layer's channels on the axis that counts them. */
  protected requireAxes(x: Tensor, axes: string, counts: readonly number[], channelAxis = 1): void {
    requireTensor(typeNameOf(this), 'the input', x);
    const type = typeNameOf(this);
    if (!counts.includes(x.ndim)) throw new ShapeError(`[${type}] takes ${axes}, not ${x}.`);
    if (x.shape[channelAxis] === this.numFeatures) return;
    throw new ShapeError(
      `[${type}] ${x} has ${x.shape[channelAxis]} channels on axis ${channelAxis}; the layer normalises numFeatures = ${this.numFeatures}.`,
      { hint: 'Give the layer as many features as the layer before it has outputs.' },
    );
  }

  override describe(): string {
    return `${super.describe()} ${this.numFeatures}`;
  }
}
