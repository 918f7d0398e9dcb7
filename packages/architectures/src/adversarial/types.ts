import type { ModuleTypes } from '@hebb/layers';
import { DCGANDiscriminator } from './dcgan-discriminator.ts';
import { DCGANGenerator } from './dcgan-generator.ts';

/** The classes of this family. */
export const adversarialTypes: ModuleTypes = { DCGANDiscriminator, DCGANGenerator };
