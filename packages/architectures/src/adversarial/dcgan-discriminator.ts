import {
  BatchNorm2d,
  Conv2d,
  Embedding,
  GroupNorm,
  kaimingNormal,
  LeakyReLU,
  Module,
  normal,
  Sequential,
  SpectralNorm,
} from '@hebb/layers';
import { assign, type Tensor } from '@hebb/tensor';
import { oneOf, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { requireImages, size, sizes } from '../convolutional/checks.ts';
import { gridOf, requireClasses } from './checks.ts';

/** 'batch': as in the paper. 'spectral': every weight by its largest singular value. 'layer': each image by itself, for a gradient penalty. */
export type DiscriminatorNormalization = 'batch' | 'layer' | 'spectral' | 'none';

export interface DCGANDiscriminatorOptions {
  /** Channels of the images. Default 3. */
  channels?: number;
  /** Height and width of the images: a multiple of 2 to the number of `widths`. Default 64. */
  imageSize?: number;
  /** Channels behind each convolution, which halves height and width. Default [128, 256, 512, 1024]. */
  widths?: readonly number[];
  /** Default 'batch'. A gradient penalty needs 'layer' or 'none'. */
  normalization?: DiscriminatorNormalization;
  /** Number of classes, where it is to say how well an image fits its class. Default: none. */
  classes?: number;
}

const discriminatorOptions: OptionNames<DCGANDiscriminatorOptions> = {
  channels: size,
  imageSize: size,
  widths: sizes,
  normalization: oneOf('batch', 'layer', 'spectral', 'none'),
  classes: size,
};

/**
 * The discriminator of DCGAN (Radford, Metz & Chintala 2016, arXiv:1511.06434): 4 × 4 convolutions with stride 2, leaky relu of slope 0.2, and one last convolution of what is left to a score. It is a logit: high for what is taken as
 * real. The paper has batch normalisation behind all convolutions but the first and the last.
 *
 * `normalization: 'spectral'` has {@link SpectralNorm} around every layer instead (Miyato et al. 2018, arXiv:1802.05957), for the hinge loss; 'layer' has each image normalised by itself (Gulrajani et al. 2017,
 * arXiv:1704.00028), for gradient penalties. With 'spectral' and 'none' convolutions have biases. Weights begin normal with standard deviation 0.02; with 'none' with variance 2 / fan-in (He et al. 2015), as nothing scales what goes through.
 *
 * With `classes` it is conditional by a projection (Miyato & Koyama 2018, arXiv:1802.05637): score = ψ(φ(x)) + ⟨v(y), Σ φ(x)⟩, of what is left φ(x), summed over its places, and a vector v for the class.
 *
 * Shape: x float32[batch, channels, imageSize, imageSize], and y int32[batch] where it is conditional → float32[batch, 1]. Parameters: `main.0.weight`, `main.2.weight`, … as in PyTorch's tutorial of DCGAN (`main.0.weight_orig` with
 * 'spectral'), and `embedding.weight`.
 *
 * Throws `ArgumentError` for sizes out of range, an image that cannot be halved so often, and classes that are missing or not asked for; `ShapeError` for images of another size.
 *
 * ```ts
 * const discriminator = new DCGANDiscriminator({ channels: 1, imageSize: 28, widths: [32, 64], normalization: 'spectral' });
 * discriminator.forward(zeros([16, 1, 28, 28])).shape;  // [16, 1]
 * ```
 */
export class DCGANDiscriminator extends Module<[x: Tensor, y?: Tensor]> {
  static override readonly type: string = 'DCGANDiscriminator';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<DCGANDiscriminatorOptions>;
  readonly main: Sequential;
  readonly embedding?: Module<[y: Tensor]>;

  constructor(options: DCGANDiscriminatorOptions = {}) {
    super();
    requireOptions('DCGANDiscriminator', options, discriminatorOptions);
    const { channels = 3, imageSize = 64, widths = [128, 256, 512, 1024], normalization = 'batch', classes } = options;
    this.options = { channels, imageSize, widths, normalization, ...(classes !== undefined && { classes }) };
    const grid = gridOf('DCGANDiscriminator', imageSize, widths.length);
    const isSpectral = normalization === 'spectral';
    const bias = isSpectral || normalization === 'none';
    const convolution = (...given: ConstructorParameters<typeof Conv2d>): Module => {
      const [inputs, outputs, kernel, settings] = given;
      const layer = new Conv2d(inputs, outputs, kernel, { ...settings, bias });
      const { shape } = layer.weight;
      const isFree = normalization === 'none';
      assign(
        layer.weight,
        isFree ? kaimingNormal(shape, { nonlinearity: 'leakyRelu', slope: 0.2 }) : normal(shape, { std: 0.02 }),
      );
      return isSpectral ? new SpectralNorm(layer) : layer;
    };
    const inputs = [channels, ...widths];
    const last = widths.at(-1) ?? channels;
    this.main = new Sequential(
      ...widths.flatMap((width, i) => [
        convolution(inputs[i] ?? width, width, 4, { stride: 2, padding: 1 }),
        ...(i === 0 ? [] : normalized(normalization, width)),
        new LeakyReLU({ negativeSlope: 0.2 }),
      ]),
      convolution(last, 1, grid),
    );
    if (classes === undefined) return;
    const vectors = new Embedding(classes, last);
    this.embedding = isSpectral ? new SpectralNorm(vectors) : vectors;
  }

  forward(x: Tensor, y?: Tensor): Tensor {
    const { channels = 0, imageSize = 0, classes } = this.options;
    requireImages('DCGANDiscriminator', x, channels, [imageSize, imageSize]);
    requireClasses('DCGANDiscriminator', classes, y);
    if (this.embedding === undefined || y === undefined) return this.main.forward(x).flatten(1);
    const layers = [...this.main];
    const left = layers.slice(0, -1).reduce((value, layer) => layer.forward(value), x);
    const score = layers.at(-1)?.forward(left).flatten(1) ?? left;
    const fit = left.sum([2, 3]).mul(this.embedding.forward(y)).sum(1, { keepDims: true });
    return score.add(fit);
  }
}

/** What is behind a convolution. */
function normalized(normalization: DiscriminatorNormalization, width: number): Module[] {
  if (normalization === 'batch') {
    const layer = new BatchNorm2d(width);
    if (layer.weight !== undefined) assign(layer.weight, normal(layer.weight.shape, { mean: 1, std: 0.02 }));
    return [layer];
  }
  return normalization === 'layer' ? [new GroupNorm(1, width)] : [];
}
