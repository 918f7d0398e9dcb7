import type { Tensor } from '@hebb/tensor';
import { checkOptions, oneOf, requireBoolean, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { Conv1d, Conv2d, Conv3d, type Convolution } from './convolution.ts';
import { kernelsInWords } from './kernel-layer.ts';
import type { ConvOptions, Extents } from './settings.ts';

export interface SeparableConvOptions extends Omit<ConvOptions, 'groups'> {
  /** Kernels for each input channel. Default 1. */
  depthMultiplier?: number;
}

const separableOptions: OptionNames<SeparableConvOptions> = {
  stride: true,
  padding: true,
  paddingMode: oneOf('zeros', 'reflect', 'replicate', 'circular'),
  dilation: true,
  bias: requireBoolean,
  depthMultiplier: true,
};

const layers = { 1: Conv1d, 2: Conv2d, 3: Conv3d };

/** What SeparableConv1d, SeparableConv2d and SeparableConv3d share. */
export abstract class SeparableConvolution extends Module {
  static override readonly positional: readonly string[] = ['inChannels', 'outChannels', 'kernelSize'];
  static override readonly options: ModuleOptions = separableOptions;

  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly paddingMode: NonNullable<ConvOptions['paddingMode']>;
  readonly dilation: readonly number[];
  readonly bias: boolean;
  readonly depthMultiplier: number;
  readonly depthwise: Convolution;
  readonly pointwise: Convolution;

  constructor(inChannels: number, outChannels: number, kernelSize: Extents, options: SeparableConvOptions = {}) {
    super();
    const layer = typeNameOf(this);
    checkOptions(layer, options, separableOptions);
    const { depthMultiplier = 1, bias = true, ...spatial } = options;
    requirePositiveIntegers(layer, { inChannels, outChannels, depthMultiplier });
    const Conv = layers[this.axes()];
    const inner = inChannels * depthMultiplier;
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.bias = bias;
    this.depthMultiplier = depthMultiplier;
    this.depthwise = new Conv(inChannels, inner, kernelSize, { ...spatial, groups: inChannels, bias });
    this.pointwise = new Conv(inner, outChannels, 1, { bias });
    this.kernelSize = this.depthwise.kernelSize;
    this.stride = this.depthwise.stride;
    this.padding = this.depthwise.padding;
    this.paddingMode = this.depthwise.paddingMode;
    this.dilation = this.depthwise.dilation;
  }

  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;

  forward(x: Tensor): Tensor {
    return this.pointwise.forward(this.depthwise.forward(x));
  }

  override describe(): string {
    return `${super.describe()} ${kernelsInWords(this)}`;
  }
}

/**
 * Depthwise separable convolution (Chollet 2017, arXiv:1610.02357): `depthwise`, a {@link Conv2d} that gives each channel `depthMultiplier` kernels of its
 * own, then `pointwise`, a {@link Conv2d} with a kernel of 1 that mixes the channels. Of kernelSize² · inChannels · outChannels weights it needs
 * (kernelSize² + outChannels) · inChannels.
 *
 * Shape: x [batch, inChannels, h, w] → y [batch, outChannels, h', w'], h' as of {@link Conv2d}. Options are those of {@link Conv2d}, for the depthwise part;
 * `bias` is of both. Errors as of {@link Conv2d}.
 *
 * ```ts
 * const layer = new SeparableConv2d(32, 64, 3, { padding: 1, bias: false });
 * layer.forward(zeros([1, 32, 8, 8])).shape;  // [1, 64, 8, 8]
 * layer.parameterCount;  // 2336
 * ```
 */
export class SeparableConv2d extends SeparableConvolution {
  static override readonly type: string = 'SeparableConv2d';

  protected override axes(): 2 {
    return 2;
  }
}

/**
 * Depthwise separable convolution of sequences: x [batch, inChannels, length]. As {@link SeparableConv2d}.
 *
 * ```ts
 * new SeparableConv1d(4, 8, 3).forward(zeros([1, 4, 10])).shape;  // [1, 8, 8]
 * ```
 */
export class SeparableConv1d extends SeparableConvolution {
  static override readonly type: string = 'SeparableConv1d';

  protected override axes(): 1 {
    return 1;
  }
}

/**
 * Depthwise separable convolution of volumes: x [batch, inChannels, depth, h, w]. As {@link SeparableConv2d}.
 *
 * ```ts
 * new SeparableConv3d(2, 4, 3).forward(zeros([1, 2, 4, 4, 4])).shape;  // [1, 4, 2, 2, 2]
 * ```
 */
export class SeparableConv3d extends SeparableConvolution {
  static override readonly type: string = 'SeparableConv3d';

  protected override axes(): 3 {
    return 3;
  }
}
