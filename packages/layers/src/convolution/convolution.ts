import { conv1d, conv2d, conv3d, type Tensor } from '@hebb/tensor';
import type { ModuleOptions } from '../module/build.ts';
import { withBatch } from '../module/single.ts';
import { KernelLayer } from './kernel-layer.ts';
import { convOptions, convSettings, type ConvOptions, type ConvSettings, type Extents } from './settings.ts';

const functions = { 1: conv1d, 2: conv2d, 3: conv3d };

/** What Conv1d, Conv2d and Conv3d share. */
export abstract class Convolution extends KernelLayer<ConvSettings> {
  static override readonly options: ModuleOptions = convOptions;

  readonly paddingMode: NonNullable<ConvOptions['paddingMode']>;

  constructor(inChannels: number, outChannels: number, kernelSize: Extents, options: ConvOptions = {}) {
    super(inChannels, outChannels, (layer, axes) => convSettings(layer, axes, outChannels, kernelSize, options), false);
    this.paddingMode = options.paddingMode ?? 'zeros';
  }

  forward(x: Tensor): Tensor {
    const { bias, stride, padding, paddingMode, dilation, groups } = this;
    const axes = this.axes();
    const options = { bias, stride, padding, paddingMode, dilation, groups };
    return withBatch(axes, [x], (batch) => functions[axes](batch, this.weight, options));
  }
}

/**
 * Two-dimensional convolution (cross-correlation, as usual in the field).
 *
 * Shape: x [batch, inChannels, h, w] → y [batch, outChannels, h', w'] with
 * h' = ⌊(h + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1. Parameters: `weight` [outChannels, inChannels / groups, ...kernelSize]
 * and `bias` [outChannels], both uniform in ±1 / √(inChannels / groups · Π kernelSize) at first, as in PyTorch. With `groups` = inChannels
 * every channel has kernels of its own (a depthwise convolution); see also {@link SeparableConv2d}.
 *
 * A single example, without its batch, is taken as a batch of one, and so it is given back.
 *
 * Throws `ShapeError` where the input does not fit, `ArgumentError` for options out of range.
 *
 * ```ts
 * new Conv2d(1, 32, 3).forward(zeros([8, 1, 28, 28])).shape;  // [8, 32, 26, 26]
 * new Conv2d(3, 8, 3, { padding: 'same', paddingMode: 'reflect' }).forward(zeros([1, 3, 8, 8])).shape;  // [1, 8, 8, 8]
 * ```
 */
export class Conv2d extends Convolution {
  static override readonly type: string = 'Conv2d';

  protected override axes(): 2 {
    return 2;
  }
}

/**
 * One-dimensional convolution: x [batch, inChannels, length] → [batch, outChannels, length']. Sizes, parameters and errors as of {@link Conv2d}.
 *
 * ```ts
 * new Conv1d(4, 8, 3, { dilation: 2 }).forward(zeros([2, 4, 10])).shape;  // [2, 8, 6]
 * ```
 */
export class Conv1d extends Convolution {
  static override readonly type: string = 'Conv1d';

  protected override axes(): 1 {
    return 1;
  }
}

/**
 * Three-dimensional convolution: x [batch, inChannels, depth, h, w] → [batch, outChannels, depth', h', w']. Sizes, parameters and errors as of
 * {@link Conv2d}.
 *
 * ```ts
 * new Conv3d(2, 4, [1, 3, 3]).forward(zeros([1, 2, 5, 8, 8])).shape;  // [1, 4, 5, 6, 6]
 * ```
 */
export class Conv3d extends Convolution {
  static override readonly type: string = 'Conv3d';

  protected override axes(): 3 {
    return 3;
  }
}
