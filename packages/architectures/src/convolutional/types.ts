import type { ModuleTypes } from '@hebb/layers';
import { ConvolutionalNetwork } from './convolutional-network.ts';

/** The classes of this family. */
export const convolutionalTypes: ModuleTypes = { ConvolutionalNetwork };
