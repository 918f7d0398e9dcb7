import { compile, manualSeed, ones, setDevice, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { Dropout } from '../src/index.ts';

describe.each(devices)('Dropout on %s', (device) => {
  beforeAll(() => setDevice(device));
  const x = ones([100, 200]);

  it('drops with its probability, scales the rest by 1 / (1 − p), and is reproducible', async () => {
    const layer = new Dropout(0.25);
    manualSeed(3);
    const values = await layer.forward(x).data();
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    // A binomial share of 20,000 draws: 0.25 ± 5 · √(0.25 · 0.75 / 20000).
    expect(values.filter((value) => value === 0).length / values.length).toBeCloseTo(0.25, 1.5);
    expect(await layer.forward(x).data()).not.toEqual(values);
    manualSeed(3);
    expect(await layer.forward(x).data()).toEqual(values);
  });

  it('is the identity in evaluation mode and at probability 0, and zero at probability 1', async () => {
    expect(new Dropout(0.25).eval().forward(x)).toBe(x);
    expect(new Dropout(0).forward(x)).toBe(x);
    expect(new Set(await new Dropout(1).forward(x).data())).toEqual(new Set([0]));
  });

  it('inside a compiled function draws anew at each call, as outside of it, and follows the mode', async () => {
    const layer = new Dropout(0.5);
    manualSeed(5);
    const plain = [await layer.forward(x).data(), await layer.forward(x).data(), await layer.forward(x).data()];
    const compiled = compile((input: Tensor) => layer.forward(input).add(0));
    manualSeed(5);
    for (const values of plain) expect(await compiled(x).data()).toEqual(values);
    layer.eval();
    expect(new Set(await compiled(x).data())).toEqual(new Set([1]));
    layer.train();
    expect(new Set(await compiled(x).data())).toEqual(new Set([0, 2]));
  });
});
