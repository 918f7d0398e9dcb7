import type { Tensor } from '@hebb/tensor';
import { checkOptions } from '@hebb/tensor/arguments';
import { channelsOf, extentOf } from '../module/extent.ts';
import { LazyModule } from '../module/lazy.ts';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batch-norm.ts';
import { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d } from './instance-norm.ts';
import { statisticsOptions, type NormWithStatistics, type StatisticsOptions } from './with-statistics.ts';

/** What is normalised has its features on axis 1. */
abstract class LazyNorm extends LazyModule {
  static override readonly positional: readonly string[] = ['options'];
  readonly options: StatisticsOptions;

  constructor(options: StatisticsOptions = {}) {
    super();
    checkOptions(this.describe(), options, statisticsOptions);
    this.options = options;
  }

  protected abstract of(numFeatures: number): NormWithStatistics;

  create(x: Tensor): NormWithStatistics {
    return this.of(extentOf(this.describe(), x, 1));
  }
}

/** A {@link BatchNorm1d} whose `numFeatures` is axis 1 of its first input. */
export class LazyBatchNorm1d extends LazyNorm {
  static override readonly type: string = 'LazyBatchNorm1d';
  protected of(numFeatures: number): BatchNorm1d {
    return new BatchNorm1d(numFeatures, this.options);
  }
}

/** A {@link BatchNorm2d} whose `numFeatures` is axis 1 of its first input. */
export class LazyBatchNorm2d extends LazyNorm {
  static override readonly type: string = 'LazyBatchNorm2d';
  protected of(numFeatures: number): BatchNorm2d {
    return new BatchNorm2d(numFeatures, this.options);
  }
}

/** A {@link BatchNorm3d} whose `numFeatures` is axis 1 of its first input. */
export class LazyBatchNorm3d extends LazyNorm {
  static override readonly type: string = 'LazyBatchNorm3d';
  protected of(numFeatures: number): BatchNorm3d {
    return new BatchNorm3d(numFeatures, this.options);
  }
}

/** What LazyInstanceNorm1d, LazyInstanceNorm2d and LazyInstanceNorm3d share: they take single examples, too. */
abstract class LazyInstanceNorm extends LazyNorm {
  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;

  override create(x: Tensor): NormWithStatistics {
    return this.of(channelsOf(this.describe(), x, this.axes()));
  }
}

/** An {@link InstanceNorm1d} whose `numFeatures` is the channel axis of its first input. */
export class LazyInstanceNorm1d extends LazyInstanceNorm {
  static override readonly type: string = 'LazyInstanceNorm1d';
  protected axes(): 1 {
    return 1;
  }
  protected of(numFeatures: number): InstanceNorm1d {
    return new InstanceNorm1d(numFeatures, this.options);
  }
}

/** An {@link InstanceNorm2d} whose `numFeatures` is the channel axis of its first input. */
export class LazyInstanceNorm2d extends LazyInstanceNorm {
  static override readonly type: string = 'LazyInstanceNorm2d';
  protected axes(): 2 {
    return 2;
  }
  protected of(numFeatures: number): InstanceNorm2d {
    return new InstanceNorm2d(numFeatures, this.options);
  }
}

/** An {@link InstanceNorm3d} whose `numFeatures` is the channel axis of its first input. */
export class LazyInstanceNorm3d extends LazyInstanceNorm {
  static override readonly type: string = 'LazyInstanceNorm3d';
  protected axes(): 3 {
    return 3;
  }
  protected of(numFeatures: number): InstanceNorm3d {
    return new InstanceNorm3d(numFeatures, this.options);
  }
}
