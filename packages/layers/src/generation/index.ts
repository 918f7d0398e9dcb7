/** Texts that a model writes: one token after the other, drawn or searched for. */
export { beamSearch, type Beam, type BeamSearchOptions } from './beam-search.ts';
export { generate, generateBatch, type BatchToken, type GenerateOptions } from './generate.ts';
export { generateText, generateTextBatch, type BatchText, type GenerateTextOptions, type TextCodec } from './text.ts';
export type { CausalModel, TextCache } from './model.ts';
export { filterLogits, type FilterOptions } from './sampling.ts';
