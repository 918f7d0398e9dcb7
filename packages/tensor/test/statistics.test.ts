/** Means and variances of numbers that lie close together far from 0, beside PyTorch's in float64. */
import { beforeAll, describe, expect, it } from 'vitest';
import { setDevice, std, tensor, variance } from '../src/index.ts';
import { devices } from './support/devices.ts';
import { compileTensors } from './support/programs.ts';
import { numbersOf, statisticsCases } from './support/statistics.ts';

const off = (actual: number, expected: number): number => Math.abs(actual - expected) / (Math.abs(expected) || 1);

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(statisticsCases.map((one) => [one.name, one] as const))('mean, variance and std of %s', async (_, one) => {
    const numbers = numbersOf(one);
    const x = tensor(numbers);
    // A sum rounds relative to its terms, not to what is left when they cancel.
    const terms = numbers.reduce((sum, value) => sum + Math.abs(value), 0) / one.count;
    expect(Math.abs((await x.mean().item()) - one.mean) / terms).toBeLessThan(1e-6);
    expect(off(await x.variance().item(), one.variance)).toBeLessThan(4e-6);
    expect(off(await x.std(undefined, { correction: 0 }).item(), one.std)).toBeLessThan(4e-6);
  });

  it('along rows and along columns alike', async () => {
    for (const one of statisticsCases) {
      const numbers = numbersOf(one);
      const x = tensor(numbers).unsqueeze(1).broadcastTo([one.count, 3]);
      for (const values of [x.variance(0), x.transpose(0, 1).variance(1), x.transpose(0, 1).variance(-1)])
        for (const value of await values.data()) expect(off(value, one.variance), one.name).toBeLessThan(4e-6);
    }
  });

  it('equal elements have variance 0, whatever they are', async () => {
    for (const value of [0.1, -1 / 3, 1e-20, 16777217, -1e30, 1 / 7]) {
      for (const count of [2, 3, 100, 1001, 70_001]) {
        const x = tensor(new Float32Array(count).fill(value));
        expect(await x.variance().item(), `${count} times ${value}`).toBe(0);
        expect(await x.mean().item()).toBeCloseTo(value, -Math.ceil(Math.log10(Math.abs(value))) + 5);
      }
    }
  });

  it('infinities and NaN give NaN, wherever they stand', async () => {
    for (const bad of [NaN, Infinity, -Infinity])
      for (const at of [0, 3]) {
        const numbers = Float32Array.from([1, 2, 3, 4, 5]);
        numbers[at] = bad;
        expect(await tensor(numbers).variance().item()).toBeNaN();
      }
  });
});

it('variance and std are 1 kernel, by rows', () => {
  const x = tensor(
    Float32Array.from({ length: 60 }, (_, i) => i),
    { shape: [5, 4, 3] },
  );
  expect(compileTensors([variance(x)]).plan.kernels.map(({ kind }) => kind)).toEqual(['rows']);
  expect(compileTensors([std(x, [0, 2])]).plan.kernels.map(({ kind }) => kind)).toEqual(['rows']);
});
