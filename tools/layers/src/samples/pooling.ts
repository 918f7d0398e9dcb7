import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, x } from '../sample.ts';

const image = [x(['batch', 2, 5, 4])];

export const pooling = {
  AvgPool2d: of(() => new api.AvgPool2d(2, { padding: 1 }), image, 'any'),
  MaxPool2d: of(() => new api.MaxPool2d(2), image, 'any'),
} satisfies Partial<Samples>;
