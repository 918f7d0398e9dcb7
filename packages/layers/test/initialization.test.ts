/** Initial weights against the closed forms of their distributions. Bounds are five standard errors for the given number of draws. */
import { manualSeed, setDevice, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import {
  BatchNorm2d,
  Conv2d,
  kaimingNormal,
  kaimingUniform,
  Linear,
  xavierNormal,
  xavierUniform,
} from '../src/index.ts';

async function moments(x: Tensor): Promise<{ count: number; mean: number; variance: number; largest: number }> {
  const values = [...(await x.data())];
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { count, mean, variance, largest: Math.max(...values.map(Math.abs)) };
}

async function expectUniform(x: Tensor, bound: number): Promise<void> {
  const { count, mean, variance, largest } = await moments(x);
  const expected = bound ** 2 / 3;
  expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
  expect(largest).toBeGreaterThan(bound * (1 - 20 / count));
  expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(expected / count));
  // Var(x²) = 4 b⁴ / 45.
  expect(Math.abs(variance - expected)).toBeLessThan(5 * Math.sqrt((4 * bound ** 4) / 45 / count));
}

async function expectNormal(x: Tensor, expected: number): Promise<void> {
  const { count, mean, variance } = await moments(x);
  expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(expected / count));
  expect(Math.abs(variance - expected)).toBeLessThan(5 * expected * Math.sqrt(2 / count));
}

describe.each(devices)('initial weights on %s', (device) => {
  beforeAll(() => {
    setDevice(device);
    manualSeed(1);
  });

  it('Linear: weight and bias uniform in ±1/√inFeatures', async () => {
    const { weight, bias } = new Linear(300, 400);
    await expectUniform(weight, 1 / Math.sqrt(300));
    await expectUniform(bias as Tensor, 1 / Math.sqrt(300));
  });

  it('Conv2d: weight and bias uniform in ±1/√(in/groups · kernel)', async () => {
    const { weight, bias } = new Conv2d(32, 512, 3, { groups: 2 });
    expect(weight.shape).toEqual([512, 16, 3, 3]);
    await expectUniform(weight, 1 / Math.sqrt(16 * 9));
    await expectUniform(bias as Tensor, 1 / Math.sqrt(16 * 9));
  });

  it('BatchNorm2d: ones and zeros', async () => {
    const state = new BatchNorm2d(3).stateDict();
    const values = await Promise.all([...state].map(async ([name, value]) => [name, await value.toArray()]));
    expect(Object.fromEntries(values)).toEqual({
      weight: [1, 1, 1],
      bias: [0, 0, 0],
      running_mean: [0, 0, 0],
      running_var: [1, 1, 1],
      num_batches_tracked: 0,
    });
  });

  it('Kaiming and Xavier distributions', async () => {
    await expectUniform(kaimingUniform([200, 300]), Math.sqrt(6 / 300));
    await expectUniform(kaimingUniform([64, 30, 5, 2], { slope: 2 }), Math.sqrt(6 / (5 * 300)));
    await expectNormal(kaimingNormal([200, 300]), 2 / 300);
    await expectUniform(xavierUniform([100, 300]), Math.sqrt(6 / 400));
    await expectNormal(xavierNormal([100, 30, 5, 2]), 2 / (300 + 1000));
  });

  it('the same seed gives the same model', async () => {
    const values = async (): Promise<unknown> => {
      manualSeed(9);
      return Promise.all(new Linear(5, 4).parameters().map((p) => p.toArray()));
    };
    expect(await values()).toEqual(await values());
  });
});
