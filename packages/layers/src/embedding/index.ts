/** Tables of vectors, and what is looked up in them. */
export { Embedding, type EmbeddingLayerOptions, type PretrainedOptions } from './embedding.ts';
export { EmbeddingBag, type EmbeddingBagLayerOptions } from './embedding-bag.ts';
