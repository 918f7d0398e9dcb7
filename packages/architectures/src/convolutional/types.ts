import type { ModuleTypes } from '@hebb/layers';
import { ConvNeXt } from './convnext.ts';
import { ConvolutionalNetwork } from './convolutional-network.ts';
import { LeNet5 } from './lenet.ts';
import { MobileNetV2 } from './mobilenet.ts';
import { ResNet } from './resnet.ts';
import { TemporalConvolutionalNetwork } from './temporal.ts';
import { UNet } from './unet.ts';
import { VGG } from './vgg.ts';

/** The classes of this family. */
export const convolutionalTypes: ModuleTypes = {
  ConvNeXt,
  ConvolutionalNetwork,
  LeNet5,
  MobileNetV2,
  ResNet,
  TemporalConvolutionalNetwork,
  UNet,
  VGG,
};
