/** Autoencoders. */
export { Autoencoder, type AutoencoderOptions } from './autoencoder.ts';
export type { CodeInterpolationOptions } from './base.ts';
export { ConvolutionalAutoencoder, type ConvolutionalAutoencoderOptions } from './convolutional.ts';
export type { CorruptionOptions, SparsityOptions } from './corruption.ts';
export {
  VariationalAutoencoder,
  type LatentDistribution,
  type VariationalAutoencoderOptions,
  type VariationalOutput,
} from './variational.ts';
export {
  VectorQuantizedAutoencoder,
  type VectorQuantizedAutoencoderOptions,
  type VectorQuantizedOutput,
} from './vector-quantized.ts';
export {
  VectorQuantizer,
  type CodebookUsage,
  type Quantized,
  type CodebookUsageOptions,
  type VectorQuantizerOptions,
} from './vector-quantizer.ts';
