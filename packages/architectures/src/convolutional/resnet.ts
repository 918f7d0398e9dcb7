import { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Linear, MaxPool2d, Module, ReLU, Sequential } from '@hebb/layers';
import { ArgumentError, assign, zerosLike, type Tensor } from '@hebb/tensor';
import { oneOf, requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { refuseBoth } from '../conflicts.ts';
import { oneOfNumbers, requireImages, size, sizes } from './checks.ts';
import { drawWeights, heFanOut } from './initial-weights.ts';

export type ResNetDepth = 18 | 34 | 50 | 101 | 152;

export interface ResNetOptions {
  /** Layers with weights (table 1 of the paper). Default 18. */
  depth?: ResNetDepth;
  /** Blocks in each of one to four stages. Default: those of `depth`. */
  blocks?: readonly number[];
  /** Whether blocks are 1 × 1, 3 × 3 and 1 × 1 convolutions to four times the channels, and not two of 3 × 3. Default: from depth 50 on. */
  bottleneck?: boolean;
  /** Number of classes: the logits. Default 1000. */
  classes?: number;
  /** Channels of the images. Default 3. */
  channels?: number;
  /** Channels of the first stage; each further one has twice as many. Default 64. */
  width?: number;
  /**
   * What comes before the stages. 'large': a 7 × 7 convolution of stride 2 and a 3 × 3 maximum of stride 2, for photographs; 'small': one 3 × 3 convolution that keeps the
   * size, as the paper has it for CIFAR-10. Default 'large'.
   */
  stem?: 'large' | 'small';
  /** Whether the last normalisation of each block begins with weight 0, so that blocks begin as nothing but the way around them (Goyal et al. 2017). Default false. */
  zeroInitResidual?: boolean;
}

const blocksOf: Readonly<Record<ResNetDepth, readonly number[]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
};

const resNetOptions: OptionNames<ResNetOptions> = {
  depth: oneOfNumbers(18, 34, 50, 101, 152),
  blocks: sizes,
  bottleneck: requireBoolean,
  classes: size,
  channels: size,
  width: size,
  stem: oneOf('large', 'small'),
  zeroInitResidual: requireBoolean,
};

const convolution = (inputs: number, outputs: number, kernel: 1 | 3, stride = 1): Conv2d =>
  new Conv2d(inputs, outputs, kernel, { stride, padding: (kernel - 1) / 2, bias: false });

/** What x goes through on its way around a block that changes the shape. */
const projection = (inputs: number, outputs: number, stride: number): Sequential | undefined =>
  stride === 1 && inputs === outputs
    ? undefined
    : new Sequential(convolution(inputs, outputs, 1, stride), new BatchNorm2d(outputs));

/** Two 3 × 3 convolutions, and x around them. */
class BasicBlock extends Module {
  static override readonly type: string = 'BasicBlock';
  static readonly expansion: number = 1;

  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu: ReLU = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor(inputs: number, width: number, stride: number) {
    super();
    this.conv1 = convolution(inputs, width, 3, stride);
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = convolution(width, width, 3);
    this.bn2 = new BatchNorm2d(width);
    this.downsample = projection(inputs, width, stride);
  }

  get last(): BatchNorm2d {
    return this.bn2;
  }

  forward(x: Tensor): Tensor {
    const inner = this.relu.forward(this.bn1.forward(this.conv1.forward(x)));
    const change = this.bn2.forward(this.conv2.forward(inner));
    return this.relu.forward(change.add(this.downsample?.forward(x) ?? x));
  }
}

/** A 3 × 3 convolution between two of 1 × 1, which make channels few before it and many behind; the stride is that of the 3 × 3 one, as in torchvision. */
class Bottleneck extends Module {
  static override readonly type: string = 'Bottleneck';
  static readonly expansion: number = 4;

  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu: ReLU = new ReLU();
  readonly downsample: Sequential | undefined;

  constructor(inputs: number, width: number, stride: number) {
    super();
    const outputs = width * Bottleneck.expansion;
    this.conv1 = convolution(inputs, width, 1);
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = convolution(width, width, 3, stride);
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = convolution(width, outputs, 1);
    this.bn3 = new BatchNorm2d(outputs);
    this.downsample = projection(inputs, outputs, stride);
  }

  get last(): BatchNorm2d {
    return this.bn3;
  }

