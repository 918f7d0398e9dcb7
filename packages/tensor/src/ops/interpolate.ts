/** Images at another resolution. */
import {
  checkOptions,
  describe,
  requireBoolean,
  requireOneOf,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { requireTensor, unchanged } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from './adaptive-pooling.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { perAxis } from './convolution.ts';
import { tensor } from './creation.ts';
import { alongAxis, gatherNode } from './indexing.ts';
import { requireTable } from './limits.ts';
import { broadcastTo, reshape } from './movement.ts';
import { inFloat32 } from './operands.ts';

const modes = ['nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear', 'bicubic', 'area'] as const;
export type InterpolationMode = (typeof modes)[number];

export interface InterpolateOptions {
  /** The spatial size of the result; either this or `scaleFactor`. */
  size?: number | readonly number[] | undefined;
  /** How much larger the result is: ⌊extent · scaleFactor⌋; either this or `size`. */
  scaleFactor?: number | readonly number[] | undefined;
  /**
   * 'nearest' (default; at ⌊i · scale⌋), 'nearest-exact' (at the centre, ⌊(i + ½) · scale⌋), 'linear', 'bilinear' and 'trilinear' for one, two and three spatial axes, 'bicubic'
   * (two; a = −0.75, may overshoot), 'area' (the mean over what a pixel covers, as adaptive pooling).
   */
  mode?: InterpolationMode;
  /** Whether the centres of the corner pixels stay corners (else the edges of the image do); linear modes and 'bicubic' alone. Default false. */
  alignCorners?: boolean;
}

const interpolateOptions: OptionNames<InterpolateOptions> = {
  size: true,
  scaleFactor: true,
  mode: true,
  alignCorners: requireBoolean,
};

const axesOf: Readonly<Record<InterpolationMode, readonly number[]>> = {
  nearest: [1, 2, 3],
  'nearest-exact': [1, 2, 3],
  linear: [1],
  bilinear: [2],
  trilinear: [3],
  bicubic: [2],
  area: [1, 2, 3],
};

/** Positions and weights of a pixel of the result along an axis. */
const numbersPerPixel: Readonly<Record<InterpolationMode, number>> = {
  nearest: 1,
  'nearest-exact': 1,
  linear: 4,
  bilinear: 4,
  trilinear: 4,
  bicubic: 8,
  area: 0,
};

/**
 * Resamples images [batch, channels, ...spatial] with one to three spatial axes, as `torch.nn.functional.interpolate` (without antialiasing); modes in {@link InterpolateOptions}. The
 * dtype of x with the nearest modes and of float16, else float32. Pixels past the edge are those at the edge. A scale factor itself, not the ratio of the rounded sizes, says where pixels come from.
 *
 * Throws {@link ShapeError} for a rank that the mode does not take and for images without pixels, {@link ArgumentError} for options out of range.
 *
 * ```ts
 * await interpolate(tensor([[[1, 2]]]), { scaleFactor: 2 }).toArray(); // [[[1, 1, 2, 2]]]
 * await interpolate(tensor([[[1, 2]]]), { size: 3, mode: 'linear', alignCorners: true }).toArray(); // [[[1, 1.5, 2]]]
 * interpolate(zeros([1, 3, 20, 30]), { size: [40, 50], mode: 'bicubic' }).shape; // [1, 3, 40, 50]
 * ```
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const op = 'interpolate';
  requireTensor(op, 'x', x);
  checkOptions(op, options, interpolateOptions);
  const { size, scaleFactor, mode = 'nearest', alignCorners } = options ?? {};
  requireOneOf(op, 'mode', mode, modes);
  const axes = x.ndim - 2;
  if (!axesOf[mode].includes(axes))
    throw new ShapeError(
      `[${op}] mode '${mode}' takes ${axesOf[mode].join(', ')} spatial ax${axesOf[mode].length === 1 && axesOf[mode][0] === 1 ? 'is' : 'es'} [batch, channels, ...spatial], not ${x}.`,
    );
  if (alignCorners !== undefined && (mode.startsWith('nearest') || mode === 'area'))
    throw new ArgumentError(`[${op}] mode '${mode}' has no corners to align: alignCorners is for the others.`);
  if ((size === undefined) === (scaleFactor === undefined))
    throw new ArgumentError(
      `[${op}] takes a size or a scaleFactor, ${size === undefined ? 'and has none' : 'not both'}.`,
    );
  const spatial = x.shape.slice(2);
  if (spatial.some((n) => n === 0)) throw new ShapeError(`[${op}] there are no pixels in ${x}.`);
  const factors = scaleFactor === undefined ? undefined : factorsOf(op, scaleFactor, axes);
  const sizes =
    factors === undefined
      ? perAxis(op, 'size', size as number | readonly number[], axes, 1)
      : spatial.map((n, axis) => Math.floor(n * (factors[axis] ?? 1)));
  if (sizes.some((n) => n < 1))
    throw new ShapeError(`[${op}] nothing is left of ${x} with scaleFactor ${describe(scaleFactor)}.`);
  if (mode === 'area') {
    if (axes === 1) return adaptiveAvgPool1d(x, sizes);
    return axes === 2 ? adaptiveAvgPool2d(x, sizes) : adaptiveAvgPool3d(x, sizes);
  }
  if (x.dtype === 'float16' && !mode.startsWith('nearest')) return inFloat32(x, (wide) => interpolate(wide, options));
  // A result as large as x, at the same pixels, needs no operation.
  if (mode.startsWith('nearest') && sizes.every((n, axis) => n === spatial[axis] && (factors?.[axis] ?? 1) === 1))
    return unchanged(x);
  const asked = factors === undefined ? 'size' : 'scaleFactor';
  for (const n of sizes) requireTable(op, asked, n, n * numbersPerPixel[mode]);
  const attributes = {
    mode,
    alignCorners: alignCorners === true,
    sizes: factors === undefined ? sizes : [],
    factors: factors ?? [],
  };
  return compose(interpolateDefinition, attributes, [x]);
}

interface Resampling {
  readonly mode: string;
  readonly alignCorners: boolean;
  /** Of the result, where those are given; otherwise what follows from the factors. */
  readonly sizes: readonly number[];
  readonly factors: readonly number[];
  readonly [name: string]: string | boolean | readonly number[];
}

