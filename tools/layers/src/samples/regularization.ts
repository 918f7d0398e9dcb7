import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, x } from '../sample.ts';

export const regularization = {
  Dropout: of(() => new api.Dropout(0.5), [x(['batch', 3])], 'any'),
} satisfies Partial<Samples>;
