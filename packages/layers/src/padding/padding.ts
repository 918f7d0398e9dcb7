import { pad, ShapeError, type PaddingMode, type Tensor } from '@hebb/tensor';
import { requireNumber, requireTensor, typeNameOf, wrongArgument } from '@hebb/tensor/arguments';
import { Module } from '../module/module.ts';

/** Elements on all sides, or on each in PyTorch's order, the last axis first: [left, right, top, bottom, front, back]. Negative numbers crop. */
export type Border = number | readonly number[];

/** What padding layers share. */
abstract class Padding extends Module {
  static override readonly positional: readonly string[] = ['padding'];

  readonly padding: readonly number[];

  constructor(padding: Border) {
    super();
    const sides = 2 * this.axes();
    const list: readonly unknown[] =
      typeof padding === 'number' ? new Array<unknown>(sides).fill(padding) : Array.isArray(padding) ? padding : [];
    if (list.length !== sides || !list.every(Number.isInteger))
      throw wrongArgument(
        typeNameOf(this),
        'padding',
        `an integer or ${sides} of them, [before, after] of the last axis first`,
        padding,
      );
    this.padding = [...(list as readonly number[])];
  }

  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;
  protected abstract mode(): PaddingMode;

  forward(x: Tensor): Tensor {
    const layer = typeNameOf(this);
    requireTensor(layer, 'the input', x);
    const axes = this.axes();
    const mode = this.mode();
    if (x.ndim !== axes + 1 && x.ndim !== axes + 2)
      throw new ShapeError(`[${layer}] takes [batch, channels, ${spatial[axes]}], or one of a batch, not ${x}.`);
    const pairs = Array.from(
      { length: axes },
      (_, i) => [this.padding[2 * i] ?? 0, this.padding[2 * i + 1] ?? 0] as const,
    );
    const before = Array.from({ length: x.ndim - axes }, () => [0, 0] as const);
    return pad(x, [...before, ...pairs.reverse()], mode === 'constant' ? { value: this.fill() } : { mode });
  }

  /** What a constant border is made of. */
  protected fill(): number {
    return 0;
  }

  override describe(): string {
    return `${super.describe()} [${this.padding.join(', ')}]`;
  }
}

const spatial = { 1: 'length', 2: 'height, width', 3: 'depth, height, width' };

abstract class ConstantPadding extends Padding {
  static override readonly positional: readonly string[] = ['padding', 'value'];

  readonly value: number;

  constructor(padding: Border, value: number) {
    super(padding);
    requireNumber(typeNameOf(this), 'value', value);
    this.value = value;
  }

  protected override mode(): 'constant' {
    return 'constant';
  }

  protected override fill(): number {
    return this.value;
  }
}

abstract class ZeroPadding extends Padding {
  protected override mode(): 'constant' {
    return 'constant';
  }
}

abstract class ReflectionPadding extends Padding {
  protected override mode(): 'reflect' {
    return 'reflect';
  }
}

abstract class ReplicationPadding extends Padding {
  protected override mode(): 'replicate' {
    return 'replicate';
  }
}

abstract class CircularPadding extends Padding {
  protected override mode(): 'circular' {
    return 'circular';
  }
}

/**
 * A border of `value` around images: x [batch, channels, h, w], or without a batch. `padding` is a number for all sides, or [left, right, top, bottom]; negative numbers crop.
 *
 * Throws `ShapeError` for other ranks and where an axis is too short, `ArgumentError` for a padding of other than integers.
 *
 * ```ts
 * await new ConstantPad2d([1, 0, 0, 1], 9).forward(tensor([[[1, 2]]])).toArray();  // [[[9, 1, 2], [9, 9, 9]]]
 * ```
 */
export class ConstantPad2d extends ConstantPadding {
  static override readonly type: string = 'ConstantPad2d';

  protected override axes(): 2 {
    return 2;
  }
}

/** {@link ConstantPad2d} of sequences: x [batch, channels, length], padding [left, right]. */
export class ConstantPad1d extends ConstantPadding {
  static override readonly type: string = 'ConstantPad1d';

  protected override axes(): 1 {
    return 1;
  }
}

/** {@link ConstantPad2d} of volumes: x [batch, channels, depth, h, w], padding [left, right, top, bottom, front, back]. */
export class ConstantPad3d extends ConstantPadding {
  static override readonly type: string = 'ConstantPad3d';

  protected override axes(): 3 {
    return 3;
  }
}

/**
 * A border of zeros around images: x [batch, channels, h, w], or without a batch. `padding` is a number for all sides, or [left, right, top, bottom]; negative numbers crop.
 *
 * Throws `ShapeError` for other ranks and where an axis is too short, `ArgumentError` for a padding of other than integers.
 *
 * ```ts
 * new ZeroPad2d(1).forward(zeros([8, 3, 4, 4])).shape;  // [8, 3, 6, 6]
 * ```
 */
