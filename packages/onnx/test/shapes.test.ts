/** Files of models with empty constants, long concatenations, deep graphs, and statistics along free axes. */
import { concat, norm, setDevice, stack, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, it } from 'vitest';
import { expectSame } from './support/compare.ts';

describe('exports', () => {
  beforeAll(() => setDevice('reference'));

  it.each([
    [
      'an empty constant among the parts of a concatenation',
      (x: Tensor) => concat([x, tensor(new Float32Array(0), { shape: [0, 4] }), x]),
    ],
    ['a product over no elements', (x: Tensor) => x.add(zeros([1, 0]).matmul(zeros([0, 4])))],
    ['400 parts', (x: Tensor) => stack(Array.from({ length: 400 }, (_, i) => x.add(i)))],
    ['3,000 operations in a row', (x: Tensor) => Array.from({ length: 3000 }).reduce((y: Tensor) => y.add(1), x)],
    ['std along a free axis', (x: Tensor) => x.add(100).std(0)],
    ['variance and norm along a fixed axis', (x: Tensor) => x.variance(1).add(norm(x, 1))],
  ] as const)('%s', async (_, run) => {
    await expectSame(
      (x: Tensor) => run(x),
      { inputs: { x: ['batch', 4] } },
      [{ batch: 3 }, { batch: 2 }, { batch: 5 }],
      1e-4,
    );
  });
});
