/** Transformers. */
export { Bert, type BertOptions } from './bert.ts';
export type { CacheSizes } from './checks.ts';
export {
  EncoderDecoder,
  type EncodedSource,
  type EncoderDecoderOptions,
  type EncoderDecoderWeights,
} from './encoder-decoder.ts';
export { GPT2, type GPT2Options } from './gpt2.ts';
export { Llama, type LlamaOptions } from './llama.ts';
export { VisionTransformer, type VisionTransformerOptions } from './vision-transformer.ts';
