import { avgPool2d, maxPool2d, type Tensor } from '@hebb/tensor';
import { checkOptions, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { pair } from '../module/checks.ts';
import { Module } from '../module/module.ts';

export interface AvgPool2dOptions {
  /** Default: the kernel size, so that windows do not overlap. */
  stride?: number | readonly number[];
  /** Border on both sides of each axis; at most half of the kernel size. Default 0. */
  padding?: number | readonly number[];
}

export interface MaxPool2dOptions extends AvgPool2dOptions {
  /** Distance between the elements of a window. Default 1. */
  dilation?: number | readonly number[];
}

const averageOptions: OptionNames<AvgPool2dOptions> = { stride: true, padding: true };
const maxOptions: OptionNames<MaxPool2dOptions> = { stride: true, padding: true, dilation: true };

type Pair = readonly [number, number];

/**
 * The maximum over sliding windows. Padding counts as −∞.
 *
 * Shape: x [batch, channels, h, w] → [batch, channels, h', w'] with
 * h' = ⌊(h + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1.
 *
 * ```ts
 * new MaxPool2d(2).forward(zeros([8, 16, 28, 28])).shape;  // [8, 16, 14, 14]
 * ```
 */
export class MaxPool2d extends Module {
  static override readonly type: string = 'MaxPool2d';
  static override readonly positional: readonly string[] = ['kernelSize'];
  static override readonly options: ModuleOptions = maxOptions;

  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;

  constructor(kernelSize: number | readonly number[], options: MaxPool2dOptions = {}) {
    super();
    checkOptions('MaxPool2d', options, maxOptions);
    const { stride = kernelSize, padding = 0, dilation = 1 } = options;
    this.kernelSize = pair('MaxPool2d', 'kernelSize', kernelSize, 1);
    this.stride = pair('MaxPool2d', 'stride', stride, 1);
    this.padding = pair('MaxPool2d', 'padding', padding, 0);
    this.dilation = pair('MaxPool2d', 'dilation', dilation, 1);
  }

  forward(x: Tensor): Tensor {
    const { kernelSize, stride, padding, dilation } = this;
    return maxPool2d(x, kernelSize, { stride, padding, dilation });
  }

  override describe(): string {
    return `${super.describe()} ${this.kernelSize.join('×')}`;
  }
}

/**
 * The mean over sliding windows. Padding counts as zeros that are part of the mean.
 *
 * Shape: x [batch, channels, h, w] → [batch, channels, h', w'] with h' = ⌊(h + 2·padding − kernelSize) / stride⌋ + 1.
 */
export class AvgPool2d extends Module {
  static override readonly type: string = 'AvgPool2d';
  static override readonly positional: readonly string[] = ['kernelSize'];
  static override readonly options: ModuleOptions = averageOptions;

  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Pair;

  constructor(kernelSize: number | readonly number[], options: AvgPool2dOptions = {}) {
    super();
    checkOptions('AvgPool2d', options, averageOptions);
    const { stride = kernelSize, padding = 0 } = options;
    this.kernelSize = pair('AvgPool2d', 'kernelSize', kernelSize, 1);
    this.stride = pair('AvgPool2d', 'stride', stride, 1);
    this.padding = pair('AvgPool2d', 'padding', padding, 0);
  }

  forward(x: Tensor): Tensor {
    const { kernelSize, stride, padding } = this;
    return avgPool2d(x, kernelSize, { stride, padding });
  }

  override describe(): string {
    return `${super.describe()} ${this.kernelSize.join('×')}`;
  }
}
