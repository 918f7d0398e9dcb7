import type { ModuleTypes } from '@hebb/layers';
import { adversarialTypes } from './adversarial/types.ts';
import { autoencoderTypes } from './autoencoder/types.ts';
import { convolutionalTypes } from './convolutional/types.ts';
import { feedForwardTypes } from './feed-forward/types.ts';
import { graphTypes } from './graph/types.ts';
import { recurrentTypes } from './recurrent/types.ts';
import { transformerTypes } from './transformer/types.ts';

/** The classes of this package, for `fromConfig(config, architectureTypes)`. */
export const architectureTypes: ModuleTypes = {
  ...adversarialTypes,
  ...autoencoderTypes,
  ...convolutionalTypes,
  ...feedForwardTypes,
  ...graphTypes,
  ...recurrentTypes,
  ...transformerTypes,
};
