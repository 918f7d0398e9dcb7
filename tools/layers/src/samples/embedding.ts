import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { ids, of, ways } from '../sample.ts';

export const embedding = {
  Embedding: ways(
    of(() => new api.Embedding(5, 3), [ids(['batch', 'length'], 5)], 'any'),
    of(() => new api.Embedding(6, 3, { paddingIndex: -1 }), [ids(['batch'], 5)], 'any'),
  ),
  EmbeddingBag: ways(
    of(() => new api.EmbeddingBag(5, 3), [ids(['batch', 4], 5)], 'any'),
    of(() => new api.EmbeddingBag(5, 3, { mode: 'sum' }), [ids(['batch', 'length'], 5)], 'any'),
    of(() => new api.EmbeddingBag(5, 3, { mode: 'max' }), [ids(['batch', 4], 5)], 'any'),
  ),
} satisfies Partial<Samples>;
