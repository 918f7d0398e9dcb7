import { describe, expect, it } from 'vitest';
import { DataError, MinMaxScaler, StandardScaler, medianFilter2d, normalizeImages } from '../src/index.ts';
import filters from './golden/median-filter.json' with { type: 'json' };
import scalers from './golden/scalers.json' with { type: 'json' };

const numbers = (values: readonly (number | null)[]): Float64Array =>
  Float64Array.from(values, (value) => value ?? NaN);

function expectClose(actual: ArrayLike<number>, expected: readonly (number | null)[], tolerance = 1e-11): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    const got = actual[i] ?? Infinity;
    if (value === null) expect(got).toBeNaN();
    else
      expect(Math.abs(got - value), `[${i}] ${got} ${value}`).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(value)),
      );
  });
}

describe('scikit-learn', () => {
  it.each(scalers.map((entry) => [`${entry.scaler} ${JSON.stringify(entry.options)} ${entry.name}`, entry] as const))(
    'agrees on %s',
    (_, entry) => {
      const options = entry.options as {
        with_mean?: boolean;
        with_std?: boolean;
        feature_range?: [number, number];
        clip?: boolean;
      };
      const x = { data: numbers(entry.x), shape: entry.shape };
      const fresh = {
        data: numbers(entry.fresh),
        shape: [entry.fresh.length / (entry.shape[1] ?? 1), entry.shape[1] ?? 1],
      };
      const {
        with_mean: withMean = true,
        with_std: withStd = true,
        feature_range: featureRange = [0, 1],
        clip = false,
      } = options;
      const scaler =
        entry.scaler === 'StandardScaler'
          ? new StandardScaler({ withMean, withStd })
          : new MinMaxScaler({ featureRange, clip });
      const transformed = scaler.fitTransform(x);
      // Numbers near 10⁸ are 1.5 · 10⁻⁸ apart, and scikit-learn rounds to them on the way.
      const tolerance = entry.name === 'far' ? 1e-7 : 1e-11;
      expectClose(transformed.data, entry.transformed, tolerance);
      expectClose(scaler.transform(fresh).data, entry.freshTransformed, tolerance);
      expectClose(scaler.inverseTransform(transformed).data, entry.inverse, tolerance);
      if (scaler instanceof StandardScaler) {
        expectClose(scaler.mean, entry.mean ?? []);
        expectClose(scaler.scale, entry.scale ?? []);
      } else {
        expectClose(scaler.dataMin, entry.dataMin ?? []);
        expectClose(scaler.dataMax, entry.dataMax ?? []);
      }
    },
  );
});

describe('scalers', () => {
  const images = { data: Float32Array.of(0, 2, 4, 6, 8, 10, 12, 14), shape: [2, 1, 2, 2] };

  it('take examples of any shape and keep float32', () => {
    const scaled = new StandardScaler().fitTransform(images);
    expect(scaled).toEqual({ data: Float32Array.of(-1, -1, -1, -1, 1, 1, 1, 1), shape: [2, 1, 2, 2] });
    expect(new MinMaxScaler().fitTransform({ data: Uint8Array.of(0, 255), shape: [2, 1] }).data).toEqual(
      Float64Array.of(0, 1),
    );
  });

  it('scale all values alike with per: global', () => {
    const scaler = new StandardScaler({ per: 'global' }).fit(images);
    expect(scaler.mean).toEqual(Float64Array.of(7));
    expect(scaler.scale[0]).toBeCloseTo(Math.sqrt(21), 12);
    expect(
      new MinMaxScaler({ per: 'global' }).fit(images).transform({ data: Float32Array.of(7), shape: [1] }).data[0],
    ).toBe(0.5);
  });

  it('explain what does not fit', () => {
    expect(() => new StandardScaler().transform(images)).toThrow(/not fitted yet[^]*fit\(train\)/);
    expect(() => new StandardScaler().fit(images).transform({ data: new Float32Array(3), shape: [1, 3] })).toThrow(
      /fitted on 4 features, got 3: float32\[1,3\]/,
    );
    expect(() => new StandardScaler().fit({ data: new Float32Array(0), shape: [0, 3] })).toThrow(
      /at least one example/,
    );
    expect(() => new MinMaxScaler().fit({ data: Float32Array.of(1, Infinity), shape: [2, 1] })).toThrow(
      /finite numbers, got Infinity at index 1/,
    );
    expect(() => new MinMaxScaler({ featureRange: [1, 0] })).toThrow(/low < high/);
    expect(() => new StandardScaler({ per: 'row' as 'global' })).toThrow(/per must be/);
    for (const bad of [
      null,
      3,
      { data: [1], shape: [1] },
      { data: new Float32Array(2), shape: [3] },
      { data: new Float32Array(2), shape: [-2, -1] },
    ]) {
      expect(() => new StandardScaler().fit(bad as typeof images)).toThrow(DataError);
    }
  });
});

describe('normalizeImages', () => {
  it('takes one number or one per channel', () => {
    const two = { data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7), shape: [2, 2, 1, 2] };
    expect([...normalizeImages(two, { mean: 1, std: 2 }).data]).toEqual([-0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3]);
    expect([...normalizeImages(two, { mean: [0, 2], std: [1, 0.5] }).data]).toEqual([0, 1, 0, 2, 4, 5, 8, 10]);
    expect(() => normalizeImages(two, { mean: [0, 1, 2], std: 1 })).toThrow(
      /one for each of the 2 channels of float32\[2,2,1,2\], got \[0, 1, 2\]/,
    );
    expect(() => normalizeImages(two, { mean: 0, std: 0 })).toThrow(/positive number/);
  });
});

describe('medianFilter2d', () => {
  it.each(filters)('agrees with SciPy for $shape, size $size', ({ shape, size, x, filtered }) => {
    expect([...medianFilter2d({ data: Float32Array.from(x), shape }, { size }).data]).toEqual(filtered);
  });

  it('refuses even sizes and single rows', () => {
    expect(() => medianFilter2d({ data: new Float32Array(4), shape: [2, 2] }, { size: 2 })).toThrow(
      /odd integer, got 2/,
    );
    expect(() => medianFilter2d({ data: new Float32Array(4), shape: [4] })).toThrow(/two axes, got float32\[4\]/);
  });
});
