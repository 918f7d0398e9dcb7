import type { ModuleTypes } from '@hebb/layers';
import { ConvolutionalNetwork } from './convolutional-network.ts';
import { MultilayerPerceptron } from './multilayer-perceptron.ts';

/** The classes of this package, for `fromConfig(config, architectureTypes)`. */
export const architectureTypes: ModuleTypes = { ConvolutionalNetwork, MultilayerPerceptron };
