import { ArgumentError, interpolate, type InterpolateOptions, type InterpolationMode, type Tensor } from '@hebb/tensor';
import {
  requireOptions,
  oneOf,
  requireBoolean,
  requireTensor,
  typeNameOf,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Module } from '../module/module.ts';

export interface UpsamplingOptions {
  /** The spatial size of the result; either this or `scaleFactor`. */
  size?: number | readonly number[] | undefined;
  /** How much larger the result is: ⌊extent · scaleFactor⌋; either this or `size`. */
  scaleFactor?: number | readonly number[] | undefined;
}

export interface UpsampleOptions extends UpsamplingOptions {
  /** 'nearest' (default), 'nearest-exact', 'area'; 'linear', 'bilinear', 'trilinear' for one, two and three axes; 'bicubic' for two. */
  mode?: InterpolationMode;
  /** Whether the centres of the corner pixels stay corners; for the linear modes and 'bicubic' alone. Default: false, where the mode has it. */
  alignCorners?: boolean | undefined;
  /** Whether the ratio of the rounded sizes says where pixels come from, and not the factor. Default false. */
  recomputeScaleFactor?: boolean;
}

const upsamplingOptions: OptionNames<UpsamplingOptions> = { size: true, scaleFactor: true };
const upsampleOptions: OptionNames<UpsampleOptions> = {
  ...upsamplingOptions,
  mode: oneOf('nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear', 'bicubic', 'area'),
  // A boolean that may be left out: configurations leave it out, too.
  alignCorners: (where, name, value) => {
    requireBoolean(where, name, value);
  },
  recomputeScaleFactor: requireBoolean,
};

/** What Upsample, UpsamplingNearest2d and UpsamplingBilinear2d share. */
abstract class Upsampling extends Module {
  readonly size: number | readonly number[] | undefined;
  readonly scaleFactor: number | readonly number[] | undefined;

  constructor({ size, scaleFactor }: UpsamplingOptions) {
    super();
    const layer = typeNameOf(this);
    if ((size === undefined) === (scaleFactor === undefined))
      throw new ArgumentError(
        `[${layer}] takes a size or a scaleFactor, ${size === undefined ? 'and has none' : 'not both'}.`,
      );
    requireNumbers(layer, 'size', size, (n) => Number.isInteger(n) && n >= 1, 'an integer ≥ 1, or one for each axis');
    requireNumbers(
      layer,
      'scaleFactor',
      scaleFactor,
      (n) => Number.isFinite(n) && n > 0,
      'a number > 0, or one for each axis',
    );
    this.size = typeof size === 'object' ? [...size] : size;
    this.scaleFactor = typeof scaleFactor === 'object' ? [...scaleFactor] : scaleFactor;
  }

  /** What becomes larger. */
  protected target(): Pick<InterpolateOptions, 'size' | 'scaleFactor'> {
    return this.size === undefined ? { scaleFactor: this.scaleFactor } : { size: this.size };
  }

  override describe(): string {
    const { size, scaleFactor } = this;
    return `${super.describe()} ${size === undefined ? `× ${[scaleFactor].flat().join(', ')}` : `to ${[size].flat().join('×')}`}`;
  }
}

function requireNumbers(
  layer: string,
  name: string,
  value: number | readonly number[] | undefined,
  fits: (n: number) => boolean,
  expected: string,
): void {
  if (value === undefined) return;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || !list.every((n) => typeof n === 'number' && fits(n)))
    throw wrongArgument(layer, name, expected, value);
}

/**
 * Images at another resolution, as the function `interpolate` of @hebb/tensor makes them: x [batch, channels, ...spatial], with one to three spatial axes by the mode.
 *
 * Throws `ShapeError` for a rank that the mode does not take, `ArgumentError` for options out of range, and unless there is either a size or a scale factor.
 *
 * ```ts
 * await new Upsample({ scaleFactor: 2 }).forward(tensor([[[1, 2]]])).toArray();  // [[[1, 1, 2, 2]]]
 * new Upsample({ size: [40, 50], mode: 'bicubic' }).forward(zeros([1, 3, 20, 30])).shape;  // [1, 3, 40, 50]
 * ```
 */
export class Upsample extends Upsampling {
  static override readonly type: string = 'Upsample';
  static override readonly options: ModuleOptions = upsampleOptions;

  readonly mode: InterpolationMode;
  readonly alignCorners: boolean | undefined;
  readonly recomputeScaleFactor: boolean;

  constructor(options: UpsampleOptions) {
    requireOptions('Upsample', options, upsampleOptions);
    super(options);
    const { mode = 'nearest', alignCorners, recomputeScaleFactor = false } = options;
    if (alignCorners !== undefined && (mode.startsWith('nearest') || mode === 'area'))
      throw new ArgumentError(`[Upsample] mode '${mode}' has no corners to align: alignCorners is for the others.`);
    if (recomputeScaleFactor && this.scaleFactor === undefined)
      throw new ArgumentError('[Upsample] recomputeScaleFactor goes with a scaleFactor.');
    this.mode = mode;
    this.alignCorners = alignCorners;
    this.recomputeScaleFactor = recomputeScaleFactor;
  }

  forward(x: Tensor): Tensor {
    requireTensor('Upsample', 'the input', x);
    const { mode, alignCorners, recomputeScaleFactor, scaleFactor } = this;
    const target = recomputeScaleFactor
      ? { size: x.shape.slice(2).map((n, axis) => Math.floor(n * factorOf(scaleFactor, axis))) }
      : this.target();
    return interpolate(x, { ...target, mode, ...(alignCorners === undefined ? {} : { alignCorners }) });
  }
}

const factorOf = (factor: number | readonly number[] | undefined, axis: number): number =>
  (typeof factor === 'object' ? factor[axis] : factor) ?? 1;

/**
 * {@link Upsample} of images with mode 'nearest': x [batch, channels, h, w].
 *
 * ```ts
 * new UpsamplingNearest2d({ scaleFactor: 3 }).forward(zeros([1, 3, 4, 5])).shape;  // [1, 3, 12, 15]
 * ```
 */
export class UpsamplingNearest2d extends Upsampling {
  static override readonly type: string = 'UpsamplingNearest2d';
  static override readonly options: ModuleOptions = upsamplingOptions;

  constructor(options: UpsamplingOptions) {
    requireOptions('UpsamplingNearest2d', options, upsamplingOptions);
    super(options);
  }

  forward(x: Tensor): Tensor {
    return interpolate(x, { ...this.target(), mode: 'nearest' });
  }
}

/**
 * {@link Upsample} of images with mode 'bilinear' and corners that stay corners: x [batch, channels, h, w].
 *
 * ```ts
 * await new UpsamplingBilinear2d({ size: [1, 3] }).forward(tensor([[[[1, 2]]]])).toArray();  // [[[[1, 1.5, 2]]]]
 * ```
 */
export class UpsamplingBilinear2d extends Upsampling {
  static override readonly type: string = 'UpsamplingBilinear2d';
  static override readonly options: ModuleOptions = upsamplingOptions;

  constructor(options: UpsamplingOptions) {
    requireOptions('UpsamplingBilinear2d', options, upsamplingOptions);
    super(options);
  }

  forward(x: Tensor): Tensor {
    return interpolate(x, { ...this.target(), mode: 'bilinear', alignCorners: true });
  }
}
