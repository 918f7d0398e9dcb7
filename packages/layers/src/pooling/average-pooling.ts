import { ArgumentError, avgPool1d, avgPool2d, avgPool3d, type AveragePoolingOptions, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireFinite, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { perAxis } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { withBatch } from '../module/single.ts';

export interface AvgPoolOptions {
  /** Default: the kernel size, so that windows do not overlap. */
  stride?: number | readonly number[];
  /** Border of zeros on both sides of each axis; at most half of the kernel size. Default 0. */
  padding?: number | readonly number[];
  /** Whether a last window counts that reaches past the end of the padded axis. Default false. */
  ceilMode?: boolean;
  /** Whether elements of the border count in the mean. Default true. */
  countIncludePad?: boolean;
  /** What sums are divided by in the place of the number of elements. Default: that number. */
  divisorOverride?: number | undefined;
}

const averageOptions: OptionNames<AvgPoolOptions> = {
  stride: true,
  padding: true,
  ceilMode: requireBoolean,
  countIncludePad: requireBoolean,
  divisorOverride: requireFinite,
};

const functions = { 1: avgPool1d, 2: avgPool2d, 3: avgPool3d };

/** What AvgPool1d, AvgPool2d and AvgPool3d share. */
abstract class AveragePooling extends Module {
  static override readonly positional: readonly string[] = ['kernelSize'];
  static override readonly options: ModuleOptions = averageOptions;

  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | undefined;

  constructor(kernelSize: number | readonly number[], options: AvgPoolOptions = {}) {
    super();
    const layer = typeNameOf(this);
    const axes = this.axes();
    checkOptions(layer, options, averageOptions);
    const { stride = kernelSize, padding = 0, ceilMode = false, countIncludePad = true, divisorOverride } = options;
    if (divisorOverride === 0) throw new ArgumentError(`[${layer}] divisorOverride must not be 0.`);
    this.kernelSize = perAxis(layer, 'kernelSize', kernelSize, axes, 1);
    this.stride = perAxis(layer, 'stride', stride, axes, 1);
    this.padding = perAxis(layer, 'padding', padding, axes, 0);
    this.ceilMode = ceilMode;
    this.countIncludePad = countIncludePad;
    this.divisorOverride = divisorOverride;
  }

  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;

  forward(x: Tensor): Tensor {
    const { kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    const options: AveragePoolingOptions = { stride, padding, ceilMode, countIncludePad, divisorOverride };
    const axes = this.axes();
    return withBatch(axes, [x], (batch) => functions[axes](batch, kernelSize, options));
  }

  override describe(): string {
    return `${super.describe()} ${this.kernelSize.join('×')}`;
  }
}

/**
 * The mean over sliding windows. Padding counts as zeros that are part of the mean, unless `countIncludePad` is false.
 *
 * Shape: x [batch, channels, h, w] → [batch, channels, h', w'] with h' = ⌊(h + 2·padding − kernelSize) / stride⌋ + 1, rounded up with `ceilMode`.
 *
 * A single example, without its batch, is taken as a batch of one, and so it is given back.
 *
 * Throws `ShapeError` where the input does not fit, `ArgumentError` for options out of range.
 *
 * ```ts
 * new AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }).forward(zeros([8, 16, 28, 28])).shape;  // [8, 16, 14, 14]
 * ```
 */
export class AvgPool2d extends AveragePooling {
  static override readonly type: string = 'AvgPool2d';

  protected override axes(): 2 {
    return 2;
  }
}

/**
 * The mean over sliding windows of sequences: x [batch, channels, length]. As {@link AvgPool2d}.
 *
 * ```ts
 * new AvgPool1d(2).forward(zeros([1, 4, 10])).shape;  // [1, 4, 5]
 * ```
 */
export class AvgPool1d extends AveragePooling {
  static override readonly type: string = 'AvgPool1d';

  protected override axes(): 1 {
    return 1;
  }
}

/**
 * The mean over sliding windows of volumes: x [batch, channels, depth, h, w]. As {@link AvgPool2d}.
 *
 * ```ts
 * new AvgPool3d(2).forward(zeros([1, 2, 8, 8, 8])).shape;  // [1, 2, 4, 4, 4]
 * ```
 */
export class AvgPool3d extends AveragePooling {
  static override readonly type: string = 'AvgPool3d';

  protected override axes(): 3 {
    return 3;
  }
}
