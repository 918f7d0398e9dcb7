/** Convolutional networks. */
export {
  ConvolutionalNetwork,
  convolutionalNetwork,
  type ConvolutionalNetworkOptions,
} from './convolutional-network.ts';
