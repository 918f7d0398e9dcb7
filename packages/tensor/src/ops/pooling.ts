/** Maximum and average over sliding windows of images [batch, channels, ...spatial]. */
import { checkOptions, requireBoolean, requireFinite, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { sizeOf } from '../graph/types.ts';
import { requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { perAxis } from './convolution.ts';
import { maximum, minimum } from './arithmetic.ts';
import { where } from './comparison.ts';
import type { ValuesWithIndices } from './extremes.ts';
import { floorDivide, remainder } from './integers.ts';
import { pad } from './padding.ts';
import { fold, unfold } from './windows.ts';
import { lowestOf, numeric } from './operands.ts';

interface WindowsOfPooling {
  /** Default: the kernel size, so that windows do not overlap. */
  stride?: number | readonly number[] | undefined;
  /** Border on both sides of each axis; at most half of the kernel size. Default 0. */
  padding?: number | readonly number[];
  /** Whether a last window counts that reaches past the end of the padded axis, if it begins before the end of what it pools. Default false. */
  ceilMode?: boolean;
}

export interface PoolingOptions extends WindowsOfPooling {
  /** Distance between the elements of a window. Default 1. */
  dilation?: number | readonly number[];
}

export interface AveragePoolingOptions extends WindowsOfPooling {
  /** Whether elements of the border, which are zeros, count in the mean. Default true. */
  countIncludePad?: boolean;
  /** What sums are divided by in the place of the number of elements. */
  divisorOverride?: number | undefined;
}

const maxPoolOptions: OptionNames<PoolingOptions> = {
  stride: true,
  padding: true,
  ceilMode: requireBoolean,
  dilation: true,
};
const averagePoolOptions: OptionNames<AveragePoolingOptions> = {
  stride: true,
  padding: true,
  ceilMode: requireBoolean,
  countIncludePad: requireBoolean,
  divisorOverride: requireFinite,
};

/** Windows over the spatial axes. `low` and `high` are what they need on both sides; of `high` the last `beyond` are past the padding, which only `ceilMode` has. */
type Pooling = {
  readonly ceilMode: boolean;
  readonly kernel: number[];
  readonly stride: number[];
  readonly dilation: number[];
  readonly low: number[];
  readonly high: number[];
};

export function requireImage(op: string, x: Tensor, axes: number): void {
  requireTensor(op, 'x', x);
  const spatial = [undefined, '[batch, channels, length]', '[batch, channels, height, width]'][axes];
  if (x.ndim !== axes + 2)
    throw new ShapeError(`[${op}] takes ${spatial ?? '[batch, channels, depth, height, width]'}, not ${x}.`);
}

/** The windows, and how many elements of `high` lie past the padding. */
export function resolvePooling(
  op: string,
  axes: number,
  x: Tensor,
  kernelSize: number | readonly number[],
  options: PoolingOptions,
): { pooling: Pooling; beyond: number[] } {
  requireImage(op, x, axes);
  const kernel = perAxis(op, 'kernelSize', kernelSize, axes, 1);
  const { stride: strides = kernel, padding: border = 0, dilation: gaps = 1, ceilMode = false } = options;
  const stride = perAxis(op, 'stride', strides, axes, 1);
  const padding = perAxis(op, 'padding', border, axes, 0);
  const dilation = perAxis(op, 'dilation', gaps, axes, 1);
  if (padding.some((n, axis) => n > (kernel[axis] ?? 0) / 2)) {
    throw new ArgumentError(
      `[${op}] padding [${padding.join(', ')}] is more than half of the kernel size [${kernel.join(', ')}].`,
    );
  }
  const beyond = kernel.map((k, axis) => {
    const [size, step, border] = [x.shape[axis + 2] ?? 0, stride[axis] ?? 1, padding[axis] ?? 0];
    const reach = (dilation[axis] ?? 1) * (k - 1) + 1;
    const room = size + 2 * border - reach;
    let count = (ceilMode ? Math.ceil(room / step) : Math.floor(room / step)) + 1;
    if (ceilMode && (count - 1) * step >= size + border) count--;
    if (count < 1)
      throw new ShapeError(
        `[${op}] a window of [${kernel.join(', ')}] does not fit into ${x} with padding [${padding.join(', ')}].`,
      );
    return Math.max(0, (count - 1) * step - room);
  });
  const high = padding.map((n, axis) => n + (beyond[axis] ?? 0));
  return { pooling: { ceilMode, kernel, stride, dilation, low: padding, high }, beyond };
}

/** Windows of a padded image as one last axis: [n, c, ...o, k]. */
function windowsOf(x: Tensor, { kernel, stride, dilation, low, high }: Pooling, value: number): Tensor {
  const border = low.map((n, axis) => [n, high[axis] ?? 0] as const);
  const padded = pad(x, [[0, 0], [0, 0], ...border], { value });
  const windows = unfold(padded, kernel, { stride, dilation });
  return windows.reshape([...windows.shape.slice(0, x.ndim), sizeOf(kernel)]);
}

/** Which element of each window is the first maximum: [n, c, ...o]. Where all of a window is −∞ it is the first that is not of the border. */
function winnersOf(windows: Tensor, { kernel, stride, dilation, low }: Pooling): Tensor {
  const winners = windows.argmax(-1);
  if (low.every((n) => n === 0)) return winners;
  let inner = sizeOf(kernel);
  let first: Tensor | undefined;
  kernel.forEach((k, axis) => {
    inner /= k;
    const [step = 1, gap = 1, border = 0] = [stride[axis], dilation[axis], low[axis]];
    // ⌈(border − step · window) / gap⌉ elements of the window lie before the image.
    const before = positionsAlong(axis + 2, winners.shape[axis + 2] ?? 1, winners.ndim)
      .mul(-step)
      .add(border + gap - 1);
    const place = floorDivide(maximum(before, 0), gap).mul(inner);
    first = first === undefined ? place : first.add(place);
  });
  return first === undefined ? winners : where(winners.equal(0), first, winners);
}

export const maxPoolDefinition: CompositeDefinition<Pooling> = {
  name: 'maxPool',
  body: (pooling, x) => windowsOf(x, pooling, lowestOf(x.dtype)).max(-1),
  gradient(pooling, cotangent, _output, x) {
    const { kernel, stride, dilation, low, high } = pooling;
    const windows = windowsOf(x, pooling, lowestOf(x.dtype));
    const winner = winnersOf(windows.detach(), pooling).unsqueeze(-1);
    const routed = tensorOf(makeNode('iota', [], { shape: windows.shape, axis: windows.ndim - 1 }))
      .equal(winner)
      .where(cotangent.unsqueeze(-1), 0);
    const split = routed.reshape([...windows.shape.slice(0, -1), ...kernel]);
    const padded = x.shape.slice(2).map((n, axis) => n + (low[axis] ?? 0) + (high[axis] ?? 0));
    const border = low.map((n, axis) => [-n, -(high[axis] ?? 0)] as const);
    return [pad(fold(split, padded, { stride, dilation }), [[0, 0], [0, 0], ...border])];
  },
};

function maxPool(
  op: string,
  axes: number,
  given: Tensor,
  kernelSize: number | readonly number[],
  options: PoolingOptions,
): Tensor {
  checkOptions(op, options, maxPoolOptions);
  const { pooling } = resolvePooling(op, axes, given, kernelSize, options);
  return compose(maxPoolDefinition, pooling, [numeric(given)]);
}

/** Positions 0, 1, … along one axis of `ndim`, broadcastable. */
export function positionsAlong(axis: number, length: number, ndim: number): Tensor {
  const shape = Array.from({ length: ndim }, (_, i) => (i === axis ? length : 1));
  return tensorOf(makeNode('iota', [], { shape, axis }));
}

/**
 * Where the winners of windows stand in x, flat over its spatial axes: from places in windows, and the position of each window's element (per axis, from its place
 * along that axis).
 */
export function flatIndices(
  x: Tensor,
  winners: Tensor,
  kernel: readonly number[],
  positionOf: (axis: number, place: Tensor) => Tensor,
): Tensor {
  let flat: Tensor | undefined;
  let inner = sizeOf(kernel);
  kernel.forEach((k, axis) => {
    inner /= k;
    const place = remainder(floorDivide(winners, inner), k);
    const position = positionOf(axis, place);
    flat = flat === undefined ? position : flat.mul(x.shape[axis + 2] ?? 1).add(position);
  });
  return flat ?? winners;
}

/** Where the maxima stand; a composite, so that files see of which windows. */
export const maxPoolIndicesDefinition: CompositeDefinition<Pooling> = {
  name: 'maxPoolIndices',
  body(pooling, x) {
    const { kernel, stride, dilation, low } = pooling;
    const winners = winnersOf(windowsOf(x, pooling, lowestOf(x.dtype)), pooling);
    return flatIndices(x, winners, kernel, (axis, place) => {
      const [step = 1, gap = 1, border = 0] = [stride[axis], dilation[axis], low[axis]];
      const start = positionsAlong(axis + 2, winners.shape[axis + 2] ?? 1, x.ndim)
        .mul(step)
        .sub(border);
      return place.mul(gap).add(start);
    });
  },
};

function maxPoolWithIndices(
  op: string,
  axes: number,
  given: Tensor,
  kernelSize: number | readonly number[],
  options: PoolingOptions,
): ValuesWithIndices {
  checkOptions(op, options, maxPoolOptions);
  const { pooling } = resolvePooling(op, axes, given, kernelSize, options);
  const x = numeric(given);
  const indices = compose(maxPoolIndicesDefinition, pooling, [x.detach()]);
  return { values: compose(maxPoolDefinition, pooling, [x]), indices };
}

type AveragePooling = Pooling & {
  /** Elements of `high` past the padding, which never count. */
  readonly beyond: number[];
  readonly countIncludePad: boolean;
  /** 0: the number of elements. */
  readonly divisor: number;
};

export const averagePoolDefinition: CompositeDefinition<AveragePooling> = {
  name: 'averagePool',
  body(pooling, x) {
    const sum = windowsOf(x.to('float32'), pooling, 0).sum(-1);
    return sum.div(pooling.divisor === 0 ? countsOf(pooling, x, sum.shape) : pooling.divisor);
  },
};

/** How many elements of windows count in their mean: the same number everywhere, or one for each window, [1, 1, ...o]. */
function countsOf(
  { kernel, stride, low, high, beyond, countIncludePad }: AveragePooling,
  x: Tensor,
  shape: readonly number[],
): Tensor | number {
  if ((countIncludePad ? beyond : [...low, ...high]).every((n) => n === 0)) return sizeOf(kernel);
  const counts = kernel.map((k, axis) => {
    const [border = 0, size = 0] = [low[axis], x.shape[axis + 2]];
    const start = positionsAlong(axis + 2, shape[axis + 2] ?? 1, x.ndim)
      .mul(stride[axis] ?? 1)
      .sub(border);
    const end = minimum(start.add(k), countIncludePad ? size + border : size);
    return end.sub(countIncludePad ? start : maximum(start, 0));
  });
  return counts.reduce((product, count) => product.mul(count));
}

function averagePool(
  op: string,
  axes: number,
  x: Tensor,
  kernelSize: number | readonly number[],
  options: AveragePoolingOptions,
): Tensor {
  checkOptions(op, options, averagePoolOptions);
  const { countIncludePad = true, divisorOverride, stride, padding = 0, ceilMode = false } = options;
  if (divisorOverride === 0) throw new ArgumentError(`[${op}] divisorOverride must not be 0.`);
  const { pooling, beyond } = resolvePooling(op, axes, x, kernelSize, { stride, padding, ceilMode });
  return compose(averagePoolDefinition, { ...pooling, beyond, countIncludePad, divisor: divisorOverride ?? 0 }, [x]);
}

/**
 * The maximum over sliding windows: [n, c, h, w] → [n, c, oh, ow], oh = ⌊(h + 2·padding − dilation·(k − 1) − 1) /
 * stride⌋ + 1, rounded up with `ceilMode`. Padding counts as −∞. The gradient goes to the first maximum of each window, as in PyTorch.
 *
 * Throws {@link ShapeError} where x has not four axes or no window fits, {@link ArgumentError} for options out of
 * range.
 *
 * ```ts
 * await maxPool2d(tensor([[[[1, 2], [3, 4]]]]), 2).toArray(); // [[[[4]]]]
 * maxPool2d(zeros([8, 16, 28, 28]), 2).shape; // [8, 16, 14, 14]
 * ```
 */
export function maxPool2d(x: Tensor, kernelSize: number | readonly number[], options: PoolingOptions = {}): Tensor {
  return maxPool('maxPool2d', 2, x, kernelSize, options);
}

/**
 * The maximum over sliding windows of sequences: [n, c, l] → [n, c, ol]; as {@link maxPool2d}.
 *
 * ```ts
 * await maxPool1d(tensor([[[1, 3, 2, 0, 5]]]), 2, { ceilMode: true }).toArray(); // [[[3, 2, 5]]]
 * ```
 */
export function maxPool1d(x: Tensor, kernelSize: number | readonly number[], options: PoolingOptions = {}): Tensor {
  return maxPool('maxPool1d', 1, x, kernelSize, options);
}

/**
 * The maximum over sliding windows of volumes: [n, c, d, h, w] → [n, c, od, oh, ow]; as {@link maxPool2d}.
 *
 * ```ts
 * maxPool3d(zeros([1, 2, 8, 8, 8]), [1, 2, 2]).shape; // [1, 2, 8, 4, 4]
 * ```
 */
export function maxPool3d(x: Tensor, kernelSize: number | readonly number[], options: PoolingOptions = {}): Tensor {
  return maxPool('maxPool3d', 3, x, kernelSize, options);
}

/**
 * {@link maxPool2d} with the position of each maximum in x, flat over its spatial axes (int32): `{ values, indices }`, which {@link maxUnpool2d} takes back.
 *
 * ```ts
 * const { values, indices } = maxPool2dWithIndices(tensor([[[[1, 2], [4, 3]]]]), 2);
 * [await values.toArray(), await indices.toArray()]; // [[[[[4]]]], [[[[2]]]]]
 * ```
 */
export function maxPool2dWithIndices(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: PoolingOptions = {},
): ValuesWithIndices {
  return maxPoolWithIndices('maxPool2dWithIndices', 2, x, kernelSize, options);
}

/**
 * {@link maxPool1d} with the position of each maximum (int32): `{ values, indices }`.
 *
 * ```ts
 * await maxPool1dWithIndices(tensor([[[1, 3, 2, 0]]]), 2).indices.toArray(); // [[[1, 2]]]
 * ```
 */
export function maxPool1dWithIndices(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: PoolingOptions = {},
): ValuesWithIndices {
  return maxPoolWithIndices('maxPool1dWithIndices', 1, x, kernelSize, options);
}

/**
 * {@link maxPool3d} with the position of each maximum in x, flat over its spatial axes (int32): `{ values, indices }`.
 *
 * ```ts
 * maxPool3dWithIndices(zeros([1, 2, 8, 8, 8]), 2).indices.shape; // [1, 2, 4, 4, 4]
 * ```
 */
export function maxPool3dWithIndices(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: PoolingOptions = {},
): ValuesWithIndices {
  return maxPoolWithIndices('maxPool3dWithIndices', 3, x, kernelSize, options);
}

/**
 * The mean over sliding windows, float16 of float16, else float32: [n, c, h, w] → [n, c, oh, ow], sizes as in {@link maxPool2d} with dilation 1. Padding counts as zeros
 * that are part of the mean unless `countIncludePad` is false; elements past the padding (`ceilMode`) never are.
 *
 * Throws {@link ShapeError} where x has not four axes or no window fits, {@link ArgumentError} for options out of
 * range.
 *
 * ```ts
 * await avgPool2d(tensor([[[[1, 2], [3, 4]]]]), 2).toArray(); // [[[[2.5]]]]
 * await avgPool2d(tensor([[[[1, 2], [3, 4]]]]), 2, { padding: 1, stride: 3, countIncludePad: false }).toArray(); // [[[[1]]]]
 * ```
 */
export function avgPool2d(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: AveragePoolingOptions = {},
): Tensor {
  return averagePool('avgPool2d', 2, x, kernelSize, options);
}

/**
 * The mean over sliding windows of sequences: [n, c, l] → [n, c, ol]; as {@link avgPool2d}.
 *
 * ```ts
 * await avgPool1d(tensor([[[1, 3, 2, 0, 5]]]), 2, { ceilMode: true }).toArray(); // [[[2, 1, 5]]]
 * ```
 */
export function avgPool1d(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: AveragePoolingOptions = {},
): Tensor {
  return averagePool('avgPool1d', 1, x, kernelSize, options);
}

/**
 * The mean over sliding windows of volumes: [n, c, d, h, w] → [n, c, od, oh, ow]; as {@link avgPool2d}.
 *
 * ```ts
 * avgPool3d(zeros([1, 2, 8, 8, 8]), 2).shape; // [1, 2, 4, 4, 4]
 * ```
 */
export function avgPool3d(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: AveragePoolingOptions = {},
): Tensor {
  return averagePool('avgPool3d', 3, x, kernelSize, options);
}
