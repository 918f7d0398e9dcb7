import {
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
  type Tensor,
} from '@hebb/tensor';
import { checkOptions, requireBoolean, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { perAxis } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { withIndices, type Pooled } from './pooled.ts';

export interface MaxPoolOptions<R extends boolean = boolean> {
  /** Default: the kernel size, so that windows do not overlap. */
  stride?: number | readonly number[];
  /** Border on both sides of each axis, which counts as −∞; at most half of the kernel size. Default 0. */
  padding?: number | readonly number[];
  /** Distance between the elements of a window. Default 1. */
  dilation?: number | readonly number[];
  /** Whether a last window counts that reaches past the end of the padded axis. Default false. */
  ceilMode?: boolean;
  /** Whether the result is `{ output, indices }`, with the position of each maximum in x, flat over its spatial axes, as unpooling takes them. Default false. */
  returnIndices?: R;
}

const maxOptions: OptionNames<MaxPoolOptions> = {
  stride: true,
  padding: true,
  dilation: true,
  ceilMode: requireBoolean,
  returnIndices: requireBoolean,
};

const functions = {
  1: [maxPool1d, maxPool1dWithIndices],
  2: [maxPool2d, maxPool2dWithIndices],
  3: [maxPool3d, maxPool3dWithIndices],
} as const;

/** What MaxPool1d, MaxPool2d and MaxPool3d share. */
abstract class MaxPooling<R extends boolean> extends Module<[x: Tensor], Pooled<R>> {
  static override readonly positional: readonly string[] = ['kernelSize'];
  static override readonly options: ModuleOptions = maxOptions;

  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
  readonly returnIndices: boolean;

  constructor(kernelSize: number | readonly number[], options: MaxPoolOptions<R> = {}) {
    super();
    const layer = typeNameOf(this);
    const axes = this.axes();
    checkOptions(layer, options, maxOptions);
    const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false, returnIndices = false } = options;
    this.kernelSize = perAxis(layer, 'kernelSize', kernelSize, axes, 1);
    this.stride = perAxis(layer, 'stride', stride, axes, 1);
    this.padding = perAxis(layer, 'padding', padding, axes, 0);
    this.dilation = perAxis(layer, 'dilation', dilation, axes, 1);
    this.ceilMode = ceilMode;
    this.returnIndices = returnIndices;
  }

  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;

  forward(x: Tensor): Pooled<R> {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    const axes = this.axes();
    const [pool, poolWithIndices] = functions[axes];
    const options = { stride, padding, dilation, ceilMode };
    return withIndices<R>(
      axes,
      x,
      this.returnIndices,
      (batch) => pool(batch, kernelSize, options),
      (batch) => poolWithIndices(batch, kernelSize, options),
    );
  }

  override describe(): string {
    return `${super.describe()} ${this.kernelSize.join('×')}`;
  }
}

/**
 * The maximum over sliding windows. Padding counts as −∞. The gradient goes to the first maximum of each window.
 *
 * Shape: x [batch, channels, h, w] → [batch, channels, h', w'] with
 * h' = ⌊(h + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1, rounded up with `ceilMode`. With `returnIndices` the result is
 * `{ output, indices }`, as {@link MaxUnpool2d} takes them.
 *
 * A single example, without its batch, is taken as a batch of one, and so it is given back.
 *
 * Throws `ShapeError` where the input does not fit, `ArgumentError` for options out of range.
 *
 * ```ts
 * new MaxPool2d(2).forward(zeros([8, 16, 28, 28])).shape;  // [8, 16, 14, 14]
 * new MaxPool2d(2, { returnIndices: true }).forward(zeros([8, 16, 28, 28])).indices.shape;  // [8, 16, 14, 14]
 * ```
 */
export class MaxPool2d<R extends boolean = false> extends MaxPooling<R> {
  static override readonly type: string = 'MaxPool2d';

  protected override axes(): 2 {
    return 2;
  }
}

/**
 * The maximum over sliding windows of sequences: x [batch, channels, length]. As {@link MaxPool2d}.
 *
 * ```ts
 * new MaxPool1d(3, { stride: 2, ceilMode: true }).forward(zeros([1, 4, 10])).shape;  // [1, 4, 5]
 * ```
 */
export class MaxPool1d<R extends boolean = false> extends MaxPooling<R> {
  static override readonly type: string = 'MaxPool1d';

  protected override axes(): 1 {
    return 1;
  }
}

/**
 * The maximum over sliding windows of volumes: x [batch, channels, depth, h, w]. As {@link MaxPool2d}.
 *
 * ```ts
 * new MaxPool3d([1, 2, 2]).forward(zeros([1, 2, 8, 8, 8])).shape;  // [1, 2, 8, 4, 4]
 * ```
 */
export class MaxPool3d<R extends boolean = false> extends MaxPooling<R> {
  static override readonly type: string = 'MaxPool3d';

  protected override axes(): 3 {
    return 3;
  }
}
