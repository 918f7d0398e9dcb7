import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import {
  between,
  listOf,
  requireBoolean,
  requireInteger,
  requireOptions,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { refuseBoth } from '../conflicts.ts';
import { oneOfNumbers, requireImages, size, sizes } from './checks.ts';
import { drawWeights, heFanOut, smallNormal } from './initial-weights.ts';

export type VGGDepth = 11 | 13 | 16 | 19;

export interface VGGOptions {
  /** Layers with weights: the paper's A, B, D and E. Default 16. */
  depth?: VGGDepth;
  /** Channels behind each convolution, a list for each stage, which ends in a maximum that halves the image. Default: those of `depth`. */
  stages?: readonly (readonly number[])[];
  /** Number of classes: the logits. Default 1000. */
  classes?: number;
  /** Channels of the images. Default 3. */
  channels?: number;
  /** Whether batch normalisation follows each convolution. Default false, as in the paper. */
  batchNorm?: boolean;
  /** Height and width to which features are averaged before the hidden layers. Default 7. */
  pooled?: number;
  /** Widths of the hidden layers. Default [4096, 4096]. */
  hidden?: readonly number[];
  /** Probability of dropout behind each hidden layer, and before the logits where there is none. Default 0.5. */
  dropout?: number;
}

/** Convolutions in each stage, of 64, 128, 256, 512 and 512 channels (table 1 of the paper). */
const convolutions: Readonly<Record<VGGDepth, readonly number[]>> = {
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
};
const widths = [64, 128, 256, 512, 512];

const vggOptions: OptionNames<VGGOptions> = {
  depth: oneOfNumbers(11, 13, 16, 19),
  stages: (where, name, value) => {
    listOf(sizes)(where, name, value);
    requireInteger(where, `the length of ${name}`, (value as readonly unknown[]).length, 1);
  },
  classes: size,
  channels: size,
  batchNorm: requireBoolean,
  pooled: size,
  hidden: listOf(size),
  dropout: between(0, 1),
};

/**
 * VGG (Simonyan & Zisserman 2015, arXiv:1409.1556): 3 × 3 convolutions that keep the size, in stages that each end in a 2 × 2 maximum, then hidden layers. `stages` makes smaller ones.
 *
 * Shape: float32[batch, channels, height, width], at least 2^stages pixels each way, → float32[batch, classes]. Parameters have torchvision's names: `features.0.weight`, …
 * `classifier.0.weight`, …, with depth 11 to 19 in its order and shapes. At first convolutions are normal with variance 2 / fan-out, linear layers normal with standard deviation 0.01, biases 0, as there.
 *
 * Throws `ArgumentError` for options out of range, and for `stages` beside a `depth`, `ShapeError` for images of other channels or too small.
 *
 * ```ts
 * const model = new VGG({ stages: [[16], [32, 32]], channels: 1, classes: 10, batchNorm: true, pooled: 1, hidden: [] });
 * model.forward(zeros([8, 1, 28, 28])).shape;  // [8, 10]
 * ```
 */
export class VGG extends Module {
  static override readonly type: string = 'VGG';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<Omit<VGGOptions, 'depth'>>>;
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly classifier: Sequential;

  constructor(options: VGGOptions = {}) {
    super();
    requireOptions('VGG', options, vggOptions);
    refuseBoth('VGG', options, 'depth', 'stages');
    const { depth = 16, classes = 1000, channels = 3, batchNorm = false, pooled = 7, dropout = 0.5 } = options;
    const { stages = stagesOf(depth), hidden = [4096, 4096] } = options;
    this.options = { stages, classes, channels, batchNorm, pooled, hidden, dropout };
    const all = stages.flat();
    let inputs = channels;
    const layers: Module[] = [];
    for (const stage of stages) {
      for (const width of stage) {
        layers.push(new Conv2d(inputs, width, 3, { padding: 1 }));
        if (batchNorm) layers.push(new BatchNorm2d(width));
        layers.push(new ReLU());
        inputs = width;
      }
      layers.push(new MaxPool2d(2));
    }
    this.features = new Sequential(...layers);
    this.avgpool = new AdaptiveAvgPool2d(pooled);
    const inner = [(all.at(-1) ?? channels) * pooled ** 2, ...hidden];
    this.classifier = new Sequential(
      ...(hidden.length === 0 && dropout > 0 ? [new Dropout(dropout)] : []),
      ...hidden.flatMap((width, i) => [new Linear(inner[i] ?? 0, width), new ReLU(), new Dropout(dropout)]),
      new Linear(inner.at(-1) ?? 0, classes),
    );
    drawWeights(this, { convolution: heFanOut, linear: smallNormal });
  }

  forward(x: Tensor): Tensor {
    requireImages('VGG', x, this.options.channels, undefined, 2 ** this.options.stages.length);
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)).flatten(1));
  }
}

const stagesOf = (depth: VGGDepth): number[][] =>
  convolutions[depth].map((count, i) => new Array<number>(count).fill(widths[i] ?? 0));
