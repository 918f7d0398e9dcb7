import type { ModuleTypes } from '@hebb/layers';
import { MultilayerPerceptron } from './multilayer-perceptron.ts';
import { SelfNormalizingNetwork } from './self-normalizing.ts';
import { WideAndDeep } from './wide-and-deep.ts';

/** The classes of this folder, for `fromConfig`. */
export const feedForwardTypes: ModuleTypes = { MultilayerPerceptron, SelfNormalizingNetwork, WideAndDeep };
