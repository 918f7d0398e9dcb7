/** Pooling to a given size: windows that divide the input as evenly as whole elements can. */
import { wrongArgument } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { largestSize } from '../graph/types.ts';
import { sizeOf } from '../graph/types.ts';
import { tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { minimum } from './arithmetic.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { where } from './comparison.ts';
import { tensor } from './creation.ts';
import { maxWithIndices, type ValuesWithIndices } from './extremes.ts';
import { alongAxis, gatherNode } from './indexing.ts';
import { floorDivide } from './integers.ts';
import { requireTable } from './limits.ts';
import { reshape } from './movement.ts';
import { constantNode, inFloat32, lowestOf, numeric } from './operands.ts';
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  flatIndices,
  maxPool1dWithIndices,
  maxPool2dWithIndices,
  maxPool3dWithIndices,
  positionsAlong,
  requireImage,
} from './pooling.ts';

/** The spatial size of the result: a number for all axes, or one for each, null where the input's is kept. */
export type AdaptiveSize = number | readonly (number | null)[];

interface AdaptiveSizes {
  /** Of the result. */
  readonly sizes: number[];
  /** Of the result, as they were asked for: 0 where the input's is kept. */
  readonly wanted: number[];
  /** Which axes become one element. */
  readonly whole: boolean[];
  /** Whether each axis is pooled as a whole or not at all, by what was asked for and not by the extents of x. */
  readonly isPlain: boolean;
}

function sizesOf(op: string, axes: number, x: Tensor, outputSize: AdaptiveSize): AdaptiveSizes {
  requireImage(op, x, axes);
  const list: readonly (number | null)[] =
    typeof outputSize === 'number'
      ? new Array<number>(axes).fill(outputSize)
      : Array.isArray(outputSize)
        ? outputSize
        : [];
  if (list.length !== axes || list.some((n) => n !== null && (!Number.isInteger(n) || n < 1 || n > largestSize)))
    throw wrongArgument(
      op,
      'outputSize',
      `an integer ≥ 1 and ≤ ${largestSize} or ${axes} of them (null: the input's)`,
      outputSize,
    );
  const sizes = list.map((n, axis) => n ?? x.shape[axis + 2] ?? 1);
  if (x.shape.slice(2).some((n) => n === 0)) throw new ShapeError(`[${op}] there is nothing to pool in ${x}.`);
  const wanted = list.map((n) => n ?? 0);
  return { sizes, wanted, whole: wanted.map((n) => n === 1), isPlain: wanted.every((n) => n <= 1) };
}

/** The windows' size where all are alike. */
function evenKernel(x: Tensor, sizes: readonly number[]): number[] | undefined {
  const kernel = sizes.map((n, axis) => (x.shape[axis + 2] ?? 0) / n);
  return kernel.every(Number.isInteger) ? kernel : undefined;
}

