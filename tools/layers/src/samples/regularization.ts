import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, x } from '../sample.ts';

const rows = [x(['batch', 3])];
const sequences = [x(['batch', 3, 2])];

export const regularization = {
  AlphaDropout: of(() => new api.AlphaDropout(0.5), rows, 'any'),
  Dropout: of(() => new api.Dropout(0.5), rows, 'any'),
  Dropout1d: of(() => new api.Dropout1d(0.5), sequences, 'any'),
  Dropout2d: of(() => new api.Dropout2d(0.5), [x(['batch', 3, 2, 2])], 'any'),
  Dropout3d: of(() => new api.Dropout3d(0.5), [x(['batch', 3, 2, 2, 2])], 'any'),
  DropPath: of(() => new api.DropPath(0.5), rows, 'any'),
  FeatureAlphaDropout: of(() => new api.FeatureAlphaDropout(0.5), sequences, 'any'),
} satisfies Partial<Samples>;
