import {
  ArgumentError,
  fractionalMaxPool2d,
  fractionalMaxPool2dWithIndices,
  fractionalMaxPool3d,
  fractionalMaxPool3dWithIndices,
  type Tensor,
} from '@hebb/tensor';
import { requireBoolean, requireOptions, typeNameOf, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { perAxis } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { withIndices, type Pooled } from './pooled.ts';

export interface FractionalMaxPoolOptions<R extends boolean = boolean> {
  /** The spatial size of the result; either this or `outputRatio`. */
  outputSize?: number | readonly number[] | undefined;
  /** The size of the result as a part of the input's, between 0 and 1; either this or `outputSize`. */
  outputRatio?: number | readonly number[] | undefined;
  /** Whether the result is `{ output, indices }`, with the position of each maximum in x, flat over its spatial axes. Default false. */
  returnIndices?: R;
}

const fractionalOptions: OptionNames<FractionalMaxPoolOptions> = {
  outputSize: true,
  outputRatio: true,
  returnIndices: requireBoolean,
};

const functions = {
  2: [fractionalMaxPool2d, fractionalMaxPool2dWithIndices],
  3: [fractionalMaxPool3d, fractionalMaxPool3dWithIndices],
} as const;

/** What FractionalMaxPool2d and FractionalMaxPool3d share. */
abstract class FractionalMaxPooling<R extends boolean> extends Module<[x: Tensor, randomSamples?: Tensor], Pooled<R>> {
  static override readonly positional: readonly string[] = ['kernelSize'];
  static override readonly options: ModuleOptions = fractionalOptions;

  readonly kernelSize: readonly number[];
  readonly outputSize: readonly number[] | undefined;
  readonly outputRatio: readonly number[] | undefined;
  readonly returnIndices: boolean;

  constructor(kernelSize: number | readonly number[], options: FractionalMaxPoolOptions<R>) {
    super();
    const layer = typeNameOf(this);
    const axes = this.axes();
    requireOptions(layer, options, fractionalOptions);
    const { outputSize, outputRatio, returnIndices = false } = options;
    if ((outputSize === undefined) === (outputRatio === undefined))
      throw new ArgumentError(
        `[${layer}] takes an outputSize or an outputRatio, ${outputSize === undefined ? 'and has none' : 'not both'}.`,
      );
    this.kernelSize = perAxis(layer, 'kernelSize', kernelSize, axes, 1);
    this.outputSize = outputSize === undefined ? undefined : perAxis(layer, 'outputSize', outputSize, axes, 1);
    this.outputRatio = outputRatio === undefined ? undefined : ratios(layer, outputRatio, axes);
    this.returnIndices = returnIndices;
  }

  /** Number of spatial axes. */
  protected abstract axes(): 2 | 3;

  /** @param randomSamples - [batch, channels, axes] in 0 … 1: where regions begin, as the function takes them. Default: drawn at every call. */
  forward(x: Tensor, randomSamples?: Tensor): Pooled<R> {
    const { kernelSize, outputSize, outputRatio } = this;
    const axes = this.axes();
    const [pool, poolWithIndices] = functions[axes];
    const options = { outputSize, outputRatio, ...(randomSamples === undefined ? {} : { randomSamples }) };
    return withIndices<R>(
      axes,
      x,
      this.returnIndices,
      (batch) => pool(batch, kernelSize, options),
      (batch) => poolWithIndices(batch, kernelSize, options),
    );
  }

  override describe(): string {
    return `${super.describe()} ${this.kernelSize.join('×')}`;
  }
}

function ratios(layer: string, outputRatio: number | readonly number[], axes: number): readonly number[] {
  const list: readonly unknown[] = Array.isArray(outputRatio)
    ? outputRatio
    : new Array<unknown>(axes).fill(outputRatio);
  const fits = (n: unknown): n is number => typeof n === 'number' && n > 0 && n < 1;
  if (list.length === axes && list.every(fits)) return [...list];
  throw wrongArgument(layer, 'outputRatio', `a number between 0 and 1, or ${axes} of them`, outputRatio);
}

/**
 * The maximum over regions that overlap at random places, about evenly apart, so that an image may shrink by a factor as 1.4 (Graham 2014, arXiv:1412.6071). Region i of `outputSize` along
 * an axis begins at ⌊(i + u)·α⌋ − ⌊u·α⌋ with α = (extent − kernelSize) / (outputSize − 1), the last at extent − kernelSize; u is drawn for each image and channel at every
 * call, in evaluation mode too, as in PyTorch, or given to `forward`.
 *
 * Shape: x [batch, channels, h, w] → [batch, channels, ...outputSize], or ⌊extent · outputRatio⌋.
 *
 * Throws `ShapeError` where the regions do not fit into the input, `ArgumentError` for options out of range.
 *
 * ```ts
 * new FractionalMaxPool2d(2, { outputRatio: 0.7 }).forward(zeros([8, 16, 32, 32])).shape;  // [8, 16, 22, 22]
 * ```
 */
export class FractionalMaxPool2d<R extends boolean = false> extends FractionalMaxPooling<R> {
  static override readonly type: string = 'FractionalMaxPool2d';

  protected override axes(): 2 {
    return 2;
  }
}

/**
 * The maximum over regions of volumes at random places: x [batch, channels, depth, h, w]. As {@link FractionalMaxPool2d}.
 *
 * ```ts
 * new FractionalMaxPool3d(2, { outputSize: [4, 5, 6] }).forward(zeros([1, 2, 8, 8, 8])).shape;  // [1, 2, 4, 5, 6]
 * ```
 */
export class FractionalMaxPool3d<R extends boolean = false> extends FractionalMaxPooling<R> {
  static override readonly type: string = 'FractionalMaxPool3d';

  protected override axes(): 3 {
    return 3;
  }
}