/** Windows of several sizes: window i of S elements in O parts begins at ⌊i·S/O⌋ and ends before ⌈(i + 1)·S/O⌉. */
interface UnevenWindows {
  /** [n, c, ...o, ...k], k as long as the longest; what is not of the window repeats its neighbours. */
  readonly elements: Tensor;
  /** Per axis: the longest window. */
  readonly longest: number[];
  /** Per axis: the windows' begin and length, int32, broadcastable to [n, c, ...o]. */
  readonly starts: Tensor[];
  readonly lengths: Tensor[];
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** Begin and length of the windows along one axis. */
function windowsAlong(op: string, axis: number, parts: number, x: Tensor): [start: Tensor, length: Tensor] {
  const extent = x.shape[axis] ?? 1;
  if (parts * (extent + 1) <= largestSize) {
    const i = positionsAlong(axis, parts, x.ndim);
    const start = floorDivide(i.mul(extent), parts);
    // ⌈n/O⌉ = ⌊(n + O − 1)/O⌋
    const end = floorDivide(
      i
        .add(1)
        .mul(extent)
        .add(parts - 1),
      parts,
    );
    return [start, end.sub(start)];
  }
  // The products are no int32.
  requireTable(op, 'outputSize', parts, 2 * parts);
  const [whole, rest] = [Math.floor(extent / parts), extent % parts];
  const [starts, lengths] = [new Int32Array(parts), new Int32Array(parts)];
  for (let i = 0; i < parts; i++) {
    starts[i] = i * whole + Math.floor((i * rest) / parts);
    lengths[i] = (i + 1) * whole + Math.ceil(((i + 1) * rest) / parts) - (starts[i] ?? 0);
  }
  const shape = x.shape.map((_, i) => (i === axis ? parts : 1));
  return [tensor(starts, { shape }), tensor(lengths, { shape })];
}

function unevenWindows(op: string, x: Tensor, sizes: readonly number[]): UnevenWindows {
  const axes = sizes.length;
  const starts: Tensor[] = [];
  const lengths: Tensor[] = [];
  const longest: number[] = [];
  let elements = x;
  sizes.forEach((parts, axis) => {
    const extent = x.shape[axis + 2] ?? 1;
    const [start, length] = windowsAlong(op, axis + 2, parts, x);
    starts.push(start);
    lengths.push(length);
    // Of i·S mod O the largest is O − d with the greatest common divisor d, so that the longest window is ⌈(O − d + S)/O⌉.
    const width = Math.ceil((parts - greatestCommonDivisor(extent, parts) + extent) / parts);
    longest.push(width);
    const column = reshape(start, [parts, 1]).add(positionsAlong(1, width, 2));
    const list = reshape(minimum(column, extent - 1), [parts * width]);
    elements = gatherNode(elements, axis + 2, alongAxis(list, axis + 2, elements.shape));
  });
  // [n, c, o1·k1, o2·k2] → [n, c, o1, k1, o2, k2] → [n, c, o1, o2, k1, k2]
  const outer = x.shape.slice(0, 2);
  const split = reshape(elements, [...outer, ...sizes.flatMap((n, axis) => [n, longest[axis] ?? 1])]);
  const order = Array.from({ length: axes }, (_, axis) => 2 + 2 * axis);
  return { elements: split.permute([0, 1, ...order, ...order.map((n) => n + 1)]), longest, starts, lengths };
}

/** The elements of windows as one last axis, `outside` in the place of what is not of the window. */
function filled({ elements, longest, lengths }: UnevenWindows, outside: number): Tensor {
  const axes = longest.length;
  const { ndim, shape, dtype } = elements;
  const inside = longest
    .map((width, axis) => {
      const length = lengths[axis] as Tensor;
      const place = positionsAlong(2 + axes + axis, width, ndim);
      return place.less(reshape(length, [...length.shape, ...longest.map(() => 1)]));
    })
    .reduce((all, one) => all.and(one));
  const chosen = where(inside, elements, tensorOf(constantNode(outside, dtype, [])));
  return reshape(chosen, [...shape.slice(0, 2 + axes), sizeOf(longest)]);
}

/** The maximum over whole axes: they become the last one, along which the first of several wins. */
function wholeMax(x: Tensor, whole: readonly boolean[]): ValuesWithIndices {
  const spatial = whole.map((_, axis) => axis + 2);
  const pooled = spatial.filter((_, i) => whole[i]);
  const kept = [0, 1, ...spatial.filter((_, i) => !whole[i])];
  const extents = (axes: readonly number[]): number[] => axes.map((axis) => x.shape[axis] ?? 1);
  const last = reshape(x.permute([...kept, ...pooled]), [...extents(kept), sizeOf(extents(pooled))]);
  const { values, indices } = maxWithIndices(last, -1);
  const shape = x.shape.map((n, axis) => (axis >= 2 && whole[axis - 2] ? 1 : n));
  const kernel = whole.map((all, i) => (all ? (x.shape[i + 2] ?? 1) : 1));
  const winners = reshape(indices, shape);
  // Over all axes their order is that of x already.
  const places = whole.every(Boolean)
    ? winners
    : flatIndices(x, winners, kernel, (axis, place) =>
        whole[axis] ? place : positionsAlong(axis + 2, x.shape[axis + 2] ?? 1, x.ndim).add(place),
      );
  return { values: reshape(values, shape), indices: places };
}

type EvenMax = (x: Tensor, kernel: readonly number[]) => ValuesWithIndices;
/** By the number of axes, less one. */
const maxima: readonly EvenMax[] = [maxPool1dWithIndices, maxPool2dWithIndices, maxPool3dWithIndices];
const averages = [avgPool1d, avgPool2d, avgPool3d] as const;

function adaptiveMax(op: string, axes: number, x: Tensor, outputSize: AdaptiveSize, even: EvenMax): ValuesWithIndices {
  const { sizes, whole, isPlain } = sizesOf(op, axes, x, outputSize);
  const input = numeric(x);
  if (isPlain) return wholeMax(input, whole);
  const kernel = evenKernel(x, sizes);
  if (kernel !== undefined) return even(input, kernel);
  const windows = unevenWindows(op, input, sizes);
  const { values, indices: winners } = maxWithIndices(filled(windows, lowestOf(input.dtype)), -1);
  const indices = flatIndices(x, winners, windows.longest, (axis, place) =>
    (windows.starts[axis] as Tensor).add(place),
  );
  return { values, indices };
}

/** `wanted` for each axis, 0 where the input's size is kept; files need it, since these windows are ONNX's only where the pooled axes have fixed sizes. */
type AdaptivePooling = { readonly op: string; readonly wanted: number[] };

const askedFor = ({ wanted }: AdaptivePooling): AdaptiveSize => wanted.map((n) => (n === 0 ? null : n));

export const adaptiveMaxDefinition: CompositeDefinition<AdaptivePooling> = {
  name: 'adaptiveMaxPool',
  body(pooling, x) {
    const { op, wanted } = pooling;
    return adaptiveMax(op, wanted.length, x, askedFor(pooling), maxima[wanted.length - 1] as EvenMax).values;
  },
};

function adaptiveMaxValues(op: string, axes: number, x: Tensor, outputSize: AdaptiveSize): Tensor {
  const { wanted, whole, isPlain } = sizesOf(op, axes, x, outputSize);
  const input = numeric(x);
  return isPlain ? wholeMax(input, whole).values : compose(adaptiveMaxDefinition, { op, wanted }, [input]);
}

export const adaptiveAverageDefinition: CompositeDefinition<AdaptivePooling> = {
  name: 'adaptiveAveragePool',
  body(pooling, x) {
    const { op, wanted } = pooling;
    const { sizes } = sizesOf(op, wanted.length, x, askedFor(pooling));
    const kernel = evenKernel(x, sizes);
    if (kernel !== undefined) return (averages[wanted.length - 1] as typeof avgPool1d)(x, kernel);
    const windows = unevenWindows(op, x, sizes);
    const counts = windows.lengths.reduce((product, length) => product.mul(length));
    return filled(windows, 0).sum(-1).div(counts);
  },
};

/** Axes that become one element are means by themselves; the others have windows. */
function adaptiveAverage(op: string, axes: number, x: Tensor, outputSize: AdaptiveSize): Tensor {
  const { wanted, whole, isPlain } = sizesOf(op, axes, x, outputSize);
  return inFloat32(x, (wide) => {
    const pooled = whole.flatMap((all, axis) => (all ? [axis + 2] : []));
    const mean = pooled.length === 0 ? wide : wide.mean(pooled, { keepDims: true });
    return isPlain ? mean : compose(adaptiveAverageDefinition, { op, wanted }, [mean]);
  });
}

/**
 * The mean over windows that divide x into `outputSize` parts, float16 of float16, else float32: [n, c, h, w]. Window i of S elements in O begins at ⌊i·S/O⌋
 * and ends before ⌈(i + 1)·S/O⌉; windows may overlap by an element.
 *
 * Throws {@link ShapeError} where x has not four axes or no elements to pool, {@link ArgumentError} for sizes that are no integers ≥ 1.
 *
 * ```ts
 * adaptiveAvgPool2d(zeros([8, 16, 7, 9]), 1).shape; // [8, 16, 1, 1]
 * adaptiveAvgPool2d(zeros([8, 16, 7, 9]), [3, null]).shape; // [8, 16, 3, 9]
 * ```
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveAverage('adaptiveAvgPool2d', 2, x, outputSize);
}

/**
 * The mean over windows that divide x into `outputSize` parts, float16 of float16, else float32: [n, c, l]. As {@link adaptiveAvgPool2d}.
 *
 * ```ts
 * await adaptiveAvgPool1d(tensor([[[1, 2, 3, 4, 5]]]), 2).toArray(); // [[[2, 4]]]
 * ```
 */
export function adaptiveAvgPool1d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveAverage('adaptiveAvgPool1d', 1, x, outputSize);
}

