/** Transformers. */
export { Bert, type BertOptions } from './bert.ts';
export { BertForPreTraining, type BertForPreTrainingOptions, type BertPredictions } from './bert-for-pre-training.ts';
export type { CacheSizes } from './checks.ts';
export {
  EncoderDecoder,
  type EncodedSource,
  type EncoderDecoderOptions,
  type EncoderDecoderWeights,
} from './encoder-decoder.ts';
export { GPT2, type GPT2Options } from './gpt2.ts';
export { Llama, type LlamaOptions } from './llama.ts';
export type { PretrainedFiles } from './pretrained/files.ts';
export { VisionTransformer, type VisionTransformerOptions } from './vision-transformer.ts';
