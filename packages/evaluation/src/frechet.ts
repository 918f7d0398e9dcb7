/** How far apart two sets of features are: what judges samples of a generator beside the data. */
import { ArgumentError, ShapeError } from '@hebb/tensor';
import { choleskyFactor, symmetricEigenvalues } from './symmetric.ts';
import { flatten, isTensor, type Flat, type TensorLike, type Values } from './values.ts';

/** Mean and covariance of features, which stand for them in {@link frechetDistance}. */
export interface FeatureStatistics {
  /** Number of examples. */
  readonly count: number;
  /** A number for each feature. */
  readonly mean: Float64Array;
  /** Features × features, row by row, divided by count − 1. */
  readonly covariance: Float64Array;
}

/**
 * Mean and covariance of features, for distances from the same data more than once.
 *
 * Shape: features [examples, features], of which there are at least two examples. With a tensor it returns a promise.
 *
 * Throws ShapeError for what are no rows; ArgumentError for fewer than two examples, or numbers that are not finite.
 *
 * ```ts
 * import { featureStatistics } from '@hebb/evaluation';
 *
 * featureStatistics([[0, 1], [2, 1]]).mean; // Float64Array [1, 1]
 * ```
 */
export function featureStatistics(features: Values): FeatureStatistics;
export function featureStatistics(features: TensorLike): Promise<FeatureStatistics>;
export function featureStatistics(features: Values | TensorLike): FeatureStatistics | Promise<FeatureStatistics>;
export function featureStatistics(features: Values | TensorLike): FeatureStatistics | Promise<FeatureStatistics> {
  return statisticsOf('featureStatistics', features);
}

/**
 * The Fréchet distance of two sets of features, as if both were normally distributed: ‖μ₁ − μ₂‖² + Tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½) (Fréchet 1957; Dowson & Landau 1982). Of features of a trained classifier it is how
 * Heusel et al. 2017 (arXiv:1706.08500) judge generated images: with those of Inception-v3 it is called FID. 0 for the same mean and covariance.
 *
 * Shape: features [examples, features] of both, or their {@link featureStatistics}. It is larger the fewer examples there are: compare distances of equally many, thousands of them. Computed in float64; with a tensor it returns a promise.
 *
 * Throws ShapeError for what are no rows, or rows of different lengths; ArgumentError for fewer than two examples, or numbers that are not finite.
 *
 * ```ts
 * import { frechetDistance } from '@hebb/evaluation';
 *
 * frechetDistance([[0], [2]], [[3], [5]]); // 9
 * frechetDistance([[-1], [1]], [[-3], [3]]); // (√2 · 3 − √2)² = 8
 * ```
 */
export function frechetDistance(a: Values | FeatureStatistics, b: Values | FeatureStatistics): number;
export function frechetDistance(
  a: Values | TensorLike | FeatureStatistics,
  b: Values | TensorLike | FeatureStatistics,
): number | Promise<number>;
export function frechetDistance(
  a: Values | TensorLike | FeatureStatistics,
  b: Values | TensorLike | FeatureStatistics,
): number | Promise<number> {
  const where = 'frechetDistance';
  const [first, second] = [statisticsOf(where, a), statisticsOf(where, b)];
  if (!(first instanceof Promise) && !(second instanceof Promise)) return distance(where, first, second);
  return Promise.all([first, second]).then(([one, other]) => distance(where, one, other));
}

function distance(where: string, a: FeatureStatistics, b: FeatureStatistics): number {
  const n = a.mean.length;
  if (b.mean.length !== n)
    throw new ShapeError(`[${where}] there are ${n} features in the first set and ${b.mean.length} in the second.`);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum += ((a.mean[i] ?? 0) - (b.mean[i] ?? 0)) ** 2;
    sum += (a.covariance[i * n + i] ?? 0) + (b.covariance[i * n + i] ?? 0);
  }
  // Σ₁ Σ₂ = L Lᵀ Σ₂ has the eigenvalues of Lᵀ Σ₂ L, which is symmetric and has none below 0; the trace of the root is the sum of their roots.
  const factor = choleskyFactor(a.covariance, n);
  for (const value of symmetricEigenvalues(congruent(b.covariance, factor, n), n))
    sum -= 2 * Math.sqrt(Math.max(value, 0));
  // Rounding alone makes it negative.
  return Math.max(sum, 0);
}

/** Lᵀ M L. */
function congruent(matrix: Float64Array, factor: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      const value = matrix[i * n + k] ?? 0;
      for (let j = 0; j <= k; j++) product[i * n + j] = (product[i * n + j] ?? 0) + value * (factor[k * n + j] ?? 0);
    }
  const result = new Float64Array(n * n);
  for (let k = 0; k < n; k++)
    for (let i = 0; i <= k; i++) {
      const value = factor[k * n + i] ?? 0;
      for (let j = 0; j < n; j++) result[i * n + j] = (result[i * n + j] ?? 0) + value * (product[k * n + j] ?? 0);
    }
  return result;
}

function isStatistics(value: unknown): value is FeatureStatistics {
  const { mean, covariance } = Object(value) as { [K in keyof FeatureStatistics]?: unknown };
  return mean instanceof Float64Array && covariance instanceof Float64Array;
}

function statisticsOf(
  where: string,
  given: Values | TensorLike | FeatureStatistics,
): FeatureStatistics | Promise<FeatureStatistics> {
  if (isStatistics(given)) {
    const n = given.mean.length;
    if (given.covariance.length === n * n) return given;
    throw new ShapeError(`[${where}] the covariance of ${n} features has ${n * n} numbers, not ${given.covariance.length}.`); // prettier-ignore
  }
  if (!isTensor(given)) return computed(where, flatten(where, given));
  return given.data().then((data) => computed(where, { data, shape: given.shape }));
}

function computed(where: string, { data, shape }: Flat): FeatureStatistics {
  const [count = 0, n = 0] = shape ?? [];
  if (shape?.length !== 2) {
    throw new ShapeError(
      `[${where}] features must be rows, [examples, features], not ${shape === undefined ? 'a flat list' : `[${shape.join(',')}]`}.`,
    );
  }
  if (count < 2)
    throw new ArgumentError(`[${where}] a covariance needs two examples at least; there ${count === 1 ? 'is one' : 'are none'}.`); // prettier-ignore
  const mean = new Float64Array(n);
  for (let row = 0; row < count; row++)
    for (let i = 0; i < n; i++) {
      const value = Number(data[row * n + i]);
      if (!Number.isFinite(value))
        throw new ArgumentError(`[${where}] feature ${i} of example ${row} is ${value}, no finite number.`);
      mean[i] = (mean[i] ?? 0) + value / count;
    }
  const covariance = new Float64Array(n * n);
  const centred = new Float64Array(n);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < n; i++) centred[i] = Number(data[row * n + i]) - (mean[i] ?? 0);
    for (let i = 0; i < n; i++) {
      const value = (centred[i] ?? 0) / (count - 1);
      if (value !== 0)
        for (let j = i; j < n; j++) covariance[i * n + j] = (covariance[i * n + j] ?? 0) + value * (centred[j] ?? 0);
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) covariance[i * n + j] = covariance[j * n + i] ?? 0;
  return { count, mean, covariance };
}
