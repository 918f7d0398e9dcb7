/** Reductions beside PyTorch, and their gradients of first and second order beside finite differences. */
import { logSumExp, maxWithIndices, minWithIndices, nanMean, norm, prod, type Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { gradientErrors, input, type Input } from './support/finite-differences.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('reductions');

const cases: Record<string, { f: (...inputs: Tensor[]) => Tensor; inputs: readonly Input[] }> = {
  'prod over two axes': { f: (x) => prod(x, [0, -1]), inputs: [input([2, 3, 2])] },
  'logSumExp over rows': { f: (x) => logSumExp(x, 1), inputs: [input([2, 4])] },
  'logSumExp over two axes': { f: (x) => logSumExp(x, [0, 2], { keepDims: true }), inputs: [input([2, 3, 2])] },
  'values of maxWithIndices': { f: (x) => maxWithIndices(x, 1).values.square(), inputs: [input([2, 4])] },
  'values of minWithIndices': { f: (x) => minWithIndices(x, 0).values.square(), inputs: [input([3, 2])] },
  nanMean: { f: (x) => nanMean(x.square(), 1), inputs: [input([2, 3])] },
  ...Object.fromEntries(
    [0.5, 1, 1.5, 2, 3, -1, Infinity, -Infinity].map((p) => [
      `norm with p = ${p}`,
      { f: (x: Tensor) => norm(x, 1, { p }), inputs: [input([2, 3], { gap: 0.2 })] },
    ]),
  ),
};

describe('gradients agree with finite differences', () => {
  it.each(Object.entries(cases))('%s', (_, { f, inputs }) => {
    const { first, second } = gradientErrors(f, inputs);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
  });
});