/**
 * The mean over windows that divide x into `outputSize` parts, float16 of float16, else float32: [n, c, d, h, w]. As {@link adaptiveAvgPool2d}.
 *
 * ```ts
 * adaptiveAvgPool3d(zeros([1, 2, 5, 6, 7]), 4).shape; // [1, 2, 4, 4, 4]
 * ```
 */
export function adaptiveAvgPool3d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveAverage('adaptiveAvgPool3d', 3, x, outputSize);
}

/**
 * The maximum over windows that divide x into `outputSize` parts: [n, c, h, w]. Windows and errors as in {@link adaptiveAvgPool2d}; the gradient goes to the first
 * maximum of each.
 *
 * ```ts
 * adaptiveMaxPool2d(zeros([8, 16, 7, 9]), [3, null]).shape; // [8, 16, 3, 9]
 * ```
 */
export function adaptiveMaxPool2d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveMaxValues('adaptiveMaxPool2d', 2, x, outputSize);
}

/**
 * {@link adaptiveMaxPool2d} with the position of each maximum in x, flat over its spatial axes (int32): `{ values, indices }`.
 *
 * ```ts
 * adaptiveMaxPool2dWithIndices(zeros([8, 16, 7, 9]), 3).indices.shape; // [8, 16, 3, 3]
 * ```
 */
