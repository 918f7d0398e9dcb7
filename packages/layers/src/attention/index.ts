/** Attention, what tells it of positions, and feed-forward blocks with gates. */
export { attendHeads, attentionWeights, type AttendHeadsOptions } from './attend.ts';
export { ALiBi, type ALiBiOptions } from './alibi.ts';
export { GatedMLP, SwiGLU, type GateActivation, type GatedMLPOptions } from './gated-mlp.ts';
export { KeyValueCache, type KeyValueCacheOptions } from './key-value-cache.ts';
export {
  MultiheadAttention,
  type Attended,
  type AttendOptions,
  type AttentionProjection,
  type MultiheadAttentionOptions,
  type ProjectedKeys,
} from './multihead-attention.ts';
export { LearnedPositions, SinusoidalPositions, type SinusoidalPositionsOptions } from './position-embeddings.ts';
export type { PositionOptions } from './positions.ts';
export { RotaryEmbedding, type RotaryEmbeddingOptions } from './rotary-embedding.ts';
export {
  Transformer,
  TransformerDecoder,
  TransformerEncoder,
  type DecoderInputs,
  type EncoderInputs,
  type TransformerInputs,
  type TransformerOptions,
  type TransformerStackOptions,
} from './transformer.ts';
export {
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type DecoderLayerInputs,
  type EncoderLayerInputs,
  type TransformerLayerOptions,
} from './transformer-layers.ts';
