import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x } from '../sample.ts';

const rows = [x(['batch', 3])];
const image = [x(['batch', 2, 3, 3])];
const volume = [x(['batch', 2, 2, 3, 2])];

const movesItself = 'the singular vectors follow the weight, and are constants to its gradient, as in PyTorch';

export const normalization = {
  BatchNorm1d: ways(
    of(() => new api.BatchNorm1d(3), rows, 1),
    of(() => new api.BatchNorm1d(3, { affine: false }), rows, 1),
  ),
  BatchNorm3d: of(() => new api.BatchNorm3d(2), volume, 1),
  InstanceNorm1d: ways(
    of(() => new api.InstanceNorm1d(2, { affine: true }), [x(['batch', 2, 5])], 1),
    of(() => new api.InstanceNorm1d(2, { trackRunningStats: true }), [x(['batch', 2, 5])], 1),
  ),
  InstanceNorm2d: ways(
    of(() => new api.InstanceNorm2d(2), image, 1),
    of(() => new api.InstanceNorm2d(2, { affine: true }), image, 1),
  ),
  InstanceNorm3d: of(() => new api.InstanceNorm3d(2, { affine: true }), volume, 1),
  LayerNorm: ways(
    of(() => new api.LayerNorm(3), rows, 1),
    of(() => new api.LayerNorm([3, 3], { bias: false }), image, -1),
  ),
  RMSNorm: of(() => new api.RMSNorm(3), rows, 1),
  GroupNorm: of(() => new api.GroupNorm(2, 4), [x(['batch', 4, 3])], 1),
  LocalResponseNorm: of(() => new api.LocalResponseNorm(3, { alpha: 1 }), image, 'any'),
  LazyBatchNorm3d: of(() => new api.LazyBatchNorm3d(), volume, 1),
  LazyInstanceNorm1d: of(() => new api.LazyInstanceNorm1d(), [x(['batch', 2, 5])], 'any'),
  LazyInstanceNorm2d: of(() => new api.LazyInstanceNorm2d(), image, 'any'),
  LazyInstanceNorm3d: of(() => new api.LazyInstanceNorm3d(), volume, 'any'),
  BatchNorm2d: of(() => new api.BatchNorm2d(2), image, 1),
  LazyBatchNorm1d: of(() => new api.LazyBatchNorm1d(), rows, 1),
  LazyBatchNorm2d: of(() => new api.LazyBatchNorm2d(), image, 1),
  WeightNorm: ways(
    of(() => new api.WeightNorm(new api.Linear(3, 2)), rows, -1),
    of(() => new api.WeightNorm(new api.Conv2d(2, 3, 2), { axis: 1 }), image, 1),
    of(() => new api.WeightNorm(new api.SpectralNorm(new api.LazyConv2d(3, 2))), image, 1, { movesItself }),
  ),
  SpectralNorm: ways(
    of(() => new api.SpectralNorm(new api.Linear(3, 2)), rows, -1, { movesItself }),
    of(() => new api.SpectralNorm(new api.WeightNorm(new api.LazyLinear(2))), rows, -1, { movesItself }),
  ),
} satisfies Partial<Samples>;
