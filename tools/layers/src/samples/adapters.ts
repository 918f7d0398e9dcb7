import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, x } from '../sample.ts';

export const adapters = {
  LoRAAttention: of(
    () => new api.LoRAAttention(new api.MultiheadAttention(4, 2, { batchFirst: true }), { rank: 2, alpha: 3 }),
    [x(['batch', 'length', 4])],
    -1,
  ),
  LoRALinear: of(() => new api.LoRALinear(new api.Linear(4, 3), { rank: 2 }), [x(['batch', 4])], -1),
} satisfies Partial<Samples>;
