import {
  alphaDropout,
  compile,
  dropout,
  dropPath,
  featureAlphaDropout,
  Generator,
  manualSeed,
  ones,
  randn,
  setDevice,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, DropPath, FeatureAlphaDropout } from '../src/index.ts';

const all = [Dropout, Dropout1d, Dropout2d, Dropout3d, AlphaDropout, FeatureAlphaDropout, DropPath];

/** What the selu tends to, −λα. */
const saturation = -1.0507009873554805 * 1.6732632423543772;

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

  it.each<[string, (input: Tensor) => Tensor, readonly number[], number]>([
    ['Dropout1d of a batch', (input) => new Dropout1d(0.25).forward(input), [40, 50, 3], 3],
    ['Dropout1d of an example', (input) => new Dropout1d(0.25).forward(input), [2000, 3], 3],
    ['Dropout2d', (input) => new Dropout2d(0.25).forward(input), [40, 50, 2, 2], 4],
    ['Dropout2d of [N, C, L]', (input) => new Dropout2d(0.25).forward(input), [40, 50, 3], 3],
    ['Dropout3d of a batch', (input) => new Dropout3d(0.25).forward(input), [40, 50, 2, 1, 2], 4],
    ['Dropout3d of an example', (input) => new Dropout3d(0.25).forward(input), [2000, 2, 1, 2], 4],
    ['DropPath', (input) => new DropPath(0.25).forward(input), [2000, 2, 2], 4],
  ])('%s drops wholes with its probability', async (_name, drop, shape, together) => {
    manualSeed(7);
    const values = await drop(ones(shape)).data();
    const kept = Math.fround(1 / 0.75);
    let dropped = 0;
    for (let i = 0; i < values.length; i += together) {
      const part = new Set(values.slice(i, i + together));
      expect([...part]).toEqual([part.has(0) ? 0 : kept]);
      if (part.has(0)) dropped++;
    }
    // A binomial share of 2,000 draws: five standard errors.
    expect(Math.abs(dropped / 2000 - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / 2000));
  });

  it('AlphaDropout keeps mean 0 and variance 1, and drops to what the selu tends to', async () => {
    manualSeed(11);
    const p = 0.2;
    const input = randn([20_000]);
    const values = [...(await new AlphaDropout(p).forward(input).data())];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(values.length));
    expect(Math.abs(variance - 1)).toBeLessThan(0.06);
    const scale = 1 / Math.sqrt((1 - p) * (1 + p * saturation ** 2));
    const dropped = Math.fround(scale * saturation - scale * p * saturation);
    const share = values.filter((value) => Math.abs(value - dropped) < 1e-6).length / values.length;
    expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / values.length));
  });

  it('FeatureAlphaDropout drops whole channels', async () => {
    manualSeed(12);
    const values = await new FeatureAlphaDropout(0.5).forward(zeros([50, 40, 3])).data();
    for (let i = 0; i < values.length; i += 3) expect(new Set(values.slice(i, i + 3)).size).toBe(1);
    expect(new Set(values).size).toBe(2);
  });

  it.each(all)(
    '$type is the identity in evaluation mode and at probability 0, and zero at probability 1',
    async (Type) => {
      const shape = Type === Dropout2d ? [2, 3, 2, 2] : Type === Dropout3d ? [2, 3, 2, 2, 2] : [2, 3, 4];
      const input = ones(shape);
      expect(new Type(0.5).eval().forward(input)).toBe(input);
      expect(new Type(0).forward(input)).toBe(input);
      expect(new Set(await new Type(1).forward(input).data())).toEqual(new Set([0]));
    },
  );

  it('functions take a generator, and do nothing without training', async () => {
    const draw = (): Tensor => dropout(x, { generator: new Generator(4), probability: 0.3 });
    expect(await draw().data()).toEqual(await draw().data());
    for (const f of [dropout, dropPath, alphaDropout, featureAlphaDropout]) expect(f(x, { training: false })).toBe(x);
  });
});

it('other numbers of axes are refused', () => {
  expect(() => new Dropout2d().forward(ones([3, 2]))).toThrow(/\[dropout2d\] takes 3 or 4 axes, not float32\[3,2\]/);
  expect(() => new FeatureAlphaDropout().forward(ones([3]))).toThrow(/batch, channels/);
  expect(() => new DropPath().forward(ones([]))).toThrow(/\[batch, …\]/);
});
