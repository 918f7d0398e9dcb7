import { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Linear, Module, ReLU6, Sequential } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { between, oneOf, requireArray, requireInteger, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { positive, requireImages, size } from './checks.ts';
import { drawWeights, heFanOut, smallNormal } from './initial-weights.ts';

/** Blocks in a row: how many times wider they are inside (t), their channels (c), how many (n), the stride of the first (s). */
export type MobileNetStage = readonly [expansion: number, channels: number, blocks: number, stride: number];

export interface MobileNetV2Options {
  /** Number of classes: the logits. Default 1000. */
  classes?: number;
  /** Channels of the images. Default 3. */
  channels?: number;
  /** Factor of all numbers of channels, rounded to multiples of 8. Default 1. */
  widthMultiplier?: number;
  /** Default: table 2 of the paper. */
  stages?: readonly MobileNetStage[];
  /** 'large': the first convolution halves the image; 'small': it keeps the size. Default 'large'. */
  stem?: 'large' | 'small';
  /** Probability of dropout before the logits. Default 0.2. */
  dropout?: number;
}

/** Table 2 of the paper, between the first convolution and the last. */
const paperStages: readonly MobileNetStage[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

const mobileNetOptions: OptionNames<MobileNetV2Options> = {
  classes: size,
  channels: size,
  widthMultiplier: positive,
  stages: (where, name, value) => {
    requireArray(where, name, value);
    requireInteger(where, `the length of ${name}`, value.length, 1);
    value.forEach((stage, i) => {
      requireArray(where, `${name}[${i}]`, stage);
      requireInteger(where, `the length of ${name}[${i}]`, stage.length, 4, 4);
      stage.forEach((each, j) => size(where, `${name}[${i}][${j}]`, each));
    });
  },
  stem: oneOf('large', 'small'),
  dropout: between(0, 1),
};

/** The nearest multiple of 8, at least 8, and not more than a tenth smaller: the rule of the paper's own program. */
function roundToEight(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** A convolution without bias, normalisation, min(relu(x), 6). */
const layerOf = (inputs: number, outputs: number, kernel: number, stride = 1, groups = 1): Sequential =>
  new Sequential(
    new Conv2d(inputs, outputs, kernel, { stride, padding: (kernel - 1) / 2, groups, bias: false }),
    new BatchNorm2d(outputs),
    new ReLU6(),
  );

/** Wider by a 1 × 1 convolution, 3 × 3 in each channel for itself, back to few channels without an activation; x around it where the shapes are the same. */
class InvertedResidual extends Module {
  static override readonly type: string = 'InvertedResidual';

  readonly conv: Sequential;
  readonly isResidual: boolean;

  constructor(inputs: number, outputs: number, stride: number, expansion: number) {
    super();
    const inner = inputs * expansion;
    this.isResidual = stride === 1 && inputs === outputs;
    this.conv = new Sequential(
      ...(expansion === 1 ? [] : [layerOf(inputs, inner, 1)]),
      layerOf(inner, inner, 3, stride, inner),
      new Conv2d(inner, outputs, 1, { bias: false }),
      new BatchNorm2d(outputs),
    );
  }

  forward(x: Tensor): Tensor {
    const y = this.conv.forward(x);
    return this.isResidual ? x.add(y) : y;
  }
}

/**
 * MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov & Chen 2018, arXiv:1801.04381), for phones: blocks that are wide inside, where 3 × 3 convolutions see one channel each, and narrow where they meet, with the way around
 * between the narrow ends.
 *
 * Shape: float32[batch, channels, height, width] → float32[batch, classes]; any height and width. Parameters and buffers have torchvision's names, order and shapes (`features.0.0.weight`,
 * `features.1.conv.0.0.weight`, … `classifier.1.bias`). At first convolutions are normal with variance 2 / fan-out, the linear layer normal with standard deviation 0.01, as there.
 *
 * Throws `ArgumentError` for options out of range, `ShapeError` for images of other channels.
 *
 * ```ts
 * const model = new MobileNetV2({ stages: [[1, 8, 1, 1], [6, 16, 2, 2]], stem: 'small', channels: 1, classes: 10 });
 * model.forward(zeros([2, 1, 28, 28])).shape;  // [2, 10]
 * ```
 */
export class MobileNetV2 extends Module {
  static override readonly type: string = 'MobileNetV2';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<MobileNetV2Options>>;
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly classifier: Sequential;

  constructor(options: MobileNetV2Options = {}) {
    super();
    requireOptions('MobileNetV2', options, mobileNetOptions);
    const { classes = 1000, channels = 3, widthMultiplier = 1, stages = paperStages } = options;
    const { stem = 'large', dropout = 0.2 } = options;
    this.options = { classes, channels, widthMultiplier, stages, stem, dropout };
    let inputs = roundToEight(32 * widthMultiplier);
    const layers: Module[] = [layerOf(channels, inputs, 3, stem === 'large' ? 2 : 1)];
    for (const [expansion, width, blocks, stride] of stages) {
      const outputs = roundToEight(width * widthMultiplier);
      for (let i = 0; i < blocks; i++) {
        const block = new InvertedResidual(inputs, outputs, i === 0 ? stride : 1, expansion);
        layers.push(block);
        inputs = outputs;
      }
    }
    // Fewer channels than 1280 would leave the classifier too little to go by.
    const last = roundToEight(1280 * Math.max(1, widthMultiplier));
    this.features = new Sequential(...layers, layerOf(inputs, last, 1));
    this.classifier = new Sequential(new Dropout(dropout), new Linear(last, classes));
    drawWeights(this, { convolution: heFanOut, linear: smallNormal });
  }

  forward(x: Tensor): Tensor {
    requireImages('MobileNetV2', x, this.options.channels);
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)).flatten(1));
  }
}