  forward(x: Tensor): Tensor {
    const narrow = this.relu.forward(this.bn1.forward(this.conv1.forward(x)));
    const inner = this.relu.forward(this.bn2.forward(this.conv2.forward(narrow)));
    const change = this.bn3.forward(this.conv3.forward(inner));
    return this.relu.forward(change.add(this.downsample?.forward(x) ?? x));
  }
}

/**
 * ResNet (He, Zhang, Ren & Sun 2016, arXiv:1512.03385): blocks that learn what to add to x, y = relu(x + f(x)), in four stages. Each stage but the first halves the image and doubles the channels.
 *
 * The way of an image of 224 × 224: `conv1`, `bn1`, `relu`, `maxpool` to 64 × 56 × 56, `layer1` … `layer4` to 512 × 7 × 7 (2048 of bottlenecks), the mean of all pixels, `fc`. With stem 'small' and fewer `blocks` or
 * a smaller `width` it is the network for images of 28 or 32 pixels.
 *
 * Shape: float32[batch, channels, height, width] → float32[batch, classes]; any height and width. Parameters and buffers have torchvision's names, order and shapes (`conv1.weight`, `bn1.weight`,
 * `layer1.0.conv1.weight`, … `fc.bias`), so its files load. At first convolutions are normal with variance 2 / fan-out, as there.
 *
 * Throws `ArgumentError` for options out of range, and for `blocks` beside a `depth`, `ShapeError` for images of other channels.
 *
 * ```ts
 * const model = new ResNet({ blocks: [1, 1], width: 8, stem: 'small', channels: 1, classes: 10 });
 * model.forward(zeros([2, 1, 28, 28])).shape;  // [2, 10]
 * new ResNet({ depth: 18 }).parameterCount;  // 11689512
 * ```
 */
export class ResNet extends Module {
  static override readonly type: string = 'ResNet';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<Omit<ResNetOptions, 'depth'>>>;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu: ReLU = new ReLU();
  readonly maxpool: MaxPool2d | undefined;
  readonly layer1: Sequential;
  readonly layer2: Sequential | undefined;
  readonly layer3: Sequential | undefined;
  readonly layer4: Sequential | undefined;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly fc: Linear;

  constructor(options: ResNetOptions = {}) {
    super();
    requireOptions('ResNet', options, resNetOptions);
    refuseBoth('ResNet', options, 'depth', 'blocks');
    const { depth = 18, classes = 1000, channels = 3, width = 64, stem = 'large', zeroInitResidual = false } = options;
    const { blocks = blocksOf[depth], bottleneck = depth >= 50 } = options;
    if (blocks.length > 4)
      throw new ArgumentError(`[ResNet] has one to four stages, and blocks are given for ${blocks.length}.`);
    this.options = { blocks, bottleneck, classes, channels, width, stem, zeroInitResidual };
    this.conv1 =
      stem === 'large'
        ? new Conv2d(channels, width, 7, { stride: 2, padding: 3, bias: false })
        : convolution(channels, width, 3);
    this.bn1 = new BatchNorm2d(width);
    this.maxpool = stem === 'large' ? new MaxPool2d(3, { stride: 2, padding: 1 }) : undefined;

    const Block = bottleneck ? Bottleneck : BasicBlock;
    const made: (BasicBlock | Bottleneck)[] = [];
    let inputs = width;
    const [layer1 = new Sequential(), layer2, layer3, layer4] = blocks.map((count, i) => {
      const stage = Array.from({ length: count }, (_, position) => {
        const each = new Block(inputs, width * 2 ** i, i > 0 && position === 0 ? 2 : 1);
        inputs = width * 2 ** i * Block.expansion;
        made.push(each);
        return each;
      });
      return new Sequential(...stage);
    });
    this.layer1 = layer1;
    this.layer2 = layer2;
    this.layer3 = layer3;
    this.layer4 = layer4;
    this.fc = new Linear(inputs, classes);
    drawWeights(this, { convolution: heFanOut });
    if (zeroInitResidual) for (const { last } of made) if (last.weight) assign(last.weight, zerosLike(last.weight));
  }

  forward(x: Tensor): Tensor {
    requireImages('ResNet', x, this.options.channels);
    const stem = this.relu.forward(this.bn1.forward(this.conv1.forward(x)));
    const stages = [this.maxpool, this.layer1, this.layer2, this.layer3, this.layer4];
    const features = stages.reduce((y, stage) => stage?.forward(y) ?? y, stem);
    return this.fc.forward(this.avgpool.forward(features).flatten(1));
  }
}
