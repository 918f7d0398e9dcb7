import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x } from '../sample.ts';

export const linear = {
  Flatten: of(() => new api.Flatten(), [x(['batch', 3, 2])], 'any'),
  Identity: of(() => new api.Identity(), [x(['batch', 3])], 'any'),
  LazyLinear: of(() => new api.LazyLinear(3), [x(['batch', 4])], 'any'),
  Linear: ways(
    of(() => new api.Linear(4, 3), [x(['batch', 4])], -1),
    of(() => new api.Linear(4, 3, { bias: false }), [x(['batch', 'length', 4])], -1),
  ),
} satisfies Partial<Samples>;
