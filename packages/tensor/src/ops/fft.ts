/** Discrete Fourier transforms along one axis. */
import { checkOptions, oneOf, requireInteger, type OptionNames } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { complexTransform, realInverse, realTransform, type FourierNorm } from './fourier.ts';
import { largestTable } from './limits.ts';
import { normalizeAxis } from './movement.ts';

export interface FourierOptions {
  /** Length of the signal, at most 2²⁵: longer ones are cut, shorter ones continued by zeros. Default: as long as it is. */
  n?: number | undefined;
  /** The transformed axis, counted without the axis of two. Default −1. */
  axis?: number;
  /** Default 'backward'. */
  norm?: FourierNorm;
}

const fourierOptions: OptionNames<FourierOptions> = {
  n: true,
  axis: true,
  norm: oneOf('backward', 'ortho', 'forward'),
};

interface Fourier {
  readonly axis: number;
  readonly norm: FourierNorm;
  readonly n: number | undefined;
  /** n, or what there is. */
  readonly length: number;
}

/** Throws unless x is complex, with an axis to transform. */
export function requireComplex(op: string, x: Tensor): void {
  requireTensor(op, 'x', x);
  if (x.ndim < 2 || x.shape.at(-1) !== 2)
    throw new ShapeError(`[${op}] takes complex numbers as a trailing axis of two, [..., n, 2], not ${x}.`, {
      hint: `Real numbers get an imaginary part by stack([x, zerosLike(x)], -1)${op.startsWith('fft') ? `; r${op} transforms them as they are` : ''}.`,
    });
}

/** Longest transform: its roots are a table of two numbers each. */
export const longestTransform: number = largestTable / 2;

/** Of x, whose axis of two is not counted, and an axis from the front. */
export function requireSignal(op: string, x: Tensor, axis: number, n: number | undefined): void {
  if (n !== undefined) return requireInteger(op, 'n', n, 1, longestTransform);
  if (x.shape[axis] === 0) throw new ShapeError(`[${op}] there is no signal in ${x}.`);
  if ((x.shape[axis] ?? 1) > longestTransform)
    throw new ShapeError(`[${op}] transforms at most ${longestTransform} elements along an axis, not ${x}.`, {
      hint: 'Transform parts of the signal: stft.',
    });
}

function resolve(op: string, x: Tensor, isComplex: boolean, options: FourierOptions): Fourier {
  if (isComplex) requireComplex(op, x);
  else requireTensor(op, 'x', x);
  checkOptions(op, options, fourierOptions);
  const { n, axis = -1, norm = 'backward' } = options;
  const position = normalizeAxis(op, axis, isComplex ? x.ndim - 1 : x.ndim);
  requireSignal(op, x, position, n);
  return { axis: position, norm, n, length: n ?? x.shape[position] ?? 1 };
}

/** The length of the real signal that a half of `extent` numbers stands for, where none is named. */
export function requireLength(op: string, x: Tensor, extent: number, n: number | undefined): number {
  const length = n ?? 2 * (extent - 1);
  if (length < 1)
    throw new ShapeError(`[${op}] of ${x} has no elements: its length were ${length}.`, { hint: 'Name the length n.' });
  if (length > longestTransform)
    throw new ShapeError(`[${op}] transforms to at most ${longestTransform} elements along an axis, not to ${length}.`);
  return length;
}

/**
 * The discrete Fourier transform Σ over t of x[t] · e^(−2πi·t·k/n), float16 of float16, else float32: complex [..., n, 2] → [..., n, 2]. Any length: factors up to 32 are matrix products, what is left of
 * large primes goes by Bluestein's algorithm.
 *
 * Throws {@link ShapeError} where x is not complex or has no signal, {@link ArgumentError} for options out of range.
 *
 * ```ts
 * await fft(tensor([[1, 0], [2, 0], [3, 0], [4, 0]])).toArray(); // [[10, 0], [-2, 2], [-2, 0], [-2, -2]]
 * ```
 */
export function fft(x: Tensor, options: FourierOptions = {}): Tensor {
  return complexTransform(x, resolve('fft', x, true, options), -1);
}

/**
 * The inverse of {@link fft}, with the same options: complex [..., n, 2] → [..., n, 2].
 *
 * ```ts
 * await ifft(tensor([[10, 0], [-2, 2], [-2, 0], [-2, -2]])).toArray(); // [[1, 0], [2, 0], [3, 0], [4, 0]]
 * ```
 */
export function ifft(x: Tensor, options: FourierOptions = {}): Tensor {
  return complexTransform(x, resolve('ifft', x, true, options), 1);
}

/**
 * {@link fft} of a real signal, whose other half says nothing new: [..., n] → [..., ⌊n/2⌋ + 1, 2], with the same options.
 *
 * ```ts
 * await rfft(tensor([1, 2, 3, 4])).toArray(); // [[10, 0], [-2, 2], [-2, 0]]
 * ```
 */
export function rfft(x: Tensor, options: FourierOptions = {}): Tensor {
  return realTransform(x, resolve('rfft', x, false, options));
}

/**
 * The inverse of {@link rfft}: [..., ⌊n/2⌋ + 1, 2] → real [..., n]. `n` is the length of the result, by default the even one, 2 · (extent − 1). Imaginary parts that a real signal does not have are ignored.
 *
 * Throws as {@link fft}; {@link ShapeError} too where a single number would be a signal of length 0.
 *
 * ```ts
 * await irfft(tensor([[10, 0], [-2, 2], [-2, 0]])).toArray(); // [1, 2, 3, 4]
 * ```
 */
export function irfft(x: Tensor, options: FourierOptions = {}): Tensor {
  const { axis, norm, n } = resolve('irfft', x, true, options);
  return realInverse(x, { axis, norm, length: requireLength('irfft', x, x.shape[axis] ?? 1, n) });
}