export function adaptiveMaxPool2dWithIndices(x: Tensor, outputSize: AdaptiveSize): ValuesWithIndices {
  return adaptiveMax('adaptiveMaxPool2dWithIndices', 2, x, outputSize, maxPool2dWithIndices);
}

/**
 * The maximum over windows that divide x into `outputSize` parts: [n, c, l]. Windows and errors as in {@link adaptiveAvgPool1d}; the gradient goes to the first
 * maximum of each.
 *
 * ```ts
 * await adaptiveMaxPool1d(tensor([[[1, 2, 3, 4, 5]]]), 2).toArray(); // [[[3, 5]]]
 * ```
 */
export function adaptiveMaxPool1d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveMaxValues('adaptiveMaxPool1d', 1, x, outputSize);
}

/**
 * {@link adaptiveMaxPool1d} with the position of each maximum in x, flat over its spatial axes (int32): `{ values, indices }`.
 *
 * ```ts
 * await adaptiveMaxPool1dWithIndices(tensor([[[1, 2, 3, 4, 5]]]), 2).indices.toArray(); // [[[2, 4]]]
 * ```
 */
export function adaptiveMaxPool1dWithIndices(x: Tensor, outputSize: AdaptiveSize): ValuesWithIndices {
  return adaptiveMax('adaptiveMaxPool1dWithIndices', 1, x, outputSize, maxPool1dWithIndices);
}

/**
 * The maximum over windows that divide x into `outputSize` parts: [n, c, d, h, w]. Windows and errors as in {@link adaptiveAvgPool3d}; the gradient goes to the first
 * maximum of each.
 *
 * ```ts
 * adaptiveMaxPool3d(zeros([1, 2, 5, 6, 7]), 4).shape; // [1, 2, 4, 4, 4]
 * ```
 */
export function adaptiveMaxPool3d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  return adaptiveMaxValues('adaptiveMaxPool3d', 3, x, outputSize);
}

/**
 * {@link adaptiveMaxPool3d} with the position of each maximum in x, flat over its spatial axes (int32): `{ values, indices }`.
 *
 * ```ts
 * adaptiveMaxPool3dWithIndices(zeros([1, 2, 5, 6, 7]), 4).indices.shape; // [1, 2, 4, 4, 4]
 * ```
 */
export function adaptiveMaxPool3dWithIndices(x: Tensor, outputSize: AdaptiveSize): ValuesWithIndices {
  return adaptiveMax('adaptiveMaxPool3dWithIndices', 3, x, outputSize, maxPool3dWithIndices);
}
