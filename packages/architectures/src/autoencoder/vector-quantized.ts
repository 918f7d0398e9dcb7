import { Conv2d, ConvTranspose2d, ReLU, Residual, Sequential, type Module } from '@hebb/layers';
import { meanSquaredError } from '@hebb/losses';
import { ShapeError, type Tensor } from '@hebb/tensor';
import { between, oneOf, requireInteger, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { AutoencoderModule } from './base.ts';
import { notNegative, requireImages, size } from './checks.ts';
import {
  VectorQuantizer,
  type CodebookUsage,
  type CodebookUsageOptions,
  type VectorQuantizerOptions,
} from './vector-quantizer.ts';

export interface VectorQuantizedAutoencoderOptions extends Partial<VectorQuantizerOptions> {
  /** Channels of the images. Default 3. */
  channels?: number;
  /** Channels of all layers inside. Default 256. */
  width?: number;
  /** How often the image is halved, at most 16 times. Default 2. */
  halvings?: number;
  /** Residual blocks in encoder and decoder each, at most 1,000. Default 2. */
  blocks?: number;
  /** How many vectors the codebook has. Default 512. */
  codes?: number;
  /** How long they are. Default 64. */
  codeSize?: number;
}

const quantizedOptions: OptionNames<VectorQuantizedAutoencoderOptions> = {
  channels: size,
  width: size,
  halvings: (where, name, value) => requireInteger(where, name, value, 1, 16),
  blocks: (where, name, value) => requireInteger(where, name, value, 0, 1000),
  codes: size,
  codeSize: size,
  codebook: oneOf('average', 'loss'),
  commitment: notNegative,
  decay: between(0, 1),
};

export interface VectorQuantizedOutput {
  /** float32[batch, channels, height, width] */
  readonly reconstruction: Tensor;
  /** int32[batch, height / 2^halvings, width / 2^halvings] */
  readonly indices: Tensor;
  /** What the codebook adds to the loss, []. */
  readonly penalty: Tensor;
}

const where = 'VectorQuantizedAutoencoder';

/**
 * VQ-VAE (van den Oord, Vinyals & Kavukcuoglu 2017, "Neural Discrete Representation Learning", arXiv:1711.00937): an autoencoder of images whose code is a small image of whole numbers, each the place of a vector in a codebook that is learnt with it; see {@link VectorQuantizer}. As words of a
 * text, such codes can be counted, stored in few bits, and learnt by a model of sequences.
 *
 * The encoder is the paper's: `halvings` 4 × 4 convolutions of stride 2, each with relu, `blocks` residual blocks (relu, 3 × 3 convolution, relu, 1 × 1 convolution), and a 1 × 1 convolution to vectors of `codeSize`, as in the authors' program; the decoder is its mirror with transposed
 * convolutions. The loss is the mean squared error and the penalty of the quantizer.
 *
 * Shape: float32[batch, channels, height, width], multiples of 2^halvings → `reconstruction` the same, `indices` int32[batch, height / 2^halvings, width / 2^halvings], `penalty` []. Parameters: `encoder.0.weight`, …, `quantizer.codebook`, `decoder.0.weight`, ….
 *
 * Throws `ArgumentError` for options out of range, `ShapeError` for other images.
 *
 * ```ts
 * const model = new VectorQuantizedAutoencoder({ channels: 1, width: 8, codes: 16, codeSize: 4 });
 * const codes = model.encode(zeros([2, 1, 28, 28]));
 * [codes.shape, codes.dtype, model.decode(codes).shape];  // [[2, 7, 7], 'int32', [2, 1, 28, 28]]
 * const { dead, perplexity } = await model.usage();
 * ```
 */
export class VectorQuantizedAutoencoder extends AutoencoderModule<
  [x: Tensor],
  VectorQuantizedOutput & Record<string, Tensor>
> {
  static override readonly type: string = 'VectorQuantizedAutoencoder';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<VectorQuantizedAutoencoderOptions>>;
  readonly encoder: Sequential;
  readonly quantizer: VectorQuantizer;
  readonly decoder: Sequential;

  constructor(options: VectorQuantizedAutoencoderOptions = {}) {
    super();
    requireOptions(where, options, quantizedOptions);
    const { channels = 3, width = 256, halvings = 2, blocks = 2, codes = 512, codeSize = 64 } = options;
    this.quantizer = new VectorQuantizer({ ...pick(options), codes, codeSize });
    this.options = { channels, width, halvings, blocks, ...this.quantizer.options };
    const residual = (): Module[] => [...Array.from({ length: blocks }, () => blockOf(width)), new ReLU()];
    const each = Array.from({ length: halvings }, (_, i) => i);
    this.encoder = new Sequential(
      ...each.flatMap((i) => [new Conv2d(i === 0 ? channels : width, width, 4, { stride: 2, padding: 1 }), new ReLU()]),
      ...residual(),
      new Conv2d(width, codeSize, 1),
    );
    this.decoder = new Sequential(
      new Conv2d(codeSize, width, 3, { padding: 1 }),
      ...residual(),
      ...each.flatMap((i) => {
        const isLast = i === halvings - 1;
        const up = new ConvTranspose2d(width, isLast ? channels : width, 4, { stride: 2, padding: 1 });
        return isLast ? [up] : [up, new ReLU()];
      }),
    );
  }

  /** The codes: which vectors of the codebook, int32[batch, height / 2^halvings, width / 2^halvings]. */
  encode(x: Tensor): Tensor {
    return this.quantizer.indicesOf(this.#vectors(x));
  }

  decode(code: Tensor): Tensor {
    return this.decoder.forward(this.quantizer.vectorsOf(code));
  }

  forward(x: Tensor): VectorQuantizedOutput & Record<string, Tensor> {
    const { quantized, indices, penalty } = this.quantizer.forward(this.#vectors(x));
    return { reconstruction: this.decoder.forward(quantized), indices, penalty };
  }

  /** What is minimised: the mean squared error of the reconstruction, and the quantizer's penalty. */
  loss(x: Tensor): Tensor {
    const { reconstruction, penalty } = this.forward(x);
    return meanSquaredError(reconstruction, x).add(penalty);
  }

  /** Which vectors of the codebook are in use, and which are dead; see {@link VectorQuantizer.usage}. */
  async usage(options?: CodebookUsageOptions): Promise<CodebookUsage> {
    return await this.quantizer.usage(options);
  }

  #vectors(x: Tensor): Tensor {
    const { channels, halvings } = this.options;
    requireImages(where, x, channels);
    const multiple = 2 ** halvings;
    if (x.shape.slice(2).some((extent) => extent % multiple !== 0))
      throw new ShapeError(`[${where}] takes images whose height and width are multiples of ${multiple}, not ${x}.`, {
        hint: 'Pad or crop them.',
      });
    return this.encoder.forward(x);
  }

  /** Between whole numbers there is nothing: the line goes from vector to vector of the codebook. */
  protected override vectorsOf(code: Tensor): Tensor {
    return this.quantizer.vectorsOf(code);
  }

  /** Each point of the line is the nearest vector of the codebook. */
  protected override decodeVectors(vectors: Tensor): Tensor {
    return this.decode(this.quantizer.indicesOf(vectors));
  }
}

const pick = ({ codebook, commitment, decay }: VectorQuantizedAutoencoderOptions): Partial<VectorQuantizerOptions> => ({
  ...(codebook !== undefined && { codebook }),
  ...(commitment !== undefined && { commitment }),
  ...(decay !== undefined && { decay }),
});

/** x + what relu, a 3 × 3 convolution, relu and a 1 × 1 convolution make of it. */
const blockOf = (width: number): Module =>
  new Residual(
    new Sequential(new ReLU(), new Conv2d(width, width, 3, { padding: 1 }), new ReLU(), new Conv2d(width, width, 1)),
  );
