import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x } from '../sample.ts';

const any = [x(['batch', 3])];

export const activations = {
  GELU: ways(
    of(() => new api.GELU(), any, 'any'),
    of(() => new api.GELU({ approximate: 'tanh' }), any, 'any'),
  ),
  ReLU: of(() => new api.ReLU(), any, 'any'),
  Sigmoid: of(() => new api.Sigmoid(), any, 'any'),
  Softmax: of(() => new api.Softmax(), any, 'any'),
  Tanh: of(() => new api.Tanh(), any, 'any'),
} satisfies Partial<Samples>;
