/** Feed-forward networks. */
export {
  MultilayerPerceptron,
  type MultilayerPerceptronOptions,
  type NormalizationName,
} from './multilayer-perceptron.ts';
export { SelfNormalizingNetwork, type SelfNormalizingNetworkOptions } from './self-normalizing.ts';
export { WideAndDeep, type WideAndDeepOptions } from './wide-and-deep.ts';
