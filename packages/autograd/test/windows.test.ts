/** Convolution and pooling beside PyTorch, and their gradients of first and second order beside finite differences. */
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool2d,
  conv1d,
  conv3d,
  convTranspose2d,
  lpPool1d,
  maxPool1d,
  maxPool2dWithIndices,
  maxUnpool2d,
  type Tensor,
} from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { gradientErrors, input, type Input } from './support/finite-differences.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('windows');

const cases: Record<string, { f: (...inputs: Tensor[]) => Tensor; inputs: readonly Input[] }> = {
  'conv1d with a reflected border': {
    f: (x, w) => conv1d(x, w, { padding: 2, paddingMode: 'reflect' }),
    inputs: [input([1, 2, 4]), input([2, 2, 3])],
  },
  conv3d: {
    f: (x, w) => conv3d(x, w, { stride: [1, 2, 1] }),
    inputs: [input([1, 1, 3, 3, 2]), input([1, 1, 2, 2, 2])],
  },
  convTranspose2d: {
    f: (x, w) => convTranspose2d(x, w, { stride: [2, 1], outputPadding: [1, 2], dilation: [1, 3] }),
    inputs: [input([1, 2, 2, 2]), input([2, 1, 2, 2])],
  },
  maxPool1d: { f: (x) => maxPool1d(x.square(), 2, { ceilMode: true }), inputs: [input([1, 1, 5])] },
  avgPool2d: {
    f: (x) => avgPool2d(x, 2, { ceilMode: true, padding: 1, countIncludePad: false }).square(),
    inputs: [input([1, 1, 3, 4])],
  },
  lpPool1d: { f: (x) => lpPool1d(x.abs(), 3, 2), inputs: [input([1, 1, 6], { gap: 0.2 })] },
  adaptiveAvgPool2d: { f: (x) => adaptiveAvgPool2d(x, [2, 3]).square(), inputs: [input([1, 1, 3, 4])] },
  adaptiveMaxPool2d: { f: (x) => adaptiveMaxPool2d(x.square(), 2), inputs: [input([1, 1, 3, 3])] },
  maxUnpool2d: {
    f: (x) => {
      const { values, indices } = maxPool2dWithIndices(x, 2);
      return maxUnpool2d(values.square(), indices, 2);
    },
    inputs: [input([1, 1, 4, 4])],
  },
};

describe('gradients agree with finite differences', () => {
  it.each(Object.entries(cases))('%s', (_, { f, inputs }) => {
    const { first, second } = gradientErrors(f, inputs);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
  });
});
