import { assign, batchNorm, type Tensor } from '@hebb/tensor';
import { NormWithStatistics, type StatisticsOptions } from './with-statistics.ts';

export type BatchNormOptions = StatisticsOptions;

/**
 * What the batch normalisations share: y = (x − mean) / √(variance + eps) · weight + bias, per channel (axis 1) (Ioffe & Szegedy 2015,
 * arXiv:1502.03167).
 *
 * While training, mean and (biased) variance are those of the batch, and the running statistics move towards them by `momentum`, the
 * variance's towards the unbiased estimate. In evaluation mode mean and variance are the running statistics.
 *
 * Parameters: `weight` (1 at first) and `bias` (0), [numFeatures]. Buffers: `running_mean` (0), `running_var` (1), [numFeatures], and
 * `num_batches_tracked`, int32[].
 */
export abstract class BatchNorm extends NormWithStatistics {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super(numFeatures, options, true);
  }

  /** Throws {@link ShapeError} for an input of other axes. */
  protected abstract requireInput(x: Tensor): void;

  forward(x: Tensor): Tensor {
    this.requireInput(x);
    const { weight, bias, eps, training, momentum } = this;
    const { running_mean: runningMean, running_var: runningVar, num_batches_tracked: tracked } = this;
    const affine = { eps, ...(weight && { weight }), ...(bias && { bias }) };
    if (runningMean === undefined || runningVar === undefined || tracked === undefined)
      return batchNorm(x, { ...affine, training });
    const batches = tracked.add(1);
    const share = momentum ?? batches.to('float32').reciprocal();
    const normalised = batchNorm(x, { ...affine, runningMean, runningVar, momentum: share, training });
    if (training) assign(tracked, batches);
    return normalised;
  }
}

/**
 * Batch normalisation of vectors or sequences: [batch, numFeatures] or [batch, numFeatures, length], shape kept; see {@link BatchNorm} for the formula.
 *
 * Throws {@link ShapeError} for other shapes, and while training for a single value per channel.
 */
export class BatchNorm1d extends BatchNorm {
  static override readonly type: string = 'BatchNorm1d';

  protected requireInput(x: Tensor): void {
    this.requireAxes(x, '[batch, channels] or [batch, channels, length]', [2, 3]);
  }
}

/** Batch normalisation of images: [batch, numFeatures, h, w], otherwise as {@link BatchNorm1d}. */
export class BatchNorm2d extends BatchNorm {
  static override readonly type: string = 'BatchNorm2d';

  protected requireInput(x: Tensor): void {
    this.requireAxes(x, '[batch, channels, height, width]', [4]);
  }
}

/** Batch normalisation of volumes: [batch, numFeatures, d, h, w], otherwise as {@link BatchNorm1d}. */
export class BatchNorm3d extends BatchNorm {
  static override readonly type: string = 'BatchNorm3d';

  protected requireInput(x: Tensor): void {
    this.requireAxes(x, '[batch, channels, depth, height, width]', [5]);
  }
}
