/**
 * Gradients through concatenations of thousands of parts.
 *
 * @module-tag long: thousands of parts.
 */
import { concat, device, realize, setDevice, stack, tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { valueAndGrad } from '../src/index.ts';

describe.each(devices)('on %s', (name) => {
  beforeAll(() => setDevice(name));

  it('the gradient of 6,000 stacked rows is cut by one kernel', async () => {
    const rows = Array.from({ length: 6000 }, (_, i) => tensor([i / 1000, 1]));
    const { value, grads } = valueAndGrad(() => stack(rows).square().sum(), rows);
    await realize(value, ...grads);
    if (name !== 'reference') expect(device.stats().kernelsInLastRun).toBeLessThan(8);
    const exact = Array.from({ length: 6000 }, (_, i) => (i / 1000) ** 2 + 1).reduce((a, b) => a + b, 0);
    expect(Math.abs((await value.item()) / exact - 1)).toBeLessThan(1e-6);
    for (const [i, gradient] of grads.entries())
      expect(await gradient.data()).toEqual(Float32Array.of(Math.fround(2 * Math.fround(i / 1000)), 2));
  });

  it.each([1, 2])('so is that of 300 parts stacked along axis %d', async (axis) => {
    const parts = Array.from({ length: 300 }, (_, i) => tensor(new Float32Array(6).fill(i), { shape: [2, 3] }));
    const { grads } = valueAndGrad(() => stack(parts, axis).square().sum(), parts);
    await realize(...grads);
    if (name !== 'reference') expect(device.stats().kernelsInLastRun).toBeLessThan(8);
    for (const [i, gradient] of grads.entries()) expect(await gradient.data()).toEqual(new Float32Array(6).fill(2 * i));
  });

  it('parts of different lengths along an inner axis get their own columns', async () => {
    const parts = Array.from({ length: 24 }, (_, i) =>
      tensor(new Float32Array(2 * (1 + (i % 3))).fill(i), { shape: [2, 1 + (i % 3)] }),
    );
    const { grads } = valueAndGrad(() => concat(parts, 1).mul(concat(parts, 1)).sum(), parts);
    await realize(...grads);
    for (const [i, gradient] of grads.entries()) {
      expect(gradient.shape).toEqual([2, 1 + (i % 3)]);
      expect(new Set(await gradient.data())).toEqual(new Set([2 * i]));
    }
  });
});
