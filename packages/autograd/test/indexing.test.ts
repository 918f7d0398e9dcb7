/** Gather, scatter and what is made of them, beside PyTorch, and their gradients of first and second order beside finite differences. */
import {
  embedding,
  embeddingBag,
  gather,
  scatter,
  scatterReduce,
  segmentMax,
  segmentMean,
  segmentSoftmax,
  setAt,
  tensor,
  type Tensor,
} from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { gradientErrors, input, type Input } from './support/finite-differences.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('indexing');

const positions = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor(Int32Array.from(values), { shape });
const several = positions([0, 2, 2, 0, 1, 2, 2, 1], [4, 2]);

const cases: Record<string, { f: (...inputs: Tensor[]) => Tensor; inputs: readonly Input[] }> = {
  'an index that names elements several times': { f: (x) => gather(x, 0, several).square(), inputs: [input([3, 2])] },
  'of several updates the last': {
    f: (x, s) => scatter(x, 0, several, s).square(),
    inputs: [input([3, 2]), input([4, 2], { seed: 3 })],
  },
  ...Object.fromEntries(
    (['sum', 'prod', 'mean', 'amax', 'amin'] as const).flatMap((reduce) =>
      [true, false].map((includeSelf) => [
        `${reduce}${includeSelf ? '' : ' without self'}`,
        {
          f: (x: Tensor, s: Tensor) => scatterReduce(x, 0, several, s, reduce, { includeSelf }).square(),
          inputs: [input([3, 2]), input([4, 2], { seed: 3 })],
        },
      ]),
    ),
  ),
  embedding: { f: (w) => embedding([2, 0, 2], w).square(), inputs: [input([3, 2])] },
  'embedding bag': {
    f: (w, s) => embeddingBag(several, w, { mode: 'sum', perSampleWeights: s }).square(),
    inputs: [input([3, 2]), input([4, 2], { seed: 3 })],
  },
  'segment means': { f: (x) => segmentMean(x, [1, 0, 1, 3], 4).square(), inputs: [input([4, 2])] },
  'segment maxima': { f: (x) => segmentMax(x, [1, 0, 1, 0], 2).square(), inputs: [input([4, 2])] },
  'segment softmax': { f: (x) => segmentSoftmax(x, [1, 0, 1, 1], 2).square(), inputs: [input([4, 2])] },
  'a part replaced': {
    f: (x, v) => setAt(x, [[0, 3, 2], 1], v).square(),
    inputs: [input([3, 2]), input([2], { seed: 3 })],
  },
};

describe('gradients agree with finite differences', () => {
  it.each(Object.entries(cases))('%s', (_, { f, inputs }) => {
    const { first, second } = gradientErrors(f, inputs);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
  });
});
