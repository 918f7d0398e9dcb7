/** Discrete Fourier transforms of checked arguments. Complex numbers are a trailing axis of two, real and imaginary part. */
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { tensor, zerosLike } from './creation.ts';
import { matmul } from './linalg.ts';
import { concat, flip, narrow, reshape, stack, transpose } from './movement.ts';
import { pad } from './padding.ts';
import { moveAxis } from './rearranging.ts';

/** Where a transform and its inverse are divided by the length: 'backward' the inverse, 'forward' the transform, 'ortho' both by its root. */
export type FourierNorm = 'backward' | 'ortho' | 'forward';

/** What is transformed: an axis, counted without that of two, and the length of the signal along it. */
export interface Transformed {
  readonly axis: number;
  readonly length: number;
  readonly norm: FourierNorm;
}

/** Lengths up to here are one matrix product, longer ones several, as few as there may be: 16 is the fastest (`benchmarks/compositions.ts`). */
const longestMatrix = 16;
/** Primes up to here are one matrix product all the same: the convolution of a longer transform takes more. */
const longestPrime = 64;

/** −1: the transform; 1: its inverse, without the division. */
export type Sign = -1 | 1;

/** cos and sin of ±2π·numerator/denominator, with an exactly reduced angle. */
function root(numerator: number, denominator: number, sign: Sign): [number, number] {
  const angle = (2 * Math.PI * (numerator % denominator)) / denominator;
  return [Math.cos(angle), sign * Math.sin(angle)];
}

/** x · w for complex x [..., ...shape, 2] and w given by its place in `shape`. */
function timesRoots(x: Tensor, shape: readonly number[], rootAt: (place: number) => readonly [number, number]): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const cosines = new Float32Array(size);
  const sines = new Float32Array(2 * size);
  for (let i = 0; i < size; i++) {
    const [cosine, sine] = rootAt(i);
    cosines[i] = cosine;
    sines[2 * i] = -sine;
    sines[2 * i + 1] = sine;
  }
  return x.mul(tensor(cosines, { shape: [...shape, 1] })).add(flip(x, -1).mul(tensor(sines, { shape: [...shape, 2] })));
}

/** Σ over t of x[t] · e^(±2πi·t·k/n) along the last axis but that of two. */
function transform(x: Tensor, sign: Sign): Tensor {
  const n = x.shape.at(-2) ?? 1;
  const factor = factorOf(n);
  if (factor === n) return byMatrix(x, n, sign);
  return factor > 1 ? byFactor(x, n, factor, sign) : byChirp(x, n, sign);
}

/** A factor of n for one matrix product, so that the others are about as long: n itself where one product is all, 1 where there is none. */
function factorOf(n: number): number {
  if (n <= longestMatrix) return n;
  const passes = Math.ceil(Math.log(n) / Math.log(longestMatrix) - 1e-9);
  const even = Math.ceil(n ** (1 / passes) - 1e-9);
  for (let factor = even; factor <= longestMatrix; factor++) if (n % factor === 0) return factor;
  let factor = even - 1;
  while (n % factor !== 0) factor--;
  return factor === 1 && n <= longestPrime ? n : factor;
}
function byMatrix(x: Tensor, n: number, sign: Sign): Tensor {
  if (n === 1) return x;
  const matrix = new Float32Array(4 * n * n);
  for (let t = 0; t < n; t++) {
    for (let k = 0; k < n; k++) {
      const [cosine, sine] = root(t * k, n, sign);
      matrix.set([cosine, sine], 4 * n * t + 2 * k);
      matrix.set([-sine, cosine], 4 * n * t + 2 * n + 2 * k);
    }
  }
  const outer = x.shape.slice(0, -2);
  const product = matmul(reshape(x, [...outer, 2 * n]), tensor(matrix, { shape: [2 * n, 2 * n] }));
  return reshape(product, [...outer, n, 2]);
}

/** Cooley and Tukey (1965): n = a·b, t = b·t₁ + t₂, k = k₁ + a·k₂. */
function byFactor(x: Tensor, n: number, a: number, sign: Sign): Tensor {
  const b = n / a;
  const outer = x.shape.slice(0, -2);
  const swapped = (y: Tensor): Tensor => transpose(y, -2, -3);
  const columns = byMatrix(swapped(reshape(x, [...outer, a, b, 2])), a, sign); // [..., t2, k1]
  const turned = timesRoots(columns, [b, a], (place) => root(Math.floor(place / a) * (place % a), n, sign));
  return reshape(swapped(transform(swapped(turned), sign)), [...outer, n, 2]);
}

