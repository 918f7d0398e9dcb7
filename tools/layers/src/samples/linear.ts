import * as api from '../../../../packages/layers/src/index.ts';
import type { Tensor } from '../../../../packages/tensor/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { ids, of, ways, x } from '../sample.ts';

const pairs = [x(['batch', 3]), x(['batch', 3])];

export const linear = {
  AdaptiveLogSoftmaxWithLoss: ways(
    of(
      () => new api.AdaptiveLogSoftmaxWithLoss(4, 9, [2, 5], { divValue: 2 }),
      [x(['batch', 4]), ids(['batch'], 9)],
      -1,
    ),
    of(() => new api.AdaptiveLogSoftmaxWithLoss(4, 9, [3], { headBias: true }), [x(['batch', 4])], 'any', {
      call: (layer: api.AdaptiveLogSoftmaxWithLoss, input: Tensor) => layer.logProb(input),
    }),
  ),
  Bilinear: ways(
    of(() => new api.Bilinear(3, 2, 4), [x(['batch', 3]), x(['batch', 2])], -1),
    of(() => new api.Bilinear(3, 2, 1, { bias: false }), [x(['batch', 'length', 3]), x(['batch', 'length', 2])], -1),
  ),
  CosineSimilarity: of(() => new api.CosineSimilarity(), pairs, 'any'),
  PairwiseDistance: ways(
    of(() => new api.PairwiseDistance(), pairs, 'any'),
    of(() => new api.PairwiseDistance({ p: 3, keepDims: true }), pairs, 'any'),
  ),
  Unflatten: of(() => new api.Unflatten(1, [2, -1]), [x(['batch', 6])], 'any'),
  Flatten: of(() => new api.Flatten(), [x(['batch', 3, 2])], 'any'),
  Identity: of(() => new api.Identity(), [x(['batch', 3])], 'any'),
  LazyLinear: of(() => new api.LazyLinear(3), [x(['batch', 4])], -1),
  Linear: ways(
    of(() => new api.Linear(4, 3), [x(['batch', 4])], -1),
    of(() => new api.Linear(4, 3, { bias: false }), [x(['batch', 'length', 4])], -1),
  ),
} satisfies Partial<Samples>;
