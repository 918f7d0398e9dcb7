import type { ModuleTypes } from '@hebb/layers';
import { Autoencoder } from './autoencoder.ts';
import { ConvolutionalAutoencoder } from './convolutional.ts';
import { VariationalAutoencoder } from './variational.ts';
import { VectorQuantizedAutoencoder } from './vector-quantized.ts';
import { VectorQuantizer } from './vector-quantizer.ts';

/** The classes of this family. */
export const autoencoderTypes: ModuleTypes = {
  Autoencoder,
  ConvolutionalAutoencoder,
  VariationalAutoencoder,
  VectorQuantizedAutoencoder,
  VectorQuantizer,
};
