/** Dropout of every kind while it trains: PyTorch's formula, of stochastic depth that of Huang et al. 2016, in float64, applied to what the draw kept. */
import { grad } from '@hebb/autograd';
import { AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, DropPath, FeatureAlphaDropout } from '@hebb/layers';
import { manualSeed, ones, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../../tensor/test/support/devices.ts';

interface Formula {
  readonly output: (x: number, isKept: boolean) => number;
  readonly derivative: (isKept: boolean) => number;
}

/** x · mask / (1 − p). */
const scaled = (p: number): Formula => ({
  output: (x, isKept) => (isKept ? x / (1 - p) : 0),
  derivative: (isKept) => (isKept ? 1 / (1 - p) : 0),
});

/** a · (x · mask + α′ · (1 − mask)) − a · α′ · p with α′ = −λα and a = 1 / √((1 + p α′²) (1 − p)) (Klambauer et al. 2017). */
const alpha = (p: number): Formula => {
  const saturation = -1.7580993408473766;
  const a = 1 / Math.sqrt((1 + p * saturation ** 2) * (1 - p));
  return {
    output: (x, isKept) => a * (isKept ? x : saturation) - a * saturation * p,
    derivative: (isKept) => (isKept ? a : 0),
  };
};

type Kind = new (probability: number) => { forward(x: Tensor): Tensor };

describe.each(devices)('dropout that trains on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each<[name: string, Layer: Kind, shape: readonly number[], together: number, formula: (p: number) => Formula]>([
    ['Dropout', Dropout, [6, 7], 1, scaled],
    ['Dropout1d', Dropout1d, [4, 5, 3], 3, scaled],
    ['Dropout2d', Dropout2d, [4, 5, 2, 3], 6, scaled],
    ['Dropout3d', Dropout3d, [4, 5, 2, 1, 2], 4, scaled],
    ['AlphaDropout', AlphaDropout, [6, 7], 1, alpha],
    ['FeatureAlphaDropout', FeatureAlphaDropout, [4, 5, 3], 3, alpha],
    ['DropPath', DropPath, [16, 2, 2], 4, scaled],
  ])('%s has the output and the gradient of the formula', async (_name, Layer, shape, together, formula) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: size }, (_, i) => Math.fround(Math.sin(3 * i + 1) + 0.1));
    const weights = Array.from({ length: size }, (_, i) => Math.fround(Math.cos(2 * i) + 1.5));
    const [x, w] = [tensor(Float32Array.from(values), { shape }), tensor(Float32Array.from(weights), { shape })];
    for (const p of [0.25, 0.6]) {
      const layer = new Layer(p);
      const drawn = <T>(compute: () => T): T => {
        manualSeed(11);
        return compute();
      };
      // Of ones, what is kept is positive in each of them, and what is dropped is not.
      const kept = [...(await drawn(() => layer.forward(ones(shape))).data())].map((value) => value > 0);
      expect(new Set(kept).size).toBe(2);
      for (let i = 0; i < size; i++) expect(kept[i]).toBe(kept[i - (i % together)]);
      const { output, derivative } = formula(p);
      const outputs = await drawn(() => layer.forward(x)).data();
      expect(
        worstDifference(
          outputs,
          values.map((value, i) => output(value, kept[i] === true)),
        ),
      ).toBeLessThan(1e-6);
      const gradient = await drawn(() => grad((input: Tensor) => layer.forward(input).mul(w).sum())(x)).data();
      expect(
        worstDifference(
          gradient,
          weights.map((weight, i) => weight * derivative(kept[i] === true)),
        ),
      ).toBeLessThan(1e-6);
    }
  });
});

function worstDifference(found: ArrayLike<number | bigint>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(Number(found[i]) - value) / (1 + Math.abs(value))));
}
