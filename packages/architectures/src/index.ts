/** `@hebb/architectures`: whole networks, built from layers and rebuilt from JSON. */
export { activations, type ActivationName } from './activation.ts';
export {
  MultilayerPerceptron,
  multilayerPerceptron,
  type MultilayerPerceptronOptions,
} from './multilayer-perceptron.ts';
export {
  ConvolutionalNetwork,
  convolutionalNetwork,
  type ConvolutionalNetworkOptions,
} from './convolutional-network.ts';
export { architectureTypes } from './types.ts';
