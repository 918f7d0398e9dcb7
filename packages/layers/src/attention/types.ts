/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { ALiBi } from './alibi.ts';
import { GatedMLP, SwiGLU } from './gated-mlp.ts';
import { MultiheadAttention } from './multihead-attention.ts';
import { LearnedPositions, SinusoidalPositions } from './position-embeddings.ts';
import { RotaryEmbedding } from './rotary-embedding.ts';
import { Transformer, TransformerDecoder, TransformerEncoder } from './transformer.ts';
import { TransformerDecoderLayer, TransformerEncoderLayer } from './transformer-layers.ts';

export const attentionTypes = (): ModuleTypes => ({
  ALiBi,
  GatedMLP,
  LearnedPositions,
  MultiheadAttention,
  RotaryEmbedding,
  SinusoidalPositions,
  SwiGLU,
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
});
