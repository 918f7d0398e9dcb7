import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x, type Sample } from '../sample.ts';

const any = [x(['batch', 3])];
const even = [x(['batch', 4])];

/** Numbers that keep away from where it bends. */
const bends = (make: Sample['make'], ...away: number[]): readonly Sample[] =>
  of(make, [x(['batch', 3], { low: -4, high: 4, away })], 'any');

export const activations = {
  CELU: bends(() => new api.CELU({ alpha: 2 }), 0),
  ELU: bends(() => new api.ELU({ alpha: 2 }), 0),
  GELU: ways(
    of(() => new api.GELU(), any, 'any'),
    of(() => new api.GELU({ approximate: 'tanh' }), any, 'any'),
  ),
  GLU: of(() => new api.GLU(), even, 'any'),
  Hardshrink: bends(() => new api.Hardshrink(), -0.5, 0.5),
  Hardsigmoid: bends(() => new api.Hardsigmoid(), -3, 3),
  Hardswish: bends(() => new api.Hardswish(), -3, 3),
  Hardtanh: bends(() => new api.Hardtanh(), -1, 1),
  LeakyReLU: bends(() => new api.LeakyReLU(), 0),
  LogSigmoid: of(() => new api.LogSigmoid(), any, 'any'),
  LogSoftmax: of(() => new api.LogSoftmax(), any, 'any'),
  Mish: of(() => new api.Mish(), any, 'any'),
  PReLU: ways(
    of(() => new api.PReLU(), any, 'any'),
    of(() => new api.PReLU({ numParameters: 3 }), [x(['batch', 3, 2])], 1),
  ),
  ReLU: of(() => new api.ReLU(), any, 'any'),
  ReLU6: bends(() => new api.ReLU6(), 0, 6),
  RReLU: of(() => new api.RReLU(), any, 'any'),
  SELU: bends(() => new api.SELU(), 0),
  Sigmoid: of(() => new api.Sigmoid(), any, 'any'),
  SiLU: of(() => new api.SiLU(), any, 'any'),
  Softmax: of(() => new api.Softmax(), any, 'any'),
  Softmax2d: of(() => new api.Softmax2d(), [x(['batch', 3, 2, 2])], 'any'),
  Softmin: of(() => new api.Softmin(), any, 'any'),
  Softplus: of(() => new api.Softplus({ beta: 2 }), any, 'any'),
  Softshrink: bends(() => new api.Softshrink(), -0.5, 0.5),
  Softsign: of(() => new api.Softsign(), any, 'any'),
  Tanh: of(() => new api.Tanh(), any, 'any'),
  Tanhshrink: of(() => new api.Tanhshrink(), any, 'any'),
  Threshold: bends(() => new api.Threshold(0.5, -1), 0.5),
} satisfies Partial<Samples>;
