import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3d,
  adaptiveMaxPool3dWithIndices,
  type AdaptiveSize,
  type Tensor,
} from '@hebb/tensor';
import { checkOptions, requireBoolean, typeNameOf, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Module } from '../module/module.ts';
import { withBatch } from '../module/single.ts';
import { withIndices, type Pooled } from './pooled.ts';

export interface AdaptiveMaxPoolOptions<R extends boolean = boolean> {
  /** Whether the result is `{ output, indices }`, with the position of each maximum in x, flat over its spatial axes. Default false. */
  returnIndices?: R;
}

const adaptiveMaxOptions: OptionNames<AdaptiveMaxPoolOptions> = { returnIndices: requireBoolean };

const averages = { 1: adaptiveAvgPool1d, 2: adaptiveAvgPool2d, 3: adaptiveAvgPool3d };
const maxima = {
  1: [adaptiveMaxPool1d, adaptiveMaxPool1dWithIndices],
  2: [adaptiveMaxPool2d, adaptiveMaxPool2dWithIndices],
  3: [adaptiveMaxPool3d, adaptiveMaxPool3dWithIndices],
} as const;

/** One extent, or null, for each axis. */
function sizesOf(layer: string, outputSize: AdaptiveSize, axes: number): readonly (number | null)[] {
  const list: readonly unknown[] =
    typeof outputSize === 'number'
      ? new Array<unknown>(axes).fill(outputSize)
      : Array.isArray(outputSize)
        ? outputSize
        : [];
  const fits = (n: unknown): n is number | null => n === null || (Number.isInteger(n) && (n as number) >= 1);
  if (list.length === axes && list.every(fits)) return [...list];
  throw wrongArgument(layer, 'outputSize', `an integer ≥ 1 or ${axes} of them (null: the input's)`, outputSize);
}

const said = (sizes: readonly (number | null)[]): string => sizes.map((n) => n ?? '·').join('×');

/** What AdaptiveAvgPool1d, AdaptiveAvgPool2d and AdaptiveAvgPool3d share. */
abstract class AdaptiveAveragePooling extends Module {
  static override readonly positional: readonly string[] = ['outputSize'];

  readonly outputSize: readonly (number | null)[];

  constructor(outputSize: AdaptiveSize) {
    super();
    this.outputSize = sizesOf(typeNameOf(this), outputSize, this.axes());
  }

  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;

  forward(x: Tensor): Tensor {
    const axes = this.axes();
    return withBatch(axes, [x], (batch) => averages[axes](batch, this.outputSize));
  }

  override describe(): string {
    return `${super.describe()} ${said(this.outputSize)}`;
  }
}

/** What AdaptiveMaxPool1d, AdaptiveMaxPool2d and AdaptiveMaxPool3d share. */
abstract class AdaptiveMaxPooling<R extends boolean> extends Module<[x: Tensor], Pooled<R>> {
  static override readonly positional: readonly string[] = ['outputSize'];
  static override readonly options: ModuleOptions = adaptiveMaxOptions;

  readonly outputSize: readonly (number | null)[];
  readonly returnIndices: boolean;

  constructor(outputSize: AdaptiveSize, options: AdaptiveMaxPoolOptions<R> = {}) {
    super();
    const layer = typeNameOf(this);
    checkOptions(layer, options, adaptiveMaxOptions);
    this.outputSize = sizesOf(layer, outputSize, this.axes());
    this.returnIndices = options.returnIndices ?? false;
  }

  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;

  forward(x: Tensor): Pooled<R> {
    const { outputSize } = this;
    const axes = this.axes();
    const [pool, poolWithIndices] = maxima[axes];
    return withIndices<R>(
      axes,
      x,
      this.returnIndices,
      (batch) => pool(batch, outputSize),
      (batch) => poolWithIndices(batch, outputSize),
    );
  }

  override describe(): string {
    return `${super.describe()} ${said(this.outputSize)}`;
  }
}

