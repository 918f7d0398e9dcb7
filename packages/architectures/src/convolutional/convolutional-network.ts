import { Conv2d, Dropout, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential } from '@hebb/layers';
import { ArgumentError, type Tensor } from '@hebb/tensor';
import { between, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { sizes as anySizes } from '../feed-forward/checks.ts';
import { imageExtents, requireImages, size } from './checks.ts';

export interface ConvolutionalNetworkOptions {
  /** Channels of the images. Default 1. */
  channels?: number;
  /** Height and width of the images: one number for squares. */
  imageSize: number | readonly [height: number, width: number];
  /** Number of classes: the logits. */
  classes: number;
  /** Channels behind each convolution; every one halves the image. Default [16, 32]. */
  features?: readonly number[];
  /** Width of the hidden layer of the classifier. Default 64. */
  hidden?: number;
  /** Probability of dropout behind the convolutions and behind the hidden layer. Default 0.25. */
  dropout?: number;
}

const networkOptions: OptionNames<ConvolutionalNetworkOptions> = {
  channels: size,
  imageSize: imageExtents,
  classes: size,
  features: anySizes,
  hidden: size,
  dropout: between(0, 1),
};

/**
 * A small network for images: 3×3 convolutions that keep the size, each with ReLU and a 2×2 maximum, then dropout, a hidden layer and the
 * logits.
 *
 * Shape: float32[batch, channels, height, width] → float32[batch, classes]. Parameters: `features.0.weight`, … `classifier.4.bias`.
 *
 * Throws `ArgumentError` for sizes that are no integers ≥ 1 and for images too small to be halved that often; `ShapeError` for images of another size.
 *
 * ```ts
 * const model = new ConvolutionalNetwork({ channels: 1, imageSize: 28, classes: 10 });
 * model.forward(zeros([32, 1, 28, 28])).shape;  // [32, 10]
 * ```
 */
export class ConvolutionalNetwork extends Module {
  static override readonly type: string = 'ConvolutionalNetwork';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<ConvolutionalNetworkOptions>>;
  readonly features: Sequential;
  readonly classifier: Sequential;
  readonly #extents: readonly [height: number, width: number];

  constructor(options: ConvolutionalNetworkOptions) {
    super();
    requireOptions('ConvolutionalNetwork', options, networkOptions);
    const { channels = 1, imageSize, classes, features = [16, 32], hidden = 64, dropout = 0.25 } = options;
    imageExtents('ConvolutionalNetwork', 'imageSize', imageSize);
    size('ConvolutionalNetwork', 'classes', classes);
    this.options = { channels, imageSize, classes, features, hidden, dropout };
    this.#extents = typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize;
    const [height, width] = this.#extents.map((n) => Math.floor(n / 2 ** features.length)) as [number, number];
    if (!(height >= 1 && width >= 1)) {
      throw new ArgumentError(
        `[ConvolutionalNetwork] images of ${String(imageSize)} cannot be halved ${features.length} times.`,
        {
          hint: 'Use larger images or fewer features.',
        },
      );
    }
    const widths = [channels, ...features];
    this.features = new Sequential(
      ...features.flatMap((width, i) => [
        new Conv2d(widths[i] ?? 0, width, 3, { padding: 1 }),
        new ReLU(),
        new MaxPool2d(2),
      ]),
      new Dropout(dropout),
    );
    this.classifier = new Sequential(
      new Flatten(),
      new Linear((widths.at(-1) ?? 0) * height * width, hidden),
      new ReLU(),
      new Dropout(dropout),
      new Linear(hidden, classes),
    );
  }

  forward(x: Tensor): Tensor {
    requireImages('ConvolutionalNetwork', x, this.options.channels, this.#extents);
    return this.classifier.forward(this.features.forward(x));
  }
}
