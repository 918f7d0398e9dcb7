/** Channels as pixels and back, and in another order. */
import { channelShuffle, pixelShuffle, pixelUnshuffle, type Tensor } from '@hebb/tensor';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';

/**
 * Blocks of r × r channels become blocks of r × r pixels, r = `upscaleFactor`: what a convolution at a low resolution makes of sub-pixels (Shi et al. 2016, arXiv:1609.05158).
 *
 * Shape: x [..., c·r², h, w] → [..., c, h·r, w·r]. Throws `ShapeError` where the channels do not divide.
 *
 * ```ts
 * new PixelShuffle(3).forward(zeros([1, 9, 4, 4])).shape;  // [1, 1, 12, 12]
 * ```
 */
export class PixelShuffle extends Module {
  static override readonly type: string = 'PixelShuffle';
  static override readonly positional: readonly string[] = ['upscaleFactor'];

  readonly upscaleFactor: number;

  constructor(upscaleFactor: number) {
    super();
    requirePositiveIntegers('PixelShuffle', { upscaleFactor });
    this.upscaleFactor = upscaleFactor;
  }

  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }

  override describe(): string {
    return `${super.describe()} ${this.upscaleFactor}`;
  }
}

/**
 * {@link PixelShuffle} taken back: x [..., c, h·r, w·r] → [..., c·r², h, w], r = `downscaleFactor`. Throws `ShapeError` where height and width do not divide.
 *
 * ```ts
 * new PixelUnshuffle(3).forward(zeros([1, 1, 12, 12])).shape;  // [1, 9, 4, 4]
 * ```
 */
export class PixelUnshuffle extends Module {
  static override readonly type: string = 'PixelUnshuffle';
  static override readonly positional: readonly string[] = ['downscaleFactor'];

  readonly downscaleFactor: number;

  constructor(downscaleFactor: number) {
    super();
    requirePositiveIntegers('PixelUnshuffle', { downscaleFactor });
    this.downscaleFactor = downscaleFactor;
  }

  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }

  override describe(): string {
    return `${super.describe()} ${this.downscaleFactor}`;
  }
}

/**
 * Channels in another order, those of each group in turn, so that the next grouped convolution sees some of every group (Zhang et al. 2018, arXiv:1707.01083). Shape: x [batch, channels,
 * ...], kept. Throws `ShapeError` where the channels do not divide into `groups`.
 *
 * ```ts
 * await new ChannelShuffle(2).forward(tensor([[1, 2, 3, 4]])).toArray();  // [[1, 3, 2, 4]]
 * ```
 */
export class ChannelShuffle extends Module {
  static override readonly type: string = 'ChannelShuffle';
  static override readonly positional: readonly string[] = ['groups'];

  readonly groups: number;

  constructor(groups: number) {
    super();
    requirePositiveIntegers('ChannelShuffle', { groups });
    this.groups = groups;
  }

  forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }

  override describe(): string {
    return `${super.describe()} ${this.groups}`;
  }
}
