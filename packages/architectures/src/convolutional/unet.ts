import { BatchNorm2d, Conv2d, ConvTranspose2d, Dropout, MaxPool2d, Module, ReLU, Sequential } from '@hebb/layers';
import { concat, pad, type Tensor } from '@hebb/tensor';
import { between, requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { requireImages, size, sizes } from './checks.ts';
import { drawWeights, heFanIn } from './initial-weights.ts';

export interface UNetOptions {
  /** Channels of the images. Default 1. */
  channels?: number;
  /** Numbers for each pixel: logits of the classes, or of one mask. Default 2. */
  classes?: number;
  /** Channels at each level, from the whole image down, each half as high and wide. Default [64, 128, 256, 512, 1024]. */
  widths?: readonly number[];
  /** Whether batch normalisation follows each 3 × 3 convolution. Default false, as in the paper. */
  batchNorm?: boolean;
  /** Probability of dropout at the lowest level. Default 0.5, as in the paper's program. */
  dropout?: number;
}

const uNetOptions: OptionNames<UNetOptions> = {
  channels: size,
  classes: size,
  widths: sizes,
  batchNorm: requireBoolean,
  dropout: between(0, 1),
};

/**
 * U-Net (Ronneberger, Fischer & Brox 2015, arXiv:1505.04597), which says of every pixel what it belongs to. The left side of the U makes the image smaller level by level, two 3 × 3 convolutions and a 2 × 2 maximum each, so
 * that a pixel sees more and more; the right side makes it large again by transposed convolutions, and at every level takes over, beside what comes from below, what the left side saw there in full sharpness.
 *
 * The output is as large as the image: convolutions are padded, where those of the paper are not and its output is smaller. Images whose sides are no multiples of 2^(levels − 1) are made so by repeating the last row and column, and
 * the output is cropped.
 *
 * Shape: float32[batch, channels, height, width] → float32[batch, classes, height, width]; any height and width. Parameters: `encoder.0.0.weight`, … level by level, `up.0.weight`, …, `decoder.0.0.weight`, …, `head.weight`,
 * `head.bias`. At first convolutions are normal with variance 2 / fan-in, as in the paper.
 *
 * An ONNX file may have a free height and width, of multiples of 2^(levels − 1): `exportOnnx(model, { inputs: { image: ['batch', 1, 'height', 'width'] }, sizes: { height: [16, 48, 80], width: [32, 64, 112] } })`.
 *
 * Throws `ArgumentError` for options out of range, `ShapeError` for images of other channels.
 *
 * ```ts
 * const model = new UNet({ channels: 1, classes: 2, widths: [8, 16, 32] });
 * model.forward(zeros([2, 1, 30, 21])).shape;  // [2, 2, 30, 21]
 * ```
 */
export class UNet extends Module {
  static override readonly type: string = 'UNet';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<UNetOptions>>;
  readonly pool: MaxPool2d = new MaxPool2d(2);
  readonly encoder: readonly Sequential[];
  readonly dropout: Dropout;
  /** From level i + 1 to level i. */
  readonly up: readonly ConvTranspose2d[];
  readonly decoder: readonly Sequential[];
  readonly head: Conv2d;

  constructor(options: UNetOptions = {}) {
    super();
    requireOptions('UNet', options, uNetOptions);
    const { channels = 1, classes = 2, widths = [64, 128, 256, 512, 1024], batchNorm = false, dropout = 0.5 } = options;
    this.options = { channels, classes, widths, batchNorm, dropout };
    const [first = 0, ...lower] = widths;
    const upper = widths.slice(0, -1);
    this.encoder = widths.map((width, i) => pairOf(widths[i - 1] ?? channels, width, batchNorm));
    this.dropout = new Dropout(dropout);
    this.up = upper.map((width, i) => new ConvTranspose2d(lower[i] ?? 0, width, 2, { stride: 2 }));
    this.decoder = upper.map((width) => pairOf(2 * width, width, batchNorm));
    this.head = new Conv2d(first, classes, 1);
    drawWeights(this, { convolution: heFanIn });
  }

  /** 2^(levels − 1): images whose height and width are multiples of it are halved without a rest. */
  get sizeMultiple(): number {
    return 2 ** this.up.length;
  }

  forward(x: Tensor): Tensor {
    requireImages('UNet', x, this.options.channels);
    const [height = 0, width = 0] = x.shape.slice(2);
    const multiple = this.sizeMultiple;
    const missing = [height, width].map((extent) => (multiple - (extent % multiple)) % multiple);
    if (missing.every((count) => count === 0)) return this.ofWholeImages(x);
    const [below = 0, right = 0] = missing;
    const larger = pad(x, [[0, 0], [0, 0], [0, below], [0, right]], { mode: 'replicate' }); // prettier-ignore
    return pad(this.ofWholeImages(larger), [[0, 0], [0, 0], [0, -below], [0, -right]]); // prettier-ignore
  }

  /** Of images that can be halved as often as there are levels. */
  private ofWholeImages(x: Tensor): Tensor {
    const seen: Tensor[] = [];
    let y = x;
    for (const [level, pair] of this.encoder.entries()) {
      y = pair.forward(level === 0 ? y : this.pool.forward(y));
      seen.push(y);
    }
    y = this.dropout.forward(y);
    for (let level = this.up.length - 1; level >= 0; level--) {
      const [skip, up, pair] = [seen[level], this.up[level], this.decoder[level]];
      if (skip === undefined || up === undefined || pair === undefined) break;
      y = pair.forward(concat([skip, up.forward(y)], 1));
    }
    return this.head.forward(y);
  }
}

/** Two 3 × 3 convolutions that keep the size, each with relu. */
function pairOf(inputs: number, width: number, batchNorm: boolean): Sequential {
  const layers = [inputs, width].flatMap((from) => [
    new Conv2d(from, width, 3, { padding: 1, bias: !batchNorm }),
    ...(batchNorm ? [new BatchNorm2d(width)] : []),
    new ReLU(),
  ]);
  return new Sequential(...layers);
}
