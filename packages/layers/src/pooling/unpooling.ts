import { maxUnpool1d, maxUnpool2d, maxUnpool3d, type Tensor } from '@hebb/tensor';
import { checkOptions, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { perAxis } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { withBatch } from '../module/single.ts';
import { spatialExtents, type OutputSize } from '../module/output-size.ts';

export interface MaxUnpoolOptions {
  /** Of the pooling. Default: the kernel size. */
  stride?: number | readonly number[];
  /** Of the pooling. Default 0. */
  padding?: number | readonly number[];
}

const unpoolOptions: OptionNames<MaxUnpoolOptions> = { stride: true, padding: true };

const functions = { 1: maxUnpool1d, 2: maxUnpool2d, 3: maxUnpool3d };

/** What MaxUnpool1d, MaxUnpool2d and MaxUnpool3d share. */
abstract class MaxUnpooling extends Module {
  static override readonly positional: readonly string[] = ['kernelSize'];
  static override readonly options: ModuleOptions = unpoolOptions;

  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];

  constructor(kernelSize: number | readonly number[], options: MaxUnpoolOptions = {}) {
    super();
    const layer = typeNameOf(this);
    const axes = this.axes();
    checkOptions(layer, options, unpoolOptions);
    const { stride = kernelSize, padding = 0 } = options;
    this.kernelSize = perAxis(layer, 'kernelSize', kernelSize, axes, 1);
    this.stride = perAxis(layer, 'stride', stride, axes, 1);
    this.padding = perAxis(layer, 'padding', padding, axes, 0);
  }

  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;

  /**
   * @param indices - int32, of x's shape, as pooling with `returnIndices` gives them.
   * @param outputSize - how large what was pooled was: its spatial extents, its shape, or a tensor of that shape. Default: (size − 1)·stride − 2·padding + kernelSize.
   */
  forward(x: Tensor, indices: Tensor, outputSize?: OutputSize): Tensor {
    const axes = this.axes();
    const { kernelSize, stride, padding } = this;
    const size = outputSize === undefined ? undefined : spatialExtents(typeNameOf(this), outputSize, axes);
    return withBatch(axes, [x, indices], (batch, places) =>
      functions[axes](batch, places, kernelSize, { stride, padding, outputSize: size }),
    );
  }

  override describe(): string {
    return `${super.describe()} ${this.kernelSize.join('×')}`;
  }
}

/**
 * {@link MaxPool2d} taken back, as far as it can be: the maxima where they stood, 0 elsewhere.
 *
 * Shape: x and indices [batch, channels, h, w] → [batch, channels, h', w'].
 *
 * Throws `ShapeError` where shapes do not fit, `DTypeError` for indices that are not int32, `ArgumentError` for options out of range, and for indices outside of the
 * result where they are known on the host.
 *
 * ```ts
 * const { output, indices } = new MaxPool2d(2, { returnIndices: true }).forward(tensor([[[[1, 2], [4, 3]]]]));
 * await new MaxUnpool2d(2).forward(output, indices).toArray();  // [[[[0, 0], [4, 0]]]]
 * ```
 */
export class MaxUnpool2d extends MaxUnpooling {
  static override readonly type: string = 'MaxUnpool2d';

  protected override axes(): 2 {
    return 2;
  }
}

/**
 * {@link MaxPool1d} taken back: x and indices [batch, channels, length]. As {@link MaxUnpool2d}.
 *
 * ```ts
 * const { output, indices } = new MaxPool1d(2, { returnIndices: true }).forward(tensor([[[1, 3, 2, 0, 5]]]));
 * await new MaxUnpool1d(2).forward(output, indices, [5]).toArray();  // [[[0, 3, 2, 0, 0]]]
 * ```
 */
export class MaxUnpool1d extends MaxUnpooling {
  static override readonly type: string = 'MaxUnpool1d';

  protected override axes(): 1 {
    return 1;
  }
}

/**
 * {@link MaxPool3d} taken back: x and indices [batch, channels, depth, h, w]. As {@link MaxUnpool2d}.
 *
 * ```ts
 * const { output, indices } = new MaxPool3d(2, { returnIndices: true }).forward(zeros([1, 2, 4, 4, 4]));
 * new MaxUnpool3d(2).forward(output, indices).shape;  // [1, 2, 4, 4, 4]
 * ```
 */
export class MaxUnpool3d extends MaxUnpooling {
  static override readonly type: string = 'MaxUnpool3d';

  protected override axes(): 3 {
    return 3;
  }
}
