import * as api from '../../../../packages/layers/src/index.ts';
import { tensor, type Tensor } from '../../../../packages/tensor/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x } from '../sample.ts';

const rows = [x(['batch', 4])];

const row = (first: number): Tensor => tensor([first, 0.5, -1.5, 2]);
const square = (input: Tensor): Tensor => input.mul(input);

/** What configurations name that is no class of the package. */
export const knownTypes = { Lambda: api.Lambda.of({ square }) };

export const containers = {
  Lambda: of(() => new api.Lambda(square, { name: 'square' }), rows, 'any'),
  ModuleDict: of(() => new api.ModuleDict({ first: new api.Linear(4, 3), second: new api.Tanh() }), rows, -1, {
    call: (dict: api.ModuleDict<{ first: api.Linear; second: api.Tanh }>, input) =>
      dict.get('second').forward(dict.get('first').forward(input)),
  }),
  ModuleList: of(() => new api.ModuleList([new api.Linear(4, 3), new api.Tanh()]), rows, -1, {
    call: (list: api.ModuleList, input) => list.modules.reduce((value, module) => module.forward(value), input),
  }),
  ParameterDict: of(() => new api.ParameterDict({ scale: row(1), shift: row(0) }), rows, 'any', {
    call: (dict: api.ParameterDict<'scale' | 'shift'>, input) => input.mul(dict.get('scale')).add(dict.get('shift')),
  }),
  ParameterList: of(() => new api.ParameterList([row(1), row(0)]), rows, 'any', {
    call: (list: api.ParameterList, input) => [...list].reduce((value, factor) => value.mul(factor).tanh(), input),
  }),
  Residual: ways(
    of(() => new api.Residual(new api.Sequential(new api.Linear(4, 4), new api.Tanh())), rows, -1),
    of(() => new api.Residual(new api.Linear(4, 3), { projection: new api.Linear(4, 3), scale: 0.5 }), rows, -1),
  ),
  Sequential: of(() => new api.Sequential(new api.Linear(4, 3), new api.Tanh(), new api.Linear(3, 2)), rows, -1),
} satisfies Partial<Samples>;
