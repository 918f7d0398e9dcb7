import type { Tensor } from '@hebb/tensor';
import { checkOptions } from '@hebb/tensor/arguments';
import { extentOf } from '../module/extent.ts';
import { LazyModule } from '../module/lazy.ts';
import { BatchNorm1d, BatchNorm2d, batchNormOptions, type BatchNormOptions } from './batch-norm.ts';

abstract class LazyBatchNorm extends LazyModule {
  static override readonly positional: readonly string[] = ['options'];
  readonly options: BatchNormOptions;

  constructor(options: BatchNormOptions = {}) {
    super();
    checkOptions(this.describe(), options, batchNormOptions);
    this.options = options;
  }
}

/** A {@link BatchNorm1d} whose `numFeatures` is axis 1 of its first input. */
export class LazyBatchNorm1d extends LazyBatchNorm {
  static override readonly type: string = 'LazyBatchNorm1d';

  create(x: Tensor): BatchNorm1d {
    return new BatchNorm1d(extentOf('LazyBatchNorm1d', x, 1), this.options);
  }
}

/** A {@link BatchNorm2d} whose `numFeatures` is axis 1 of its first input. */
export class LazyBatchNorm2d extends LazyBatchNorm {
  static override readonly type: string = 'LazyBatchNorm2d';

  create(x: Tensor): BatchNorm2d {
    return new BatchNorm2d(extentOf('LazyBatchNorm2d', x, 1), this.options);
  }
}
