/** Convolutional networks. */
export { ConvolutionalNetwork, type ConvolutionalNetworkOptions } from './convolutional-network.ts';
export { ConvNeXt, type ConvNeXtOptions } from './convnext.ts';
export { LeNet5, type LeNet5Options } from './lenet.ts';
export { MobileNetV2, type MobileNetStage, type MobileNetV2Options } from './mobilenet.ts';
export { ResNet, type ResNetDepth, type ResNetOptions } from './resnet.ts';
export {
  TemporalConvolutionalNetwork,
  type TemporalConvolutionalNetworkOptions,
  type TemporalOutput,
  type TemporalState,
} from './temporal.ts';
export { UNet, type UNetOptions } from './unet.ts';
export { VGG, type VGGDepth, type VGGOptions } from './vgg.ts';
