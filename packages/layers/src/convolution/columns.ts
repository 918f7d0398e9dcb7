/** Windows of images as columns, and back: PyTorch's layout of them. */
import { fold, pad, ShapeError, unfold, type Tensor } from '@hebb/tensor';
import { checkOptions, requireTensor, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { perAxis } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { withBatch } from '../module/single.ts';
import type { Extents } from './settings.ts';

export interface ColumnOptions {
  /** Distance between the elements of a window. Default 1. */
  dilation?: Extents;
  /** Zeros on both sides of each axis. Default 0. */
  padding?: Extents;
  /** Distance between windows. Default 1. */
  stride?: Extents;
}

const columnOptions: OptionNames<ColumnOptions> = { dilation: true, padding: true, stride: true };

/** What Fold and Unfold share. */
abstract class Columns extends Module {
  static override readonly options: ModuleOptions = columnOptions;

  readonly kernelSize: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
  readonly stride: readonly number[];

  constructor(kernelSize: Extents, options: ColumnOptions) {
    super();
    const layer = typeNameOf(this);
    checkOptions(layer, options, columnOptions);
    const { dilation = 1, padding = 0, stride = 1 } = options;
    this.kernelSize = perAxis(layer, 'kernelSize', kernelSize, 2, 1);
    this.dilation = perAxis(layer, 'dilation', dilation, 2, 1);
    this.padding = perAxis(layer, 'padding', padding, 2, 0);
    this.stride = perAxis(layer, 'stride', stride, 2, 1);
  }

  /** The border as `pad` takes it. */
  protected border(sign: 1 | -1): (readonly [number, number])[] {
    return [[0, 0], [0, 0], ...this.padding.map((n) => [sign * n || 0, sign * n || 0] as const)];
  }

  override describe(): string {
    return `${super.describe()} ${this.kernelSize.join('×')}`;
  }
}

/**
 * The windows of images as columns: x [batch, channels, h, w] → [batch, channels · Π kernelSize, L], or both without the batch, with L windows in row-major order and in each column the channels' windows one after
 * the other. A convolution is a product of its weights with them.
 *
 * Throws `ShapeError` where the input is no batch of images or no window fits, `ArgumentError` for options out of range.
 *
 * ```ts
 * new Unfold([2, 3], { padding: 1 }).forward(zeros([2, 5, 3, 4])).shape;  // [2, 30, 16]
 * ```
 */
export class Unfold extends Columns {
  static override readonly type: string = 'Unfold';
  static override readonly positional: readonly string[] = ['kernelSize'];

  constructor(kernelSize: Extents, options: ColumnOptions = {}) {
    super(kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return withBatch(2, [x], (batch) => this.#columns(batch));
  }

  #columns(x: Tensor): Tensor {
    requireTensor('Unfold', 'the input', x);
    if (x.ndim !== 4) throw new ShapeError(`[Unfold] takes images [batch, channels, height, width], not ${x}.`);
    const { kernelSize, stride, dilation } = this;
    const windows = unfold(pad(x, this.border(1)), kernelSize, { stride, dilation });
    const [n = 0, c = 0, oy = 0, ox = 0, ky = 0, kx = 0] = windows.shape;
    return windows.permute([0, 1, 4, 5, 2, 3]).reshape([n, c * ky * kx, oy * ox]);
  }
}

/**
 * The transpose of {@link Unfold}: columns [batch, channels · Π kernelSize, L] → [batch, channels, ...outputSize], or both without the batch; where windows overlap they add up.
 *
 * Throws `ShapeError` where the input does not hold the windows of such an image, `ArgumentError` for options out of range.
 *
 * ```ts
 * new Fold([4, 5], [2, 2]).forward(zeros([1, 12, 12])).shape;  // [1, 3, 4, 5]
 * ```
 */
export class Fold extends Columns {
  static override readonly type: string = 'Fold';
  static override readonly positional: readonly string[] = ['outputSize', 'kernelSize'];

  readonly outputSize: readonly number[];

  constructor(outputSize: Extents, kernelSize: Extents, options: ColumnOptions = {}) {
    super(kernelSize, options);
    this.outputSize = perAxis('Fold', 'outputSize', outputSize, 2, 1);
  }

  forward(x: Tensor): Tensor {
    return withBatch(1, [x], (batch) => this.#images(batch));
  }

  #images(x: Tensor): Tensor {
    requireTensor('Fold', 'the input', x);
    const { outputSize, kernelSize, stride, dilation, padding } = this;
    const size = outputSize.map((n, axis) => n + 2 * (padding[axis] ?? 0));
    const counts = size.map((n, axis) => {
      const reach = (dilation[axis] ?? 1) * ((kernelSize[axis] ?? 1) - 1) + 1;
      return Math.floor((n - reach) / (stride[axis] ?? 1)) + 1;
    });
    const [ky = 1, kx = 1] = kernelSize;
    const [oy = 0, ox = 0] = counts;
    const [n = 0, rows = 0, columns] = x.shape;
    if (x.ndim !== 3 || oy < 1 || ox < 1 || columns !== oy * ox || rows % (ky * kx) !== 0)
      throw new ShapeError(
        `[Fold] takes [batch, channels · ${ky * kx}, ${oy * ox}], the windows of images of ${outputSize.join(' × ')}, not ${x}.`,
      );
    const windows = x.reshape([n, rows / (ky * kx), ky, kx, oy, ox]).permute([0, 1, 4, 5, 2, 3]);
    return pad(fold(windows, size, { stride, dilation }), this.border(-1));
  }
}
