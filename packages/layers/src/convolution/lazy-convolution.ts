import type { Tensor } from '@hebb/tensor';
import { requirePositiveIntegers } from '../module/checks.ts';
import { extentOf } from '../module/extent.ts';
import { LazyModule } from '../module/lazy.ts';
import { Conv2d, conv2dSettings, type Conv2dOptions } from './convolution.ts';

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
