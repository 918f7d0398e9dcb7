/** ResNet-18 (He et al. 2016, arXiv:1512.03385) with torchvision's names of parameters. */
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '../../../packages/layers/src/index.ts';
import type { Tensor } from '../../../packages/tensor/src/index.ts';

class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor(inputs: number, outputs: number, stride: number) {
    super();
    this.conv1 = new Conv2d(inputs, outputs, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(outputs);
    this.conv2 = new Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(outputs);
    if (stride !== 1 || inputs !== outputs)
      this.downsample = new Sequential(
        new Conv2d(inputs, outputs, 1, { stride, bias: false }),
        new BatchNorm2d(outputs),
      );
  }

  forward(x: Tensor): Tensor {
    const inner = this.relu.forward(this.bn1.forward(this.conv1.forward(x)));
    const y = this.bn2.forward(this.conv2.forward(inner));
    return this.relu.forward(y.add(this.downsample?.forward(x) ?? x));
  }
}

const stage = (inputs: number, outputs: number, stride: number): Sequential =>
  new Sequential(new BasicBlock(inputs, outputs, stride), new BasicBlock(outputs, outputs, 1));

export class ResNet18 extends Module {
  readonly conv1 = new Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false });
  readonly bn1 = new BatchNorm2d(64);
  readonly relu = new ReLU();
  readonly maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
  readonly layer1 = stage(64, 64, 1);
  readonly layer2 = stage(64, 128, 2);
  readonly layer3 = stage(128, 256, 2);
  readonly layer4 = stage(256, 512, 2);
  readonly avgpool = new AdaptiveAvgPool2d(1);
  readonly fc: Linear;

  constructor(classes = 1000) {
    super();
    this.fc = new Linear(512, classes);
  }

  forward(image: Tensor): Tensor {
    const stem = this.maxpool.forward(this.relu.forward(this.bn1.forward(this.conv1.forward(image))));
    const features = [this.layer1, this.layer2, this.layer3, this.layer4].reduce((x, layer) => layer.forward(x), stem);
    return this.fc.forward(this.avgpool.forward(features).flatten(1));
  }
}
