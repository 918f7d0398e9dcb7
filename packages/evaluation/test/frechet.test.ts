/** Distances of sets of features: beside scipy's, of closed forms, and what is no set of features. */
import { ArgumentError, ShapeError, tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { golden } from '../../tensor/test/support/golden.ts';
import { featureStatistics, frechetDistance } from '../src/index.ts';
import { choleskyFactor, symmetricEigenvalues } from '../src/symmetric.ts';

/** Made by tools/golden/frechet.py. */
const cases = golden(new URL('golden/frechet.json', import.meta.url)) as readonly {
  readonly name: string;
  readonly a: readonly number[][];
  readonly b: readonly number[][];
  readonly distance: number;
}[];

describe('Fréchet distance', () => {
  it.each(cases.map((each) => [each.name, each] as const))('%s: as scipy has it', async (_name, { a, b, distance }) => {
    // A root of what has zeros among its eigenvalues has half of their digits.
    const near = (value: number): void => expect(Math.abs(value - distance) / (1 + distance)).toBeLessThan(1e-6);
    near(frechetDistance(a, b));
    near(frechetDistance(b, a));
    near(frechetDistance(featureStatistics(a), { data: b.flat(), shape: [b.length, b[0]?.length ?? 0] }));
    near(await frechetDistance(tensor(a as number[][]), b));
  });

  it('of features that are independent is Σ (μ₁ − μ₂)² + (σ₁ − σ₂)²', () => {
    const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1].map((bit) => 2 * bit - 1));
    const moved = (means: readonly number[], scales: readonly number[]): number[][] =>
      corners.map((row) => row.map((value, i) => (means[i] ?? 0) + (scales[i] ?? 1) * value));
    const distance = frechetDistance(moved([0, 0, 0], [1, 2, 3]), moved([1, 0, -2], [4, 2, 1]));
    expect(distance).toBeCloseTo(1 + 4 + (8 / 7) * (9 + 0 + 4), 10);
  });

  it('is 0 of the same, also where they lie in a plane', () => {
    const flat = [[1, 2, 3], [2, 4, 5], [3, 6, 9], [5, 10, 2]]; // prettier-ignore
    expect(frechetDistance(flat, flat)).toBeLessThan(1e-6);
    expect(frechetDistance(flat, flat.map((row) => row.map((value) => value + 2)))).toBeCloseTo(12, 6); // prettier-ignore
  });

  it('gives the statistics that numpy gives', () => {
    const { count, mean, covariance } = featureStatistics([[1, 2], [3, 8], [5, 5]]); // prettier-ignore
    expect([count, [...mean], [...covariance]]).toEqual([3, [3, 5], [4, 3, 3, 9]]);
  });

  it.each<[string, () => unknown, new (...given: never[]) => Error, string]>([
    ['a list without rows', () => frechetDistance([1, 2], [[1], [2]]), ShapeError, 'not a flat list'],
    ['one example', () => frechetDistance([[1]], [[1], [2]]), ArgumentError, 'there is one'],
    ['other features', () => frechetDistance([[1], [2]], [[1, 2], [2, 3]]), ShapeError, '1 features in the first set and 2'], // prettier-ignore
    ['NaN', () => featureStatistics([[1, 2], [1, NaN]]), ArgumentError, 'feature 1 of example 1 is NaN'], // prettier-ignore
    ['a covariance of another size', () => frechetDistance({ count: 2, mean: new Float64Array(2), covariance: new Float64Array(3) }, [[1], [2]]), ShapeError, '4 numbers, not 3'], // prettier-ignore
  ])('says what is wrong with %s', (_name, call, type, message) => {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });
});

describe('symmetric matrices', () => {
  it('eigenvalues of the path of n nodes are 2 cos (k π / (n + 1))', () => {
    const n = 40;
    const path = new Float64Array(n * n);
    for (let i = 0; i + 1 < n; i++) path[i * n + i + 1] = path[(i + 1) * n + i] = 1;
    // Mixed by a reflection, so that it is not tridiagonal.
    const v = Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1));
    const square = v.reduce((sum, value) => sum + value * value, 0);
    const reflect = (at: (i: number, j: number) => number, i: number, j: number): number =>
      at(i, j) - (2 / square) * (v[j] ?? 0) * v.reduce((sum, value, k) => sum + value * at(i, k), 0);
    const right = Float64Array.from({ length: n * n }, (_, at) => reflect((i, j) => path[i * n + j] ?? 0, Math.floor(at / n), at % n)); // prettier-ignore
    const both = Float64Array.from({ length: n * n }, (_, at) => reflect((i, j) => right[j * n + i] ?? 0, Math.floor(at / n), at % n)); // prettier-ignore
    const found = symmetricEigenvalues(both, n);
    for (let k = 1; k <= n; k++) expect(found[n - k]).toBeCloseTo(2 * Math.cos((k * Math.PI) / (n + 1)), 12);
  });

  it('L Lᵀ is the matrix, also where it has no inverse', () => {
    const factor = choleskyFactor(Float64Array.of(4, 2, 2, 2, 1, 1, 2, 1, 5), 3);
    expect([...factor]).toEqual([2, 0, 0, 1, 0, 0, 1, 0, 2]);
  });
});