export class ZeroPad2d extends ZeroPadding {
  static override readonly type: string = 'ZeroPad2d';

  protected override axes(): 2 {
    return 2;
  }
}

/** {@link ZeroPad2d} of sequences: x [batch, channels, length], padding [left, right]. */
export class ZeroPad1d extends ZeroPadding {
  static override readonly type: string = 'ZeroPad1d';

  protected override axes(): 1 {
    return 1;
  }
}

/** {@link ZeroPad2d} of volumes: x [batch, channels, depth, h, w], padding [left, right, top, bottom, front, back]. */
export class ZeroPad3d extends ZeroPadding {
  static override readonly type: string = 'ZeroPad3d';

  protected override axes(): 3 {
    return 3;
  }
}

/**
 * A border of the images in mirror image, without the pixels at the edge: x [batch, channels, h, w], or without a batch. `padding` is a number for all sides, or [left, right, top, bottom], less than the extents.
 *
 * Throws `ShapeError` for other ranks and where an axis is too short, `ArgumentError` for a padding of other than integers.
 *
 * ```ts
 * await new ReflectionPad2d([2, 0, 0, 0]).forward(tensor([[[1, 2, 3]]])).toArray();  // [[[3, 2, 1, 2, 3]]]
 * ```
 */
export class ReflectionPad2d extends ReflectionPadding {
  static override readonly type: string = 'ReflectionPad2d';

  protected override axes(): 2 {
    return 2;
  }
}

/** {@link ReflectionPad2d} of sequences: x [batch, channels, length], padding [left, right]. */
export class ReflectionPad1d extends ReflectionPadding {
  static override readonly type: string = 'ReflectionPad1d';

  protected override axes(): 1 {
    return 1;
  }
}

/** {@link ReflectionPad2d} of volumes: x [batch, channels, depth, h, w], padding [left, right, top, bottom, front, back]. */
export class ReflectionPad3d extends ReflectionPadding {
  static override readonly type: string = 'ReflectionPad3d';

  protected override axes(): 3 {
    return 3;
  }
}

/**
 * A border of the pixels at the edge: x [batch, channels, h, w], or without a batch. `padding` is a number for all sides, or [left, right, top, bottom].
 *
 * Throws `ShapeError` for other ranks and where an axis is too short, `ArgumentError` for a padding of other than integers.
 *
 * ```ts
 * await new ReplicationPad2d([2, 1, 0, 0]).forward(tensor([[[1, 2]]])).toArray();  // [[[1, 1, 1, 2, 2]]]
 * ```
 */
export class ReplicationPad2d extends ReplicationPadding {
  static override readonly type: string = 'ReplicationPad2d';

  protected override axes(): 2 {
    return 2;
  }
}

/** {@link ReplicationPad2d} of sequences: x [batch, channels, length], padding [left, right]. */
export class ReplicationPad1d extends ReplicationPadding {
  static override readonly type: string = 'ReplicationPad1d';

  protected override axes(): 1 {
    return 1;
  }
}

/** {@link ReplicationPad2d} of volumes: x [batch, channels, depth, h, w], padding [left, right, top, bottom, front, back]. */
export class ReplicationPad3d extends ReplicationPadding {
  static override readonly type: string = 'ReplicationPad3d';

  protected override axes(): 3 {
    return 3;
  }
}

/**
 * A border of the pixels of the other side: x [batch, channels, h, w], or without a batch. `padding` is a number for all sides, or [left, right, top, bottom], at most the extents.
 *
 * Throws `ShapeError` for other ranks and where an axis is too short, `ArgumentError` for a padding of other than integers.
 *
 * ```ts
 * await new CircularPad2d([1, 1, 0, 0]).forward(tensor([[[1, 2, 3]]])).toArray();  // [[[3, 1, 2, 3, 1]]]
 * ```
 */
export class CircularPad2d extends CircularPadding {
  static override readonly type: string = 'CircularPad2d';

  protected override axes(): 2 {
    return 2;
  }
}

/** {@link CircularPad2d} of sequences: x [batch, channels, length], padding [left, right]. */
export class CircularPad1d extends CircularPadding {
  static override readonly type: string = 'CircularPad1d';

  protected override axes(): 1 {
    return 1;
  }
}

/** {@link CircularPad2d} of volumes: x [batch, channels, depth, h, w], padding [left, right, top, bottom, front, back]. */
export class CircularPad3d extends CircularPadding {
  static override readonly type: string = 'CircularPad3d';

  protected override axes(): 3 {
    return 3;
  }
}
