import { BatchNorm2d, ConvTranspose2d, Embedding, Module, normal, ReLU, Sequential, Tanh } from '@hebb/layers';
import { assign, concat, ShapeError, type Tensor } from '@hebb/tensor';
import { requireOptions, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { size, sizes } from '../convolutional/checks.ts';
import { refuseUnread } from '../conflicts.ts';
import { gridOf, requireClasses } from './checks.ts';

export interface DCGANGeneratorOptions {
  /** Numbers that an image is made from. Default 100. */
  latent?: number;
  /** Channels of the images. Default 3. */
  channels?: number;
  /** Height and width of the images: a multiple of 2 to the number of `widths`. Default 64. */
  imageSize?: number;
  /** Channels from the smallest grid on, each of twice the height and width of the one before. Default [1024, 512, 256, 128]. */
  widths?: readonly number[];
  /** Number of classes, where images of a class are to be made. Default: none. */
  classes?: number;
  /** Numbers for a class, beside the latent ones. Default 50. */
  embedding?: number;
}

const generatorOptions: OptionNames<DCGANGeneratorOptions> = {
  latent: size,
  channels: size,
  imageSize: size,
  widths: sizes,
  classes: size,
  embedding: size,
};

/**
 * The generator of DCGAN (Radford, Metz & Chintala 2016, arXiv:1511.06434): numbers become a small grid of many channels, which transposed 4 × 4 convolutions with stride 2 make twice as large and about half as deep each, with batch
 * normalisation and relu, down to an image in −1 … 1 (tanh). Weights begin normal with standard deviation 0.02, those of batch normalisation around 1.
 *
 * With `classes` it is conditional (Mirza & Osindero 2014, arXiv:1411.1784): a vector for the class is joined to the latent numbers.
 *
 * Shape: z float32[batch, latent], and y int32[batch] where it is conditional → float32[batch, channels, imageSize, imageSize]. Parameters: `main.0.weight`, `main.1.weight`, … as in PyTorch's tutorial of DCGAN, and
 * `embedding.weight`.
 *
 * Throws `ArgumentError` for sizes out of range, an image that cannot be halved so often, and classes that are missing or not asked for; `ShapeError` for z of another size.
 *
 * ```ts
 * const generator = new DCGANGenerator({ latent: 64, channels: 1, imageSize: 28, widths: [64, 32] });
 * generator.forward(randn([16, 64])).shape;  // [16, 1, 28, 28]
 * ```
 */
export class DCGANGenerator extends Module<[z: Tensor, y?: Tensor]> {
  static override readonly type: string = 'DCGANGenerator';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<DCGANGeneratorOptions>;
  readonly main: Sequential;
  readonly embedding?: Embedding;

  constructor(options: DCGANGeneratorOptions = {}) {
    super();
    requireOptions('DCGANGenerator', options, generatorOptions);
    const {
      latent = 100,
      channels = 3,
      imageSize = 64,
      widths = [1024, 512, 256, 128],
      classes,
      embedding = 50,
    } = options;
    this.options = { latent, channels, imageSize, widths, ...(classes !== undefined && { classes, embedding }) };
    if (classes === undefined) refuseUnread('DCGANGenerator', 'embedding', options.embedding, 'classes');
    const grid = gridOf('DCGANGenerator', imageSize, widths.length);
    if (classes !== undefined) this.embedding = new Embedding(classes, embedding);
    const inputs = [latent + (classes === undefined ? 0 : embedding), ...widths];
    this.main = new Sequential(
      ...widths.flatMap((width, i) => [
        i === 0
          ? new ConvTranspose2d(inputs[0] ?? latent, width, grid, { bias: false })
          : new ConvTranspose2d(inputs[i] ?? width, width, 4, { stride: 2, padding: 1, bias: false }),
        new BatchNorm2d(width),
        new ReLU(),
      ]),
      new ConvTranspose2d(widths.at(-1) ?? channels, channels, 4, { stride: 2, padding: 1, bias: false }),
      new Tanh(),
    );
    for (const layer of this.main) {
      if (layer instanceof ConvTranspose2d) assign(layer.weight, normal(layer.weight.shape, { std: 0.02 }));
      if (layer instanceof BatchNorm2d && layer.weight !== undefined)
        assign(layer.weight, normal(layer.weight.shape, { mean: 1, std: 0.02 }));
    }
  }

  forward(z: Tensor, y?: Tensor): Tensor {
    const { latent = 0, classes } = this.options;
    requireTensor('DCGANGenerator', 'z', z);
    if (z.ndim !== 2 || z.shape[1] !== latent)
      throw new ShapeError(`[DCGANGenerator] takes z [batch, ${latent}], not ${z}.`, {
        hint: `Draw it: randn([batch, ${latent}]).`,
      });
    requireClasses('DCGANGenerator', classes, y);
    const numbers = this.embedding === undefined || y === undefined ? z : concat([z, this.embedding.forward(y)], 1);
    return this.main.forward(numbers.unsqueeze(-1).unsqueeze(-1));
  }
}
