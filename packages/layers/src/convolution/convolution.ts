import { ArgumentError, conv2d, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { pair, requirePositiveIntegers } from '../module/checks.ts';
import { defaultWeights } from '../initialization/initialization.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';

export interface Conv2dOptions {
  /** Default 1. */
  stride?: number | readonly number[];
  /** Zeros on both sides of each axis, or 'same' (stride 1 only), or 'valid'. Default 0. */
  padding?: number | readonly number[] | 'same' | 'valid';
  /** Distance between kernel elements. Default 1. */
  dilation?: number | readonly number[];
  /** Number of blocks of channels that do not see each other. Default 1. */
  groups?: number;
  /** Whether a bias is added. Default true. */
  bias?: boolean;
}

const conv2dOptions: OptionNames<Conv2dOptions> = {
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
  bias: requireBoolean,
};

export interface Conv2dSettings {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number] | 'same' | 'valid';
  readonly dilation: readonly [number, number];
  readonly groups: number;
  readonly bias: boolean;
}

/** The options with their defaults, checked as far as they can be without the input's channels. */
export function conv2dSettings(
  layer: string,
  outChannels: number,
  kernelSize: number | readonly number[],
  options: Conv2dOptions,
): Conv2dSettings {
  checkOptions(layer, options, conv2dOptions);
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
  requirePositiveIntegers(layer, { groups });
  if (outChannels % groups !== 0) throw indivisible(layer, `${outChannels} output`, groups);
  const settings = {
    kernelSize: pair(layer, 'kernelSize', kernelSize, 1),
    stride: pair(layer, 'stride', stride, 1),
    padding: padding === 'same' || padding === 'valid' ? padding : pair(layer, 'padding', padding, 0),
    dilation: pair(layer, 'dilation', dilation, 1),
    groups,
    bias,
  };
  if (padding === 'same' && settings.stride.some((n) => n !== 1)) {
    throw new ArgumentError(`[${layer}] padding 'same' needs stride 1, not ${JSON.stringify(stride)}.`);
  }
  return settings;
}

function indivisible(layer: string, channels: string, groups: number): ArgumentError {
  return new ArgumentError(`[${layer}] ${channels} channels do not divide into ${groups} groups.`);
}

/**
 * Two-dimensional convolution (cross-correlation, as usual in the field).
 *
 * Shape: x [batch, inChannels, h, w] → y [batch, outChannels, h', w'] with
 * h' = ⌊(h + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1. Parameters: `weight` [outChannels, inChannels / groups, ...kernelSize]
 * and `bias` [outChannels], both uniform in ±1 / √(inChannels / groups · Π kernelSize) at first, as in PyTorch.
 *
 * Throws `ShapeError` where the input does not fit, `ArgumentError` for options out of range.
 *
 * ```ts
 * new Conv2d(1, 32, 3).forward(zeros([8, 1, 28, 28])).shape;  // [8, 32, 26, 26]
 * ```
 */
export class Conv2d extends Module {
  static override readonly type: string = 'Conv2d';
  static override readonly positional: readonly string[] = ['inChannels', 'outChannels', 'kernelSize'];
  static override readonly options: ModuleOptions = conv2dOptions;

  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number] | 'same' | 'valid';
  readonly dilation: readonly [number, number];
  readonly groups: number;
  weight: Tensor;
  bias: Tensor | undefined;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number | readonly number[],
    options: Conv2dOptions = {},
  ) {
    super();
    requirePositiveIntegers('Conv2d', { inChannels, outChannels });
    const settings = conv2dSettings('Conv2d', outChannels, kernelSize, options);
    const { groups, bias } = settings;
    if (inChannels % groups !== 0) throw indivisible('Conv2d', `${inChannels} input and ${outChannels} output`, groups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = settings.kernelSize;
    this.stride = settings.stride;
    this.padding = settings.padding;
    this.dilation = settings.dilation;
    this.groups = groups;
    const initial = defaultWeights([outChannels, inChannels / groups, ...this.kernelSize], bias);
    this.weight = parameter(initial.weight);
    this.bias = initial.bias && parameter(initial.bias);
  }

  forward(x: Tensor): Tensor {
    const { bias, stride, padding, dilation, groups } = this;
    return conv2d(x, this.weight, { bias, stride, padding, dilation, groups });
  }

  override describe(): string {
    return `${super.describe()} ${this.inChannels} → ${this.outChannels}, ${this.kernelSize.join('×')}`;
  }
}
