/** What is particular to single functions that draw; what all of them have in common is in draws.test.ts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, multinomial, permutation, setDevice, tensor, truncatedNormal, unique } from '../src/index.ts';
import { devices } from './support/devices.ts';
import { distance, normal } from './support/distributions.ts';

const count = 20_000;

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));
  const options = (seed = 3): { generator: Generator } => ({ generator: new Generator(seed) });

  it.each([
    { mean: 0, std: 1, low: -2, high: 2 },
    { mean: 1, std: 0.5, low: 1.2, high: 4 },
    { mean: -3, std: 2, low: -20, high: -8 },
  ])('normal draws cut off have their distribution: %o', async (shape) => {
    const { mean, std, low, high } = shape;
    const x = truncatedNormal([count], { ...shape, ...options() });
    expect(await x.min().item()).toBeGreaterThanOrEqual(low);
    expect(await x.max().item()).toBeLessThanOrEqual(high);
    const at = (value: number): number => normal((value - mean) / std);
    expect(distance(await x.data(), (value) => (at(value) - at(low)) / (at(high) - at(low)))).toBeLessThan(2.2);
  });

  it('a permutation has every number once, and every place is as likely', async () => {
    const order = await permutation(1000, options()).data();
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    const { generator } = options();
    const sums = new Float64Array(4);
    for (let i = 0; i < 300; i++) {
      const data = await permutation(4, { generator }).data();
      data.forEach((value, place) => (sums[place] = (sums[place] ?? 0) + value));
    }
    // The mean of 300 uniform draws of 0 … 3 is 1.5 ± 0.065.
    for (const sum of sums) expect(Math.abs(sum / 300 - 1.5)).toBeLessThan(0.3);
    expect([...(await permutation(0).data())]).toEqual([]);
  });

  it('positions are drawn as often as their weights say', async () => {
    const weights = tensor([0, 1, 2, 0, 5, 0]);
    const x = multinomial(weights, count, { replacement: true, ...options() });
    const { values, counts } = await unique(x);
    expect([...(await values.data())]).toEqual([1, 2, 4]);
    [...(await counts.data())].forEach((n, i) => {
      const expected = ([1, 2, 5][i] ?? 0) / 8;
      expect(Math.abs(n / count - expected)).toBeLessThan(5 * Math.sqrt((expected * (1 - expected)) / count));
    });
  });

  it('without replacement the first are drawn by weight, and none twice', async () => {
    const weights = tensor([1, 0, 3]).broadcastTo([count, 3]);
    const x = multinomial(weights, 3, options());
    const data = await x.data();
    let first = 0;
    for (let row = 0; row < count; row++) {
      const drawn = [0, 1, 2].map((i) => data[3 * row + i]);
      expect([...drawn].sort((a = 0, b = 0) => a - b)).toEqual([0, 1, 2]);
      expect(drawn[2]).toBe(1);
      if (drawn[0] === 2) first++;
    }
    expect(Math.abs(first / count - 0.75)).toBeLessThan(5 * Math.sqrt((0.75 * 0.25) / count));
  });
});