/** Bluestein (1970): t·k = (t² + k² − (t − k)²) / 2, so that a transform of any length is a convolution, which one of a power of two computes. */
function byChirp(x: Tensor, n: number, sign: Sign): Tensor {
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  // e^(±πi·j²/n); the square is reduced modulo 2n before it grows past what float64 holds exactly.
  const chirp = (j: number): [number, number] => root((j * j) % (2 * n), 2 * n, sign);
  const last = x.ndim - 2;
  const padded = ofLength(timesRoots(x, [n], chirp), last, size);
  const filter = new Float32Array(2 * size);
  for (let j = 0; j < n; j++) {
    const [cosine, sine] = chirp(j);
    for (const place of j === 0 ? [0] : [j, size - j]) filter.set([cosine, -sine], 2 * place);
  }
  const a = transform(padded, -1);
  const b = transform(tensor(filter, { shape: [size, 2] }), -1);
  const [bReal, bImaginary] = [narrow(b, -1, 0, 1), narrow(b, -1, 1, 1)];
  const product = a.mul(bReal).add(flip(a, -1).mul(concat([bImaginary.neg(), bImaginary], -1)));
  const convolved = narrow(transform(product, 1), last, 0, n).div(size);
  return timesRoots(convolved, [n], chirp);
}

/** Cut, or continued by zeros. */
function ofLength(x: Tensor, axis: number, length: number): Tensor {
  const missing = length - (x.shape[axis] ?? 0);
  return missing === 0
    ? x
    : pad(
        x,
        x.shape.map((_, i): [number, number] => (i === axis ? [0, missing] : [0, 0])),
      );
}

/** What the norm of a transform of this length divides by. */
function divisorOf(length: number, sign: Sign, norm: FourierNorm): number {
  if (norm === 'ortho') return Math.sqrt(length);
  return (norm === 'forward') === (sign === -1) ? length : 1;
}

const divided = (x: Tensor, divisor: number): Tensor => (divisor === 1 ? x : x.div(divisor));

/** Real numbers as complex ones. */
export const complexOf = (x: Tensor): Tensor => stack([x, zerosLike(x)], -1);
const conjugate = (x: Tensor): Tensor => x.mul(tensor([1, -1]));

interface Transform {
  readonly axis: number;
  readonly norm: string;
  /** Length of the signal; 0 where it is as long as x. */
  readonly length: number;
  readonly [name: string]: number | string;
}

/** The definitions of the transforms, for walkers that have an operator of their meaning. */
export const complexTransformDefinition: CompositeDefinition<Transform & { readonly sign: number }> = {
  name: 'fft',
  body: ({ axis, norm, length, sign }, x) => complexly(x, axis, length, norm as FourierNorm, sign as Sign),
};

export const realTransformDefinition: CompositeDefinition<Transform> = {
  name: 'rfft',
  body({ axis, norm, length: given }, x) {
    const length = given === 0 ? (x.shape[axis] ?? 1) : given;
    const last = x.ndim - 1;
    const signal = moveAxis(ofLength(x.to('float32'), axis, length), axis, last);
    return divided(moveAxis(halfOf(signal, length), last, axis), divisorOf(length, -1, norm as FourierNorm));
  },
};

/** A length of 0 is the even one, 2 · (extent − 1). */
export const realInverseDefinition: CompositeDefinition<Transform> = {
  name: 'irfft',
  body({ axis, norm, length: given }, x) {
    const length = given === 0 ? 2 * ((x.shape[axis] ?? 1) - 1) : given;
    const last = x.ndim - 2;
    const half = moveAxis(ofLength(x.to('float32'), axis, Math.floor(length / 2) + 1), axis, last);
    return divided(moveAxis(ofHalf(half, length), last, axis), divisorOf(length, 1, norm as FourierNorm));
  },
};

function complexly(x: Tensor, axis: number, given: number, norm: FourierNorm, sign: Sign): Tensor {
  const length = given === 0 ? (x.shape[axis] ?? 1) : given;
  const last = x.ndim - 2;
  const signal = moveAxis(ofLength(x.to('float32'), axis, length), axis, last);
  return divided(moveAxis(transform(signal, sign), last, axis), divisorOf(length, sign, norm));
}

/** What is to be said of a length: nothing where it is the one that x has. */
const unlessOwn = (length: number, own: number): number => (length === own ? 0 : length);