export const interpolateDefinition: CompositeDefinition<Resampling> = {
  name: 'interpolate',
  body: ({ mode, alignCorners, sizes, factors }, x) =>
    resampledAll(x, mode as InterpolationMode, alignCorners, sizes, factors),
};

function resampledAll(
  x: Tensor,
  mode: InterpolationMode,
  alignCorners: boolean,
  given: readonly number[],
  factors: readonly number[],
): Tensor {
  const spatial = x.shape.slice(2);
  const sizes = factors.length === 0 ? given : spatial.map((n, axis) => Math.floor(n * (factors[axis] ?? 1)));
  let result = mode.startsWith('nearest') ? x : x.to('float32');
  sizes.forEach((length, axis) => {
    const extent = spatial[axis] ?? 1;
    // Positions are quotients of integers where sizes are given: those are computed exactly.
    const factor = factors[axis];
    const at = (i: number): number => (factor === undefined ? (i * extent) / length : i / factor);
    result = resampled(result, axis + 2, length, tapsOf(mode, alignCorners, extent, length, at));
  });
  return result;
}

function factorsOf(op: string, given: unknown, axes: number): number[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : new Array<unknown>(axes).fill(given);
  if (list.length !== axes || list.some((n) => typeof n !== 'number' || !Number.isFinite(n) || n <= 0))
    throw wrongArgument(op, 'scaleFactor', `a finite number > 0 or ${axes} of them`, given);
  return list as number[];
}

/** What an element of the result is made of: elements at `positions`, each times its weight; one list per tap. */
interface Taps {
  readonly positions: Int32Array[];
  /** Undefined: 1. */
  readonly weights: Float32Array[] | undefined;
}

function tapsOf(
  mode: InterpolationMode,
  alignCorners: boolean,
  extent: number,
  length: number,
  at: (i: number) => number,
): Taps {
  const inside = (position: number): number => Math.min(Math.max(position, 0), extent - 1);
  // Typed arrays, which are as long as the result: lists of numbers take several times the memory.
  const each = <A extends Int32Array | Float32Array>(array: A, value: (i: number) => number): A => {
    for (let i = 0; i < length; i++) array[i] = value(i);
    return array;
  };
  const positionsAt = (value: (i: number) => number): Int32Array => each(new Int32Array(length), value);
  const weightsAt = (value: (i: number) => number): Float32Array => each(new Float32Array(length), value);
  if (mode === 'nearest') return { positions: [positionsAt((i) => inside(Math.floor(at(i))))], weights: undefined };
  if (mode === 'nearest-exact')
    return { positions: [positionsAt((i) => inside(Math.floor(at(i + 0.5))))], weights: undefined };
  const source = (i: number): number =>
    alignCorners ? (length > 1 ? (i * (extent - 1)) / (length - 1) : 0) : at(i + 0.5) - 0.5;
  if (mode === 'bicubic') {
    return {
      positions: [-1, 0, 1, 2].map((tap) => positionsAt((i) => inside(Math.floor(source(i)) + tap))),
      weights: [-1, 0, 1, 2].map((tap) => weightsAt((i) => cubicWeight(tap - fraction(source(i))))),
    };
  }
  const clamped = (i: number): number => inside(source(i));
  return {
    positions: [0, 1].map((tap) => positionsAt((i) => inside(Math.floor(clamped(i)) + tap))),
    weights: [weightsAt((i) => 1 - fraction(clamped(i))), weightsAt((i) => fraction(clamped(i)))],
  };
}

const fraction = (position: number): number => position - Math.floor(position);

/** Keys' kernel of cubic convolution with a = −0.75, at a distance of at most 2. */
function cubicWeight(distance: number): number {
  const a = -0.75;
  const d = Math.abs(distance);
  return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

function resampled(x: Tensor, axis: number, length: number, { positions, weights }: Taps): Tensor {
  const extent = x.shape[axis] ?? 1;
  const first = positions[0] ?? new Int32Array();
  if (weights === undefined) {
    if (length === extent && first.every((position, i) => position === i)) return x;
    const factor = length / extent;
    // Whole repetitions are a view, and their gradient a sum.
    if (Number.isInteger(factor) && first.every((position, i) => position === Math.floor(i / factor))) {
      const [outer, inner] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
      const repeated = broadcastTo(reshape(x, [...outer, extent, 1, ...inner]), [...outer, extent, factor, ...inner]);
      return reshape(repeated, [...outer, length, ...inner]);
    }
  }
  const parts = positions.map((list, tap) => {
    const index = tensor(list);
    const elements = gatherNode(x, axis, alongAxis(index, axis, x.shape));
    const factors = weights?.[tap];
    if (factors === undefined) return elements;
    const shape = x.shape.map((_, i) => (i === axis ? length : 1));
    return elements.mul(tensor(factors, { shape }));
  });
  return parts.reduce((sum, part) => sum.add(part));
}
