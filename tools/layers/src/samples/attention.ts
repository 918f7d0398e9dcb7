import * as api from '../../../../packages/layers/src/index.ts';
import type { Tensor } from '../../../../packages/tensor/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { mask, of, ways, x } from '../sample.ts';

const tokens = [x(['batch', 'length', 4])];
const both = [x(['batch', 'queries', 4]), x(['batch', 'keys', 4])];
const { MultiheadAttention } = api;
// 'gelu' has derivatives everywhere.
const small = { dimFeedforward: 5, batchFirst: true, dropout: 0, activation: 'gelu' } as const;

export const attention = {
  ALiBi: of(() => new api.ALiBi(3), [x(['batch', 3, 'queries', 'keys'])], 1),
  GatedMLP: of(() => new api.GatedMLP(4, 5, { activation: 'gelu', outFeatures: 3, bias: true }), tokens, -1),
  LearnedPositions: of(() => new api.LearnedPositions(256, 4), tokens, -1),
  MultiheadAttention: ways(
    of(() => new MultiheadAttention(4, 2, { batchFirst: true }), tokens, -1),
    of(() => new MultiheadAttention(4, 2), [x(['length', 'batch', 4])], -1, {
      call: (layer: api.MultiheadAttention, input) =>
        layer.forward(input, input, input, { isCausal: true, needWeights: true }),
    }),
    of(() => new MultiheadAttention(4, 2, { batchFirst: true }), [...both, mask(['batch', 'keys'])], -1, {
      call: (layer: api.MultiheadAttention, query, key, seen) =>
        layer.forward(query, key, key, seen && { keyPaddingMask: seen.not() }),
    }),
    of(() => new MultiheadAttention(4, 2, { batchFirst: true, kdim: 3, addBiasKv: true }), [x(['batch', 'queries', 4]), x(['batch', 'keys', 3]), x(['batch', 'keys', 4])], -1), // prettier-ignore
    of(
      () =>
        new MultiheadAttention(8, 4, {
          batchFirst: true,
          numKeyValueHeads: 2,
          rotary: new api.RotaryEmbedding(2),
          alibi: true,
        }),
      [x(['batch', 'length', 8])],
      -1,
    ),
  ),
  RotaryEmbedding: ways(
    of(() => new api.RotaryEmbedding(4), [x(['batch', 2, 'length', 4])], 'any'),
    of(() => new api.RotaryEmbedding(2, { interleaved: false, base: 100 }), tokens, 'any'),
  ),
  SinusoidalPositions: of(() => new api.SinusoidalPositions(4), tokens, -1),
  Transformer: of(
    () => new api.Transformer(4, 2, { ...small, numEncoderLayers: 1, numDecoderLayers: 1, normFirst: true }),
    both,
    -1,
    {
      call: (model: api.Transformer, ...[src, tgt]: readonly Tensor[]) =>
        model.forward(src as Tensor, tgt as Tensor, { tgtIsCausal: true }),
    },
  ),
  TransformerDecoder: of(() => new api.TransformerDecoder(new api.TransformerDecoderLayer(4, 2, small), 2), both, -1),
  TransformerDecoderLayer: of(
    () => new api.TransformerDecoderLayer(4, 2, small),
    [...both, mask(['batch', 'keys'])],
    -1,
    {
      call: (layer: api.TransformerDecoderLayer, ...[tgt, memory, seen]: readonly Tensor[]) =>
        layer.forward(tgt as Tensor, memory as Tensor, { tgtIsCausal: true, memoryKeyPaddingMask: seen?.not() }),
    },
  ),
  TransformerEncoder: of(
    () =>
      new api.TransformerEncoder(new api.TransformerEncoderLayer(4, 2, { ...small, normFirst: true }), 2, {
        norm: new api.LayerNorm(4),
      }),
    tokens,
    -1,
  ),
  TransformerEncoderLayer: ways(
    of(
      () => new api.TransformerEncoderLayer(4, 2, { ...small, activation: new api.GELU({ approximate: 'tanh' }) }),
      [...tokens, mask(['batch', 'length'])],
      -1,
      {
        call: (layer: api.TransformerEncoderLayer, ...[src, seen]: readonly Tensor[]) =>
          layer.forward(src as Tensor, { srcKeyPaddingMask: seen?.not() }),
      },
    ),
    of(() => new api.TransformerEncoderLayer(4, 2, { ...small, normFirst: true }), tokens, -1, {
      call: (layer: api.TransformerEncoderLayer, src) => layer.forward(src, { isCausal: true }),
    }),
  ),
  SwiGLU: of(() => new api.SwiGLU(4, 5), tokens, -1),
} satisfies Partial<Samples>;
