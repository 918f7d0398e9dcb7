import type { ModuleTypes } from '@hebb/layers';
import { convolutionalTypes } from './convolutional/types.ts';
import { MultilayerPerceptron } from './multilayer-perceptron.ts';

/** The classes of this package, for `fromConfig(config, architectureTypes)`. */
export const architectureTypes: ModuleTypes = { ...convolutionalTypes, MultilayerPerceptron };