/** Of complex x along one axis. */
export function complexTransform(x: Tensor, { axis, length, norm }: Transformed, sign: Sign): Tensor {
  const attributes = { axis, norm, length: unlessOwn(length, x.shape[axis] ?? 1), sign };
  return compose(complexTransformDefinition, attributes, [x]);
}

/** Of real x along one axis: the half that says all. */
export function realTransform(x: Tensor, { axis, length, norm }: Transformed): Tensor {
  return compose(realTransformDefinition, { axis, norm, length: unlessOwn(length, x.shape[axis] ?? 1) }, [x]);
}

/** The real signal of a half as {@link realTransform} gives it. */
export function realInverse(x: Tensor, { axis, length, norm }: Transformed): Tensor {
  const even = 2 * ((x.shape[axis] ?? 1) - 1);
  return compose(realInverseDefinition, { axis, norm, length: unlessOwn(length, even) }, [x]);
}

/** [..., n] → [..., ⌊n/2⌋ + 1, 2]. */
function halfOf(x: Tensor, n: number): Tensor {
  const half = Math.floor(n / 2) + 1;
  const outer = x.shape.slice(0, -1);
  const a = factorOf(n);
  if (a === n || n <= 2 * longestMatrix) return realByMatrix(x, n);
  if (a === 1) return narrow(byChirp(complexOf(x), n, -1), -2, 0, half);
  // As byFactor, with columns of which half says all: X[k₁ + a·k₂] for k₁ ≤ a/2, where X[n − k] is the conjugate of X[k].
  const b = n / a;
  const columns = realByMatrix(transpose(reshape(x, [...outer, a, b]), -1, -2), a); // [..., t₂, k₁, 2]
  const known = Math.floor(a / 2) + 1;
  const turned = timesRoots(columns, [b, known], (place) => root(Math.floor(place / known) * (place % known), n, -1));
  const rows = transpose(transform(transpose(turned, -2, -3), -1), -2, -3); // [..., k₂, k₁, 2]
  const others = conjugate(flip(narrow(rows, -2, 1, a - known), [-2, -3]));
  return narrow(reshape(concat([rows, others], -2), [...outer, n, 2]), -2, 0, half);
}

function realByMatrix(x: Tensor, n: number): Tensor {
  const half = Math.floor(n / 2) + 1;
  const matrix = new Float32Array(2 * n * half);
  for (let t = 0; t < n; t++) for (let k = 0; k < half; k++) matrix.set(root(t * k, n, -1), 2 * (t * half + k));
  const product = matmul(x, tensor(matrix, { shape: [n, 2 * half] }));
  return reshape(product, [...x.shape.slice(0, -1), half, 2]);
}

/** [..., ⌊n/2⌋ + 1, 2] → [..., n]: {@link halfOf} backwards. Imaginary parts that no real signal has do not count. */
function ofHalf(x: Tensor, n: number): Tensor {
  const outer = x.shape.slice(0, -2);
  const a = factorOf(n);
  if (a === n || n <= 2 * longestMatrix) return realOfMatrix(x, n);
  const rest = conjugate(flip(narrow(x, -2, 1, n - (x.shape.at(-2) ?? 0)), -2));
  const whole = concat([x, rest], -2);
  if (a === 1) return reshape(narrow(byChirp(whole, n, 1), -1, 0, 1), [...outer, n]);
  const b = n / a;
  const known = Math.floor(a / 2) + 1;
  const rows = narrow(reshape(whole, [...outer, b, a, 2]), -2, 0, known); // [..., k₂, k₁, 2]
  const columns = transform(transpose(rows, -2, -3), 1); // [..., k₁, t₂, 2]
  const turned = timesRoots(columns, [known, b], (place) => root(Math.floor(place / b) * (place % b), n, 1));
  return reshape(transpose(realOfMatrix(transpose(turned, -2, -3), a), -1, -2), [...outer, n]);
}

function realOfMatrix(x: Tensor, n: number): Tensor {
  const half = Math.floor(n / 2) + 1;
  const matrix = new Float32Array(2 * half * n);
  for (let k = 0; k < half; k++) {
    // Together with X[n − k], its conjugate, it is twice the real part.
    const isAlone = k === 0 || 2 * k === n;
    for (let t = 0; t < n; t++) {
      const [cosine, sine] = root(t * k, n, 1);
      matrix[2 * k * n + t] = isAlone ? cosine : 2 * cosine;
      matrix[(2 * k + 1) * n + t] = isAlone ? 0 : -2 * sine;
    }
  }
  return matmul(reshape(x, [...x.shape.slice(0, -2), 2 * half]), tensor(matrix, { shape: [2 * half, n] }));
}
