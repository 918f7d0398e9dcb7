import { Linear, Sequential, type Module } from '@hebb/layers';
import { ArgumentError, ShapeError, type Tensor } from '@hebb/tensor';
import { requireBoolean, requireOptions, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { activationNamed, type ActivationName } from '../activation.ts';
import { sizes } from '../convolutional/checks.ts';
import { anySizes, imageExtents, requireBatch, requireImages, size } from './checks.ts';
import { convolutionalHalves, halvesOf } from './halves.ts';
import { commonOptions, PlainAutoencoder, withDefaults, type CommonOptions } from './plain.ts';

export interface ConvolutionalAutoencoderOptions extends CommonOptions {
  /** Channels of the images. Default 1. */
  channels?: number;
  /** Height and width of the images, one number for squares; needed with `code`. Default: any multiples of 2^features. */
  imageSize?: number | readonly [height: number, width: number];
  /** Channels behind each convolution, every one of which halves the image. Default [16, 32]. */
  features?: readonly number[];
  /** Whether batch normalisation follows each convolution. Default false. */
  batchNorm?: boolean;
  /** Widths of linear layers between the convolutions and the code. Default: none. */
  hidden?: readonly number[];
  /** How many numbers are left of an image. Default: the code is what the last convolution gives, smaller images of many channels. */
  code?: number;
}

const autoencoderOptions: OptionNames<ConvolutionalAutoencoderOptions> = {
  ...commonOptions,
  channels: size,
  imageSize: imageExtents,
  features: sizes,
  batchNorm: requireBoolean,
  hidden: anySizes,
  code: size,
};

const where = 'ConvolutionalAutoencoder';

/**
 * An autoencoder of images (Masci, Meier, Cireşan & Schmidhuber 2011, "Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction"): 3 × 3 convolutions of stride 2 make an image smaller and deeper, transposed ones make it large again. All layers
 * are trained at once, and strides halve, where the paper has maxima.
 *
 * Without `code` what is between them is an image, too, and the network takes images of any size: for **noise reduction**, as a **denoising** autoencoder with `noise` or `masking`. With `code` linear layers make one list of numbers of it, which says what is in the whole image.
 * `sparsity` is as of {@link Autoencoder}.
 *
 * Shape: float32[batch, channels, height, width] → the same; codes float32[batch, code], or float32[batch, features.at(-1), height / 2^n, width / 2^n]. Parameters: `encoder.0.weight`, …, `decoder.0.weight`, …, by the places of all layers in a row; `encoder` and
 * `decoder` are modules of their own, each of which can be exported.
 *
 * Throws `ArgumentError` for options out of range and a `code` without `imageSize`, `ShapeError` for other images.
 *
 * ```ts
 * const denoiser = new ConvolutionalAutoencoder({ features: [8, 16], noise: 0.3 });
 * denoiser.encode(zeros([2, 1, 28, 28])).shape;  // [2, 16, 7, 7]
 * const model = new ConvolutionalAutoencoder({ imageSize: 28, features: [8, 16], code: 10 });
 * model.encode(zeros([2, 1, 28, 28])).shape;  // [2, 10]
 * ```
 */
export class ConvolutionalAutoencoder extends PlainAutoencoder {
  static override readonly type: string = 'ConvolutionalAutoencoder';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<ConvolutionalAutoencoderOptions>;
  readonly encoder: Sequential;
  readonly decoder: Sequential;

  constructor(options: ConvolutionalAutoencoderOptions = {}) {
    super();
    requireOptions(where, options, autoencoderOptions);
    const { channels = 1, imageSize, features = [16, 32], batchNorm = false, hidden = [], code } = options;
    const common = withDefaults(where, options);
    this.options = {
      channels,
      ...(imageSize !== undefined && { imageSize }),
      features,
      batchNorm,
      hidden,
      ...(code !== undefined && { code }),
      ...common,
    };
    const extents = typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize;
    const { activation } = common;
    const act = (name: ActivationName): Module[] => (name === 'identity' ? [] : [activationNamed(name)]);
    const ends = [act(common.codeActivation), act(common.outputActivation)] as const;
    if (code === undefined) {
      if (hidden.length > 0)
        throw new ArgumentError(`[${where}] hidden layers are those before a code, and there is none.`);
      const { down, up } = convolutionalHalves(where, { channels, features, extents, activation, batchNorm });
      this.encoder = new Sequential(...down, ...ends[0]);
      this.decoder = new Sequential(...up, ...ends[1]);
      return;
    }
    if (extents === undefined)
      throw new ArgumentError(`[${where}] a code of ${code} numbers is of images of one size.`, {
        hint: 'Say which: { imageSize: 28, code }.',
      });
    const halves = halvesOf(where, { shape: [channels, ...extents], features, batchNorm, hidden, activation });
    this.encoder = new Sequential(...halves.down, new Linear(halves.width, code), ...ends[0]);
    this.decoder = new Sequential(...halves.up(code), ...ends[1]);
  }

  protected requireExamples(x: Tensor): void {
    const { channels = 1, imageSize, features = [] } = this.options;
    if (imageSize !== undefined)
      return requireImages(where, x, channels, typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize);
    requireImages(where, x, channels);
    const multiple = 2 ** features.length;
    if (x.shape.slice(2).every((extent) => extent % multiple === 0)) return;
    throw new ShapeError(`[${where}] takes images whose height and width are multiples of ${multiple}, not ${x}.`, {
      hint: 'Pad or crop them, or say { imageSize }.',
    });
  }

  protected requireCodes(code: Tensor): void {
    if (this.options.code !== undefined) return requireBatch(where, 'codes', code, [this.options.code]);
    requireTensor(where, 'the codes', code);
  }
}
