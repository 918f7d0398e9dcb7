import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x } from '../sample.ts';

const image = [x(['batch', 2, 5, 4])];

export const convolution = {
  Conv2d: ways(
    of(() => new api.Conv2d(2, 3, 3), image, 1),
    of(() => new api.Conv2d(2, 4, [3, 2], { stride: 2, padding: 1, groups: 2, bias: false }), image, 1),
  ),
  LazyConv2d: of(() => new api.LazyConv2d(3, 3), image, 'any'),
} satisfies Partial<Samples>;
