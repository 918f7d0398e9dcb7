/** Activation functions. */
export { GELU, ReLU, Sigmoid, Softmax, Tanh, type GELUOptions } from './activations.ts';
