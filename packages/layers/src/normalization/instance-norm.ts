import { instanceNorm, type Tensor } from '@hebb/tensor';
import { NormWithStatistics, type StatisticsOptions } from './with-statistics.ts';

export type InstanceNormOptions = StatisticsOptions;

/** What the instance normalisations share: the input may come without its batch axis. */
abstract class InstanceNorm extends NormWithStatistics {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super(numFeatures, options, false);
  }

  /** The axes after the channels, by name. */
  protected abstract readonly spatial: readonly string[];

  forward(x: Tensor): Tensor {
    const count = this.spatial.length;
    const axes = ['channels', ...this.spatial].join(', ');
    const isBatch = (x as Tensor | undefined)?.ndim !== count + 1;
    this.requireAxes(x, `[batch, ${axes}] or [${axes}]`, [count + 1, count + 2], isBatch ? 1 : 0);
    if (!isBatch) return this.#normalise(x.unsqueeze(0)).squeeze(0);
    return this.#normalise(x);
  }

  #normalise(x: Tensor): Tensor {
    const { weight, bias, eps, training, momentum } = this;
    const { running_mean: runningMean, running_var: runningVar } = this;
    const affine = { eps, ...(weight && { weight }), ...(bias && { bias }) };
    if (runningMean === undefined || runningVar === undefined) return instanceNorm(x, affine);
    // Without a momentum PyTorch's instance normalisation does not move its statistics.
    return instanceNorm(x, { ...affine, runningMean, runningVar, momentum: momentum ?? 0, useInputStats: training });
  }
}

/**
 * Instance normalisation of sequences: y = (x − mean) / √(variance + eps) · weight + bias, mean and (biased) variance of each example's channel (Ulyanov,
 * Vedaldi & Lempitsky 2016, arXiv:1607.08022). With `trackRunningStats` the running statistics move towards the mean over the examples while training, and
 * are used in evaluation mode.
 *
 * Shape: x [batch, numFeatures, length] or [numFeatures, length], kept. Parameters with `affine: true`: `weight` (1 at first) and `bias` (0), [numFeatures].
 * Buffers with `trackRunningStats: true`: `running_mean`, `running_var`, [numFeatures], `num_batches_tracked`, which stays 0 as in PyTorch.
 *
 * Throws {@link ShapeError} for other shapes, and for a single value per channel.
 *
 * ```ts
 * new InstanceNorm1d(3, { affine: true }).forward(ones([2, 3, 5])).shape; // [2, 3, 5]
 * ```
 */
export class InstanceNorm1d extends InstanceNorm {
  static override readonly type: string = 'InstanceNorm1d';
  protected get spatial(): readonly string[] {
    return ['length'];
  }
}

/** Instance normalisation of images: [batch, numFeatures, h, w] or [numFeatures, h, w], otherwise as {@link InstanceNorm1d}. */
export class InstanceNorm2d extends InstanceNorm {
  static override readonly type: string = 'InstanceNorm2d';
  protected get spatial(): readonly string[] {
    return ['height', 'width'];
  }
}

/** Instance normalisation of volumes: [batch, numFeatures, d, h, w] or [numFeatures, d, h, w], otherwise as {@link InstanceNorm1d}. */
export class InstanceNorm3d extends InstanceNorm {
  static override readonly type: string = 'InstanceNorm3d';
  protected get spatial(): readonly string[] {
    return ['depth', 'height', 'width'];
  }
}
