/** Resampled images beside PyTorch, and their gradients of first and second order beside finite differences. */
import { affineGrid, gridSample, interpolate, pixelShuffle, type Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { gradientErrors, input, type Input } from './support/finite-differences.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('images');

const cases: Record<string, { f: (...inputs: Tensor[]) => Tensor; inputs: readonly Input[] }> = {
  'interpolate, bicubic': {
    f: (x) => interpolate(x, { size: [4, 5], mode: 'bicubic' }).square(),
    inputs: [input([1, 1, 3, 2])],
  },
  'interpolate, nearest': { f: (x) => interpolate(x, { scaleFactor: 2 }).square(), inputs: [input([1, 1, 2, 2])] },
  pixelShuffle: { f: (x) => pixelShuffle(x, 2).square(), inputs: [input([4, 1, 2])] },
  'gridSample in image and grid': {
    f: (x, grid) => gridSample(x, grid),
    inputs: [input([1, 1, 3, 4]), input([1, 2, 2, 2], { away: [-1, 0, 1], low: -0.9, high: 0.9 })],
  },
  'gridSample, bicubic': {
    f: (x, grid) => gridSample(x, grid, { mode: 'bicubic', paddingMode: 'reflection' }),
    inputs: [input([1, 1, 3, 4]), input([1, 1, 2, 2])],
  },
  affineGrid: { f: (theta) => affineGrid(theta, [1, 1, 2, 3]).square(), inputs: [input([1, 2, 3])] },
};

describe('gradients agree with finite differences', () => {
  it.each(Object.entries(cases))('%s', (_, { f, inputs }) => {
    const { first, second } = gradientErrors(f, inputs);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
  });
});
