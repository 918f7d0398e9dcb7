import { convTranspose1d, convTranspose2d, convTranspose3d, ShapeError, type Tensor } from '@hebb/tensor';
import { requireTensor, typeNameOf } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { withBatch } from '../module/single.ts';
import { spatialExtents, type OutputSize } from '../module/output-size.ts';
import { KernelLayer } from './kernel-layer.ts';
import {
  convTransposeOptions,
  convTransposeSettings,
  type ConvTransposeOptions,
  type ConvTransposeSettings,
  type Extents,
} from './settings.ts';

const functions = { 1: convTranspose1d, 2: convTranspose2d, 3: convTranspose3d };

/** What ConvTranspose1d, ConvTranspose2d and ConvTranspose3d share. */
export abstract class TransposedConvolution extends KernelLayer<
  ConvTransposeSettings,
  [x: Tensor, outputSize?: OutputSize]
> {
  static override readonly options: ModuleOptions = convTransposeOptions;

  readonly outputPadding: readonly number[];

  constructor(inChannels: number, outChannels: number, kernelSize: Extents, options: ConvTransposeOptions = {}) {
    let outputPadding: readonly number[] = [];
    const settingsOf = (layer: string, axes: number): ConvTransposeSettings => {
      const settings = convTransposeSettings(layer, axes, outChannels, kernelSize, options);
      ({ outputPadding } = settings);
      return settings;
    };
    super(inChannels, outChannels, settingsOf, true);
    this.outputPadding = outputPadding;
  }

  /**
   * @param outputSize - how large the output is to be, in the place of `outputPadding`: of the sizes that a convolution with this stride maps to x. Its
   * spatial extents, its shape, or a tensor of that shape, which a U-Net has at hand.
   */
  forward(x: Tensor, outputSize?: OutputSize): Tensor {
    const { bias, stride, padding, dilation, groups } = this;
    requireTensor(typeNameOf(this), 'the input', x);
    const axes = this.axes();
    return withBatch(axes, [x], (batch) => {
      const outputPadding = outputSize === undefined ? this.outputPadding : this.#paddingFor(batch, outputSize);
      return functions[axes](batch, this.weight, { bias, stride, padding, outputPadding, dilation, groups });
    });
  }

  #paddingFor(x: Tensor, outputSize: OutputSize): number[] {
    const layer = typeNameOf(this);
    const size = spatialExtents(layer, outputSize, this.axes());
    const { kernelSize, stride, padding, dilation } = this;
    const smallest = kernelSize.map(
      (k, axis) =>
        ((x.shape[axis + 2] ?? 1) - 1) * (stride[axis] ?? 1) -
        2 * (padding[axis] ?? 0) +
        (dilation[axis] ?? 1) * (k - 1) +
        1,
    );
    const more = size.map((n, axis) => n - (smallest[axis] ?? 0));
    if (more.some((n, axis) => n < 0 || n >= (stride[axis] ?? 1))) {
      const largest = smallest.map((n, axis) => n + (stride[axis] ?? 1) - 1);
      throw new ShapeError(
        `[${layer}] makes outputs from [${smallest.join(', ')}] to [${largest.join(', ')}] of ${x}, not [${size.join(', ')}].`,
      );
    }
    return more;
  }
}

/**
 * Two-dimensional transposed convolution ("deconvolution"): the transpose of a {@link Conv2d} as a linear map, which makes images larger by its stride
 * (Zeiler et al. 2010).
 *
 * Shape: x [batch, inChannels, h, w] → y [batch, outChannels, h', w'] with h' = (h − 1)·stride − 2·padding + dilation·(kernelSize − 1) +
 * outputPadding + 1. Parameters: `weight` [inChannels, outChannels / groups, ...kernelSize] and `bias` [outChannels], both uniform in
 * ±1 / √(outChannels / groups · Π kernelSize) at first, as in PyTorch.
 *
 * A single example, without its batch, is taken as a batch of one, and so it is given back.
 *
 * Throws `ShapeError` where the input, or an output size, does not fit, `ArgumentError` for options out of range.
 *
 * ```ts
 * const up = new ConvTranspose2d(16, 8, 3, { stride: 2, padding: 1 });
 * up.forward(zeros([1, 16, 7, 7])).shape;  // [1, 8, 13, 13]
 * up.forward(zeros([1, 16, 7, 7]), [14, 14]).shape;  // [1, 8, 14, 14]
 * ```
 */
export class ConvTranspose2d extends TransposedConvolution {
  static override readonly type: string = 'ConvTranspose2d';

  protected override axes(): 2 {
    return 2;
  }
}

/**
 * One-dimensional transposed convolution: x [batch, inChannels, length] → [batch, outChannels, length']. Sizes, parameters and errors as of
 * {@link ConvTranspose2d}.
 *
 * ```ts
 * new ConvTranspose1d(4, 2, 4, { stride: 2, padding: 1 }).forward(zeros([1, 4, 10])).shape;  // [1, 2, 20]
 * ```
 */
export class ConvTranspose1d extends TransposedConvolution {
  static override readonly type: string = 'ConvTranspose1d';

  protected override axes(): 1 {
    return 1;
  }
}

/**
 * Three-dimensional transposed convolution: x [batch, inChannels, depth, h, w] → [batch, outChannels, depth', h', w']. Sizes, parameters and errors as
 * of {@link ConvTranspose2d}.
 *
 * ```ts
 * new ConvTranspose3d(2, 1, 2, { stride: 2 }).forward(zeros([1, 2, 3, 4, 4])).shape;  // [1, 1, 6, 8, 8]
 * ```
 */
export class ConvTranspose3d extends TransposedConvolution {
  static override readonly type: string = 'ConvTranspose3d';

  protected override axes(): 3 {
    return 3;
  }
}
