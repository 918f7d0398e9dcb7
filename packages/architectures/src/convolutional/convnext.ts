import {
  AdaptiveAvgPool2d,
  Conv2d,
  DropPath,
  Flatten,
  GELU,
  LayerNorm,
  Linear,
  Module,
  parameter,
  Sequential,
} from '@hebb/layers';
import { ArgumentError, full, truncatedNormal, type Tensor } from '@hebb/tensor';
import { between, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { positive, requireImages, size, sizes } from './checks.ts';
import { drawWeights } from './initial-weights.ts';

export interface ConvNeXtOptions {
  /** Blocks in each stage. Default [3, 3, 9, 3], ConvNeXt-T. */
  depths?: readonly number[];
  /** Channels of each stage. Default [96, 192, 384, 768]. */
  widths?: readonly number[];
  /** Number of classes: the logits. Default 1000. */
  classes?: number;
  /** Channels of the images. Default 3. */
  channels?: number;
  /** Height and width of the patches that the first convolution makes one pixel each. Default 4. */
  patchSize?: number;
  /** Height and width of the kernels of the blocks, odd. Default 7. */
  kernelSize?: number;
  /** Probability that the last block is left out for an image while training; those before it less, in equal steps from 0. Default 0.1. */
  dropPath?: number;
  /** What blocks are scaled by at first. Default 1e-6. */
  layerScale?: number;
}

const convNeXtOptions: OptionNames<ConvNeXtOptions> = {
  depths: sizes,
  widths: sizes,
  classes: size,
  channels: size,
  patchSize: size,
  kernelSize: size,
  dropPath: between(0, 1),
  layerScale: positive,
};

const eps = 1e-6;

/** Layer normalisation over the channels of each pixel of [batch, channels, height, width]. */
class ChannelNorm extends LayerNorm {
  static override readonly type: string = 'ChannelNorm';

  override forward(x: Tensor): Tensor {
    return super.forward(x.permute([0, 2, 3, 1])).permute([0, 3, 1, 2]);
  }
}

/** The axes of x in another order; torchvision counts it among the layers of a block. */
class Permute extends Module {
  static override readonly type: string = 'Permute';
  readonly axes: readonly number[];

  constructor(axes: readonly number[]) {
    super();
    this.axes = axes;
  }

  forward(x: Tensor): Tensor {
    return x.permute(this.axes);
  }

  override describe(): string {
    return `${super.describe()} ${this.axes.join(', ')}`;
  }
}

/** x + scale · f(x): each channel for itself over a large field, then a layer four times as wide at every pixel. */
class ConvNeXtBlock extends Module {
  static override readonly type: string = 'ConvNeXtBlock';

  readonly layer_scale: Tensor;
  readonly block: Sequential;
  readonly stochastic_depth: DropPath;

  constructor(width: number, kernelSize: number, layerScale: number, dropPath: number) {
    super();
    this.layer_scale = parameter(full([width, 1, 1], layerScale));
    this.block = new Sequential(
      new Conv2d(width, width, kernelSize, { padding: (kernelSize - 1) / 2, groups: width }),
      new Permute([0, 2, 3, 1]),
      new LayerNorm(width, { eps }),
      new Linear(width, 4 * width),
      new GELU(),
      new Linear(4 * width, width),
      new Permute([0, 3, 1, 2]),
    );
    this.stochastic_depth = new DropPath(dropPath);
  }

  forward(x: Tensor): Tensor {
    return x.add(this.stochastic_depth.forward(this.block.forward(x).mul(this.layer_scale)));
  }
}

/**
 * ConvNeXt (Liu, Mao, Wu, Feichtenhofer, Darrell & Xie 2022, arXiv:2201.03545): a convolutional network with the habits of transformers. Patches become pixels; blocks look at each channel over 7 × 7 pixels and then mix the
 * channels of each pixel, four times as wide, with layer normalisation and GELU; between stages a 2 × 2 convolution of stride 2 halves the image.
 *
 * Shape: float32[batch, channels, height, width] → float32[batch, classes]; at least patchSize · 2^(stages − 1) pixels each way, of which what is no whole patch is left out. Parameters have torchvision's names, order and
 * shapes (`features.0.0.weight`, `features.1.0.layer_scale`, `features.1.0.block.0.weight`, … `classifier.2.bias`). At first weights are normal with standard deviation 0.02, cut off at ±2, and biases 0, as there.
 *
 * Throws `ArgumentError` for options out of range, `ShapeError` for images of other channels or too small.
 *
 * ```ts
 * const model = new ConvNeXt({ depths: [1, 2], widths: [8, 16], patchSize: 2, channels: 1, classes: 10 });
 * model.forward(zeros([2, 1, 28, 28])).shape;  // [2, 10]
 * ```
 */
export class ConvNeXt extends Module {
  static override readonly type: string = 'ConvNeXt';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<ConvNeXtOptions>>;
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly classifier: Sequential;

  constructor(options: ConvNeXtOptions = {}) {
    super();
    requireOptions('ConvNeXt', options, convNeXtOptions);
    const { depths = [3, 3, 9, 3], widths = [96, 192, 384, 768], classes = 1000, channels = 3 } = options;
    const { patchSize = 4, kernelSize = 7, dropPath = 0.1, layerScale = 1e-6 } = options;
    if (depths.length !== widths.length)
      throw new ArgumentError(
        `[ConvNeXt] depths and widths say of each stage what it is; there are ${depths.length} depths and ${widths.length} widths.`,
      );
    if (kernelSize % 2 === 0)
      throw new ArgumentError(`[ConvNeXt] kernelSize must be odd, so that blocks keep the size, not ${kernelSize}.`);
    this.options = { depths, widths, classes, channels, patchSize, kernelSize, dropPath, layerScale };

    const blocks = depths.reduce((a, b) => a + b, 0);
    const [first = 0] = widths;
    let position = 0;
    this.features = new Sequential(
      new Sequential(new Conv2d(channels, first, patchSize, { stride: patchSize }), new ChannelNorm(first, { eps })),
      ...widths.flatMap((width, i) => {
        const stage = Array.from({ length: depths[i] ?? 0 }, () => {
          const share = blocks === 1 ? 0 : position++ / (blocks - 1);
          return new ConvNeXtBlock(width, kernelSize, layerScale, dropPath * share);
        });
        const before = widths[i - 1];
        const smaller =
          before === undefined
            ? []
            : [new Sequential(new ChannelNorm(before, { eps }), new Conv2d(before, width, 2, { stride: 2 }))];
        return [...smaller, new Sequential(...stage)];
      }),
    );
    const last = widths.at(-1) ?? 0;
    this.classifier = new Sequential(new ChannelNorm(last, { eps }), new Flatten(), new Linear(last, classes));
    const draw = (shape: readonly number[]): Tensor => truncatedNormal(shape, { std: 0.02, low: -2, high: 2 });
    drawWeights(this, { convolution: draw, linear: draw });
  }

  forward(x: Tensor): Tensor {
    const { channels, patchSize, widths } = this.options;
    requireImages('ConvNeXt', x, channels, undefined, patchSize * 2 ** (widths.length - 1));
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}
