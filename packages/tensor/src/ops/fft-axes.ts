/** Discrete Fourier transforms along several axes: one after the other, of real signals along the last of them first. */
import { checkOptions, oneOf, wrongArgument, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { requireComplex, requireLength, requireSignal } from './fft.ts';
import { complexTransform, realInverse, realTransform, type FourierNorm, type Sign } from './fourier.ts';
import { normalizeAxis } from './movement.ts';

export interface FourierAxesOptions {
  /** Lengths of the signal along these axes, each at most 2²⁵: longer ones are cut, shorter ones continued by zeros. Default: as long as it is. */
  n?: readonly number[] | undefined;
  /** The transformed axes, counted without the axis of two. Default: the last two; of `fftn` and its like all, or the last ones where lengths are named. */
  axes?: readonly number[] | undefined;
  /** Default 'backward'. */
  norm?: FourierNorm;
}

const fourierAxesOptions: OptionNames<FourierAxesOptions> = {
  n: true,
  axes: true,
  norm: oneOf('backward', 'ortho', 'forward'),
};

/** One axis of several. */
interface Along {
  readonly axis: number;
  readonly n: number | undefined;
  readonly norm: FourierNorm;
}

function resolve(
  op: string,
  x: Tensor,
  isComplex: boolean,
  options: FourierAxesOptions,
  count?: number,
): readonly [...others: Along[], last: Along] {
  if (isComplex) requireComplex(op, x);
  else requireTensor(op, 'x', x);
  checkOptions(op, options, fourierAxesOptions);
  const { n, axes, norm = 'backward' } = options;
  for (const [name, list] of Object.entries({ n, axes })) {
    if (list !== undefined && (!Array.isArray(list) || list.length === 0 || !list.every(Number.isInteger)))
      throw wrongArgument(op, name, 'a list of integers', list);
  }
  const ndim = isComplex ? x.ndim - 1 : x.ndim;
  const least = count ?? n?.length ?? ndim;
  const named = axes ?? Array.from({ length: least }, (_, i) => i - least);
  const positions = named.map((axis) => normalizeAxis(op, axis, ndim));
  if (new Set(positions).size < positions.length)
    throw new ShapeError(`[${op}] names an axis twice: [${named.join(', ')}].`);
  if (n !== undefined && n.length !== positions.length)
    throw new ArgumentError(`[${op}] has ${n.length} lengths for ${positions.length} axes.`);
  const all = positions.map((axis, i): Along => ({ axis, n: n?.[i], norm }));
  for (const { axis, n: length } of all) requireSignal(op, x, axis, length);
  const last = all.pop();
  if (last === undefined) throw new ShapeError(`[${op}] there is no axis to transform in ${x}.`);
  return [...all, last];
}

/** Complex x along one axis after the other, the last one first. */
function alongAxes(x: Tensor, axes: readonly Along[], sign: Sign): Tensor {
  return axes.reduceRight(
    (y, { axis, n, norm }) => complexTransform(y, { axis, norm, length: n ?? x.shape[axis] ?? 1 }, sign),
    x,
  );
}

function realAlongAxes(x: Tensor, axes: readonly [...Along[], Along]): Tensor {
  const others = axes.slice(0, -1);
  const { axis, n, norm } = axes[axes.length - 1] as Along;
  return alongAxes(realTransform(x, { axis, norm, length: n ?? x.shape[axis] ?? 1 }), others, -1);
}

function realInverseAlongAxes(op: string, x: Tensor, axes: readonly [...Along[], Along]): Tensor {
  const others = axes.slice(0, -1);
  const { axis, n, norm } = axes[axes.length - 1] as Along;
  const length = requireLength(op, x, x.shape[axis] ?? 1, n);
  return realInverse(alongAxes(x, others, 1), { axis, norm, length });
}

/**
 * The discrete Fourier transform along two axes, of images say: complex [..., h, w, 2] → [..., h, w, 2], float16 of float16, else float32; {@link fft} along one after the other.
 *
 * Throws {@link ShapeError} where x is not complex, has no signal or not the axes, {@link ArgumentError} for options out of range.
 *
 * ```ts
 * await fft2(tensor([[[1, 0], [2, 0]], [[3, 0], [4, 0]]])).toArray(); // [[[10, 0], [-2, 0]], [[-4, 0], [0, 0]]]
 * ```
 */
export function fft2(x: Tensor, options: FourierAxesOptions = {}): Tensor {
  return alongAxes(x, resolve('fft2', x, true, options, 2), -1);
}

/**
 * The inverse of {@link fft2}, with the same options.
 *
 * ```ts
 * await ifft2(tensor([[[10, 0], [-2, 0]], [[-4, 0], [0, 0]]])).toArray(); // [[[1, 0], [2, 0]], [[3, 0], [4, 0]]]
 * ```
 */
export function ifft2(x: Tensor, options: FourierAxesOptions = {}): Tensor {
  return alongAxes(x, resolve('ifft2', x, true, options, 2), 1);
}

/**
 * {@link fft2} of real signals, whose other half along the last of the axes says nothing new: [..., h, w] → [..., h, ⌊w/2⌋ + 1, 2].
 *
 * ```ts
 * await rfft2(tensor([[1, 2], [3, 4]])).toArray(); // [[[10, 0], [-2, 0]], [[-4, 0], [0, 0]]]
 * rfft2(zeros([3, 28, 28])).shape; // [3, 28, 15, 2]
 * ```
 */
export function rfft2(x: Tensor, options: FourierAxesOptions = {}): Tensor {
  return realAlongAxes(x, resolve('rfft2', x, false, options, 2));
}

/**
 * The inverse of {@link rfft2}: [..., h, ⌊w/2⌋ + 1, 2] → real [..., h, w]. The last of the lengths `n` is that of the result, by default the even
 * one, 2 · (extent − 1).
 *
 * ```ts
 * await irfft2(tensor([[[10, 0], [-2, 0]], [[-4, 0], [0, 0]]])).toArray(); // [[1, 2], [3, 4]]
 * ```
 */
export function irfft2(x: Tensor, options: FourierAxesOptions = {}): Tensor {
  return realInverseAlongAxes('irfft2', x, resolve('irfft2', x, true, options, 2));
}

/**
 * The discrete Fourier transform along any axes, by default all: complex [..., 2] → [..., 2]; as {@link fft2}.
 *
 * ```ts
 * fftn(zeros([8, 16, 16, 16, 2]), { axes: [1, 2, 3] }).shape; // [8, 16, 16, 16, 2]
 * ```
 */
export function fftn(x: Tensor, options: FourierAxesOptions = {}): Tensor {
  return alongAxes(x, resolve('fftn', x, true, options), -1);
}

/**
 * The inverse of {@link fftn}, with the same options.
 *
 * ```ts
 * await ifftn(fftn(tensor([[[1, 0], [2, 5]]]))).toArray(); // [[[1, 0], [2, 5]]]
 * ```
 */
export function ifftn(x: Tensor, options: FourierAxesOptions = {}): Tensor {
  return alongAxes(x, resolve('ifftn', x, true, options), 1);
}

/**
 * {@link fftn} of real signals: [..., n] → [..., ⌊n/2⌋ + 1, 2], halved along the last of the axes.
 *
 * ```ts
 * rfftn(zeros([4, 6, 8])).shape; // [4, 6, 5, 2]
 * ```
 */
export function rfftn(x: Tensor, options: FourierAxesOptions = {}): Tensor {
  return realAlongAxes(x, resolve('rfftn', x, false, options));
}

/**
 * The inverse of {@link rfftn}, with the options of {@link irfft2}.
 *
 * ```ts
 * irfftn(zeros([4, 6, 5, 2])).shape; // [4, 6, 8]
 * ```
 */
export function irfftn(x: Tensor, options: FourierAxesOptions = {}): Tensor {
  return realInverseAlongAxes('irfftn', x, resolve('irfftn', x, true, options));
}
