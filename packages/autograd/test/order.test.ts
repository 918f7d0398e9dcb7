/** What goes along an axis in order, beside PyTorch, and its gradients of first and second order beside finite differences. */
import { cummax, cumprod, cumsum, logCumSumExp, sort, tensor, topK, type Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { gradientErrors, input, type Input } from './support/finite-differences.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('cumulative');
testAgainstPyTorch('sorting');
testAgainstPyTorch('places');

const cases: Record<string, { f: (...inputs: Tensor[]) => Tensor; inputs: readonly Input[] }> = {
  'sorted elements': {
    f: (x) =>
      sort(x, 0)
        .values.mul(tensor([[1], [2], [3], [4]]))
        .square(),
    inputs: [input([4, 3])],
  },
  'the largest elements': { f: (x) => topK(x, 2).values.square(), inputs: [input([2, 5])] },
  'a cumulative sum': { f: (x) => cumsum(x, 1).square(), inputs: [input([2, 5])] },
  'a cumulative product': { f: (x) => cumprod(x, 0, { reverse: true }).square(), inputs: [input([5])] },
  'a cumulative product with zeros': {
    f: (x) => cumprod(x, 0).square(),
    inputs: [{ shape: [5], values: Float64Array.of(1.5, 0, 2, 0, 3) }],
  },
  'a cumulative maximum': { f: (x) => cummax(x, 0).values.square(), inputs: [input([6])] },
  'a cumulative ln Σ eˣ': { f: (x) => logCumSumExp(x.mul(3), 1).square(), inputs: [input([2, 6])] },
};

describe('gradients agree with finite differences', () => {
  it.each(Object.entries(cases))('%s', (_, { f, inputs }) => {
    const { first, second } = gradientErrors(f, inputs);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
  });
});
