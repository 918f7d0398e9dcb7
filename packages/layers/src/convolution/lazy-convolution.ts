/** Convolutions whose `inChannels` is the channel axis of their first input, [batch, channels, ...spatial] or [channels, ...spatial]: `new LazyConv2d(outChannels, kernelSize, options)`. */
import type { Tensor } from '@hebb/tensor';
import { typeNameOf } from '@hebb/tensor/arguments';
import { requirePositiveIntegers } from '../module/checks.ts';
import { channelsOf } from '../module/extent.ts';
import { LazyModule } from '../module/lazy.ts';
import { Conv1d, Conv2d, Conv3d, type Convolution } from './convolution.ts';
import {
  convSettings,
  convTransposeSettings,
  type ConvOptions,
  type ConvTransposeOptions,
  type Extents,
} from './settings.ts';
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, type TransposedConvolution } from './transposed.ts';

const layers = { 1: Conv1d, 2: Conv2d, 3: Conv3d };
const transposedLayers = { 1: ConvTranspose1d, 2: ConvTranspose2d, 3: ConvTranspose3d };

/** What lazy convolutions share. */
abstract class LazyWindows<O, L extends Convolution | TransposedConvolution> extends LazyModule {
  static override readonly positional: readonly string[] = ['outChannels', 'kernelSize', 'options'];

  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly options: O;

  constructor(outChannels: number, kernelSize: Extents, options: O) {
    super();
    requirePositiveIntegers(typeNameOf(this), { outChannels });
    const { kernelSize: kernel, ...settings } = this.settings(outChannels, kernelSize, options);
    this.outChannels = outChannels;
    this.kernelSize = kernel;
    this.options = settings as O;
  }

  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;
  /** The options with their defaults. */
  protected abstract settings(
    outChannels: number,
    kernelSize: Extents,
    options: O,
  ): O & { kernelSize: readonly number[] };
  abstract override create(x: Tensor): L;

  override describe(): string {
    return `${super.describe()} ? → ${this.outChannels}, ${this.kernelSize.join('×')}`;
  }
}

abstract class LazyConvolution extends LazyWindows<ConvOptions, Convolution> {
  constructor(outChannels: number, kernelSize: Extents, options: ConvOptions = {}) {
    super(outChannels, kernelSize, options);
  }

  protected override settings(
    outChannels: number,
    kernelSize: Extents,
    options: ConvOptions,
  ): ReturnType<typeof convSettings> {
    return convSettings(typeNameOf(this), this.axes(), outChannels, kernelSize, options);
  }

  override create(x: Tensor): Convolution {
    return new layers[this.axes()](
      channelsOf(typeNameOf(this), x, this.axes()),
      this.outChannels,
      this.kernelSize,
      this.options,
    );
  }
}

abstract class LazyTransposedConvolution extends LazyWindows<ConvTransposeOptions, TransposedConvolution> {
  constructor(outChannels: number, kernelSize: Extents, options: ConvTransposeOptions = {}) {
    super(outChannels, kernelSize, options);
  }

  protected override settings(
    outChannels: number,
    kernelSize: Extents,
    options: ConvTransposeOptions,
  ): ReturnType<typeof convTransposeSettings> {
    return convTransposeSettings(typeNameOf(this), this.axes(), outChannels, kernelSize, options);
  }

  override create(x: Tensor): TransposedConvolution {
    const Layer = transposedLayers[this.axes()];
    return new Layer(channelsOf(typeNameOf(this), x, this.axes()), this.outChannels, this.kernelSize, this.options);
  }
}

/** A {@link Conv1d} whose `inChannels` is the channel axis of its first input. */
export class LazyConv1d extends LazyConvolution {
  static override readonly type: string = 'LazyConv1d';

  protected override axes(): 1 {
    return 1;
  }
}

/** A {@link Conv2d} whose `inChannels` is the channel axis of its first input. */
export class LazyConv2d extends LazyConvolution {
  static override readonly type: string = 'LazyConv2d';

  protected override axes(): 2 {
    return 2;
  }
}

/** A {@link Conv3d} whose `inChannels` is the channel axis of its first input. */
export class LazyConv3d extends LazyConvolution {
  static override readonly type: string = 'LazyConv3d';

  protected override axes(): 3 {
    return 3;
  }
}

/** A {@link ConvTranspose1d} whose `inChannels` is the channel axis of its first input. */
export class LazyConvTranspose1d extends LazyTransposedConvolution {
  static override readonly type: string = 'LazyConvTranspose1d';

  protected override axes(): 1 {
    return 1;
  }
}

/** A {@link ConvTranspose2d} whose `inChannels` is the channel axis of its first input. */
export class LazyConvTranspose2d extends LazyTransposedConvolution {
  static override readonly type: string = 'LazyConvTranspose2d';

  protected override axes(): 2 {
    return 2;
  }
}

/** A {@link ConvTranspose3d} whose `inChannels` is the channel axis of its first input. */
export class LazyConvTranspose3d extends LazyTransposedConvolution {
  static override readonly type: string = 'LazyConvTranspose3d';

  protected override axes(): 3 {
    return 3;
  }
}
