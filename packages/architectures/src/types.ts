import type { ModuleTypes } from '@hebb/layers';
import { convolutionalTypes } from './convolutional/types.ts';
import { graphTypes } from './graph/types.ts';
import { MultilayerPerceptron } from './multilayer-perceptron.ts';
import { recurrentTypes } from './recurrent/types.ts';

/** The classes of this package, for `fromConfig(config, architectureTypes)`. */
export const architectureTypes: ModuleTypes = {
  ...convolutionalTypes,
  ...graphTypes,
  ...recurrentTypes,
  MultilayerPerceptron,
};
