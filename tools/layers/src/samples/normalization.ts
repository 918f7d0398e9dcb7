import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x } from '../sample.ts';

const rows = [x(['batch', 3])];
const image = [x(['batch', 2, 3, 3])];

export const normalization = {
  BatchNorm1d: ways(
    of(() => new api.BatchNorm1d(3), rows, 1),
    of(() => new api.BatchNorm1d(3, { affine: false }), rows, 1),
  ),
  BatchNorm2d: of(() => new api.BatchNorm2d(2), image, 1),
  LazyBatchNorm1d: of(() => new api.LazyBatchNorm1d(), rows, 'any'),
  LazyBatchNorm2d: of(() => new api.LazyBatchNorm2d(), image, 'any'),
} satisfies Partial<Samples>;
