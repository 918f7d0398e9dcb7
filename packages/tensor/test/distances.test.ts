/** What distances refuse; their numbers stand beside PyTorch's in `@hebb/autograd`. */
import { expect, it } from 'vitest';
import {
  cdist,
  cosineSimilarity,
  normalize,
  pairwiseDistance,
  pdist,
  ShapeError,
  tensor,
  zeros,
} from '../src/index.ts';

it.each([
  [
    () => cdist(zeros([2, 3]), zeros([2, 4])),
    '[cdist] rows of a and b must have one length, not those of float32[2,3] and float32[2,4].',
  ],
  [() => cdist(zeros([2, 3]), zeros([3])), '[cdist] b must have 2 axes, not float32[3].'],
  [() => cdist(zeros([2, 2, 3]), zeros([3, 2, 3])), '[cdist] cannot broadcast'],
  [() => pdist(zeros([2])), '[pdist] x must be a matrix, [n, d], not float32[2].'],
  [() => pairwiseDistance(tensor(1), tensor(2)), '[pairwiseDistance] a or b must have an axis'],
  [
    () => pairwiseDistance(zeros([2, 3]), zeros([2, 2])),
    '[pairwiseDistance] cannot broadcast float32[2,3] with float32[2,2]',
  ],
  [() => cosineSimilarity(zeros([3]), zeros([3])), '[cosineSimilarity]'],
  [() => normalize(zeros([3])), '[normalize]'],
])('%s', (call, message) => {
  expect(call).toThrow(ShapeError);
  expect(call).toThrow(message);
});

it('vectors whose squared norms multiply beyond float32 have their similarity', async () => {
  const [large, small] = [tensor([[3e15, 4e15]]), tensor([[3e-6, 4e-6]])];
  expect(await cosineSimilarity(large, large.mul(7)).item()).toBeCloseTo(1, 6);
  expect(await cosineSimilarity(large, small).item()).toBeCloseTo(1, 6);
});