/**
 * The mean over windows that divide x as evenly as whole pixels can into `outputSize` parts; null keeps an extent. Window i of S pixels in O parts
 * begins at ⌊i·S/O⌋ and ends before ⌈(i + 1)·S/O⌉. `new AdaptiveAvgPool2d(1)` is global average pooling.
 *
 * Shape: x [batch, channels, h, w] → [batch, channels, ...outputSize].
 *
 * Throws `ShapeError` where the input does not fit, `ArgumentError` for sizes out of range.
 *
 * ```ts
 * new AdaptiveAvgPool2d([7, null]).forward(zeros([8, 16, 20, 9])).shape;  // [8, 16, 7, 9]
 * ```
 */
export class AdaptiveAvgPool2d extends AdaptiveAveragePooling {
  static override readonly type: string = 'AdaptiveAvgPool2d';

  protected override axes(): 2 {
    return 2;
  }
}

/**
 * The mean over parts of sequences: x [batch, channels, length] → [batch, channels, outputSize]. As {@link AdaptiveAvgPool2d}.
 *
 * ```ts
 * new AdaptiveAvgPool1d(3).forward(zeros([1, 4, 10])).shape;  // [1, 4, 3]
 * ```
 */
export class AdaptiveAvgPool1d extends AdaptiveAveragePooling {
  static override readonly type: string = 'AdaptiveAvgPool1d';

  protected override axes(): 1 {
    return 1;
  }
}

/**
 * The mean over parts of volumes: x [batch, channels, depth, h, w] → [batch, channels, ...outputSize]. As {@link AdaptiveAvgPool2d}.
 *
 * ```ts
 * new AdaptiveAvgPool3d(2).forward(zeros([1, 2, 5, 6, 7])).shape;  // [1, 2, 2, 2, 2]
 * ```
 */
export class AdaptiveAvgPool3d extends AdaptiveAveragePooling {
  static override readonly type: string = 'AdaptiveAvgPool3d';

  protected override axes(): 3 {
    return 3;
  }
}

/**
 * The maximum over windows that divide x into `outputSize` parts, as those of {@link AdaptiveAvgPool2d}. The gradient goes to the first maximum of each. With
 * `returnIndices` the result is `{ output, indices }`.
 *
 * Shape: x [batch, channels, h, w] → [batch, channels, ...outputSize].
 *
 * ```ts
 * new AdaptiveMaxPool2d(4).forward(zeros([8, 16, 9, 11])).shape;  // [8, 16, 4, 4]
 * ```
 */
export class AdaptiveMaxPool2d<R extends boolean = false> extends AdaptiveMaxPooling<R> {
  static override readonly type: string = 'AdaptiveMaxPool2d';

  protected override axes(): 2 {
    return 2;
  }
}

/**
 * The maximum over parts of sequences: x [batch, channels, length] → [batch, channels, outputSize]. As {@link AdaptiveMaxPool2d}.
 *
 * ```ts
 * await new AdaptiveMaxPool1d(2).forward(tensor([[[1, 2, 3, 4, 5]]])).toArray();  // [[[3, 5]]]
 * ```
 */
export class AdaptiveMaxPool1d<R extends boolean = false> extends AdaptiveMaxPooling<R> {
  static override readonly type: string = 'AdaptiveMaxPool1d';

  protected override axes(): 1 {
    return 1;
  }
}

/**
 * The maximum over parts of volumes: x [batch, channels, depth, h, w] → [batch, channels, ...outputSize]. As {@link AdaptiveMaxPool2d}.
 *
 * ```ts
 * new AdaptiveMaxPool3d([null, 2, 2]).forward(zeros([1, 2, 5, 6, 7])).shape;  // [1, 2, 5, 2, 2]
 * ```
 */
export class AdaptiveMaxPool3d<R extends boolean = false> extends AdaptiveMaxPooling<R> {
  static override readonly type: string = 'AdaptiveMaxPool3d';

  protected override axes(): 3 {
    return 3;
  }
}
