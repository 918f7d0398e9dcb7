/** Pooling over regions of random places. */
import { describe, requireOptions, wrongArgument, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { isFloat, sizeOf } from '../graph/types.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { perAxis } from './convolution.ts';
import { maxWithIndices, type ValuesWithIndices } from './extremes.ts';
import { gatherNode } from './indexing.ts';
import { broadcastTo, permute, reshape } from './movement.ts';
import { numeric } from './operands.ts';
import { flatIndices, positionsAlong, requireImage } from './pooling.ts';
import { rand, requireGenerator, type RandomOptions } from './random.ts';

export interface FractionalPoolingOptions extends RandomOptions {
  /** The spatial size of the result; either this or `outputRatio`. */
  outputSize?: number | readonly number[] | undefined;
  /** The size of the result as a part of the input's, between 0 and 1; either this or `outputSize`. */
  outputRatio?: number | readonly number[] | undefined;
  /**
   * [batch, channels, axes] in 0 … 1: where the regions of each image and channel begin along each axis; of images PyTorch has the width first, of volumes depth, height, width. Default:
   * drawn.
   */
  randomSamples?: Tensor | undefined;
}

const fractionalOptions: OptionNames<FractionalPoolingOptions> = {
  outputSize: true,
  outputRatio: true,
  randomSamples: requireTensor,
  generator: requireGenerator,
};

/** The size of the result. */
function sizesOf(op: string, x: Tensor, kernel: readonly number[], options: FractionalPoolingOptions): number[] {
  const { outputSize, outputRatio } = options;
  const axes = kernel.length;
  if ((outputSize === undefined) === (outputRatio === undefined))
    throw new ArgumentError(
      `[${op}] takes an outputSize or an outputRatio, ${outputSize === undefined ? 'and has none' : 'not both'}.`,
    );
  const extents = x.shape.slice(2);
  let sizes: number[];
  if (outputSize === undefined) {
    const list: readonly unknown[] = Array.isArray(outputRatio)
      ? outputRatio
      : new Array<unknown>(axes).fill(outputRatio);
    const fits = (n: unknown): n is number => typeof n === 'number' && n > 0 && n < 1;
    if (list.length !== axes || !list.every(fits))
      throw wrongArgument(op, 'outputRatio', `a number between 0 and 1, or ${axes} of them`, outputRatio);
    sizes = extents.map((n, axis) => Math.floor(n * (list[axis] as number)));
  } else sizes = perAxis(op, 'outputSize', outputSize, axes, 1);
  if (sizes.some((n, axis) => n < 1 || n + (kernel[axis] ?? 1) - 1 > (extents[axis] ?? 0)))
    throw new ShapeError(
      `[${op}] there are no ${sizes.join(' × ')} regions of ${kernel.join(' × ')} in ${x}: kernelSize + outputSize − 1 is at most the input's extent.`,
    );
  return sizes;
}

/** ⌊(i + u)·α⌋ − ⌊u·α⌋ with α = (extent − kernel) / (size − 1), and at the end extent − kernel: [n, c, size] (Graham 2014). */
function startsOf(sample: Tensor, extent: number, kernel: number, size: number): Tensor {
  const alpha = size > 1 ? Math.fround((extent - kernel) / (size - 1)) : 0;
  const i = positionsAlong(2, size, 3);
  const whole = (t: Tensor): Tensor => t.mul(alpha).floor().to('int32');
  const starts = whole(i.to('float32').add(sample)).sub(whole(sample));
  return i.equal(size - 1).where(extent - kernel, starts);
}

function fractionalMax(
  op: string,
  axes: number,
  given: Tensor,
  kernelSize: number | readonly number[],
  options: FractionalPoolingOptions,
): ValuesWithIndices {
  requireImage(op, given, axes);
  requireOptions(op, options, fractionalOptions);
  const kernel = perAxis(op, 'kernelSize', kernelSize, axes, 1);
  const sizes = sizesOf(op, given, kernel, options);
  const x = numeric(given);
  const [n = 0, c = 0] = x.shape;
  const { randomSamples, generator } = options;
  const drawn = randomSamples ?? rand([n, c, axes], generator === undefined ? {} : { generator });
  if (!isFloat(drawn.dtype) || drawn.shape.join() !== [n, c, axes].join())
    throw new ShapeError(`[${op}] randomSamples are float32[${n},${c},${axes}] for ${x}, not ${describe(drawn)}.`);
  let elements = x;
  const starts: Tensor[] = [];
  sizes.forEach((size, axis) => {
    const extent = x.shape[axis + 2] ?? 1;
    const width = kernel[axis] ?? 1;
    // As PyTorch has them: of images the first number is the width's.
    const sample = drawn.narrow(2, axes === 2 ? 1 - axis : axis, 1).detach();
    const start = startsOf(sample, extent, width, size);
    const along = (length: number): number[] => [n, c, ...sizes.map((_, other) => (other === axis ? length : 1))];
    starts.push(reshape(start, along(size)));
    const positions = reshape(start.unsqueeze(-1).add(positionsAlong(3, width, 4)), along(size * width));
    const index = elements.shape.map((count, other) => (other === axis + 2 ? size * width : count));
    elements = gatherNode(elements, axis + 2, broadcastTo(positions, index));
  });
  // [n, c, o1·k1, o2·k2] → [n, c, o1, k1, o2, k2] → [n, c, o1, o2, k1·k2]
  const split = reshape(elements, [n, c, ...sizes.flatMap((size, axis) => [size, kernel[axis] ?? 1])]);
  const outer = Array.from({ length: axes }, (_, axis) => 2 + 2 * axis);
  const windows = reshape(permute(split, [0, 1, ...outer, ...outer.map((axis) => axis + 1)]), [
    n,
    c,
    ...sizes,
    sizeOf(kernel),
  ]);
  const { values, indices: winners } = maxWithIndices(windows, -1);
  const indices = flatIndices(x, winners, kernel, (axis, place) => (starts[axis] as Tensor).add(place));
  return { values, indices };
}

/**
 * The maximum over `outputSize` regions of `kernelSize` that overlap at random places, about evenly apart (Graham 2014, arXiv:1412.6071): [n, c, h, w] → [n, c, oh, ow]. Along an axis
 * region i begins at ⌊(i + u)·α⌋ − ⌊u·α⌋ with α = (extent − kernelSize) / (outputSize − 1), the last at extent − kernelSize; u is drawn for each image and channel, or given as `randomSamples`,
 * for which the numbers are PyTorch's.
 *
 * Throws {@link ShapeError} where the regions do not fit into x, {@link ArgumentError} for options out of range.
 *
 * ```ts
 * fractionalMaxPool2d(zeros([8, 16, 32, 32]), 2, { outputRatio: 0.7 }).shape; // [8, 16, 22, 22]
 * ```
 */
export function fractionalMaxPool2d(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: FractionalPoolingOptions,
): Tensor {
  return fractionalMax('fractionalMaxPool2d', 2, x, kernelSize, options).values;
}

/**
 * {@link fractionalMaxPool2d} with the position of each maximum in x, flat over its spatial axes (int32): `{ values, indices }`.
 *
 * ```ts
 * fractionalMaxPool2dWithIndices(zeros([1, 1, 6, 6]), 2, { outputSize: 4 }).indices.shape; // [1, 1, 4, 4]
 * ```
 */
export function fractionalMaxPool2dWithIndices(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: FractionalPoolingOptions,
): ValuesWithIndices {
  return fractionalMax('fractionalMaxPool2dWithIndices', 2, x, kernelSize, options);
}

/**
 * The maximum over regions of volumes at random places: [n, c, d, h, w] → [n, c, od, oh, ow]; as {@link fractionalMaxPool2d}.
 *
 * ```ts
 * fractionalMaxPool3d(zeros([1, 2, 8, 8, 8]), 2, { outputSize: [4, 5, 6] }).shape; // [1, 2, 4, 5, 6]
 * ```
 */
export function fractionalMaxPool3d(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: FractionalPoolingOptions,
): Tensor {
  return fractionalMax('fractionalMaxPool3d', 3, x, kernelSize, options).values;
}

/**
 * {@link fractionalMaxPool3d} with the position of each maximum in x, flat over its spatial axes (int32): `{ values, indices }`.
 *
 * ```ts
 * fractionalMaxPool3dWithIndices(zeros([1, 2, 8, 8, 8]), 2, { outputSize: 4 }).indices.shape; // [1, 2, 4, 4, 4]
 * ```
 */
export function fractionalMaxPool3dWithIndices(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: FractionalPoolingOptions,
): ValuesWithIndices {
  return fractionalMax('fractionalMaxPool3dWithIndices', 3, x, kernelSize, options);
}
