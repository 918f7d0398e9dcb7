/** Layers without the sizes of their inputs; see {@link LazyModule}. */
import { ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, requireTensor } from '@hebb/tensor/arguments';
import { BatchNorm1d, BatchNorm2d, batchNormOptions, type BatchNormOptions } from './batch-norm.ts';
import { requirePositiveIntegers } from './checks.ts';
import { Conv2d, conv2dSettings, type Conv2dOptions } from './convolution.ts';
import { LazyModule } from './lazy.ts';
import { Linear, linearOptions, type LinearOptions } from './linear.ts';

/** The extent of one axis of the input. */
function extentOf(layer: string, x: Tensor, axis: number): number {
  requireTensor(layer, 'the input', x);
  const extent = x.shape.at(axis);
  if (extent === undefined)
    throw new ShapeError(`[${layer}] the input ${x} has no axis ${axis}, which counts its features.`);
  return extent;
}

/**
 * A {@link Linear} whose `inFeatures` is the last axis of its first input.
 *
 * ```ts
 * const model = initialize(new Sequential(new LazyLinear(16), new ReLU(), new LazyLinear(3)), ['batch', 4]);
 * model.parameterCount; // 131
 * ```
 */
export class LazyLinear extends LazyModule {
  static override readonly type: string = 'LazyLinear';
  static override readonly positional: readonly string[] = ['outFeatures', 'options'];

  readonly outFeatures: number;
  readonly options: LinearOptions;

  constructor(outFeatures: number, options: LinearOptions = {}) {
    super();
    requirePositiveIntegers('LazyLinear', { outFeatures });
    checkOptions('LazyLinear', options, linearOptions);
    this.outFeatures = outFeatures;
    this.options = options;
  }

  create(x: Tensor): Linear {
    return new Linear(extentOf('LazyLinear', x, -1), this.outFeatures, this.options);
  }

  override describe(): string {
    return `${super.describe()} ? → ${this.outFeatures}`;
  }
}

/** A {@link Conv2d} whose `inChannels` is axis 1 of its first input: `new LazyConv2d(outChannels, kernelSize, options)`. */
export class LazyConv2d extends LazyModule {
  static override readonly type: string = 'LazyConv2d';
  static override readonly positional: readonly string[] = ['outChannels', 'kernelSize', 'options'];

  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly options: Conv2dOptions;

  constructor(outChannels: number, kernelSize: number | readonly number[], options: Conv2dOptions = {}) {
    super();
    requirePositiveIntegers('LazyConv2d', { outChannels });
    const { kernelSize: pair, ...settings } = conv2dSettings('LazyConv2d', outChannels, kernelSize, options);
    this.outChannels = outChannels;
    this.kernelSize = pair;
    this.options = settings;
  }

  create(x: Tensor): Conv2d {
    return new Conv2d(extentOf('LazyConv2d', x, 1), this.outChannels, this.kernelSize, this.options);
  }

  override describe(): string {
    return `${super.describe()} ? → ${this.outChannels}, ${this.kernelSize.join('×')}`;
  }
}

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
