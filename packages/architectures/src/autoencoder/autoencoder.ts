import { Linear, Sequential } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { activationNamed } from '../activation.ts';
import { anySizes, exampleShape, requireBatch, size } from './checks.ts';
import { halvesOf } from './halves.ts';
import { commonOptions, PlainAutoencoder, withDefaults, type CommonOptions } from './plain.ts';

export interface AutoencoderOptions extends CommonOptions {
  /** Features of an example, or its shape: [1, 28, 28] for images. */
  inputs: number | readonly number[];
  /** Widths of the encoder's hidden layers; the decoder has them the other way round. Default [1000, 500, 250]. */
  hidden?: readonly number[];
  /** How many numbers are left of an example. Default 30. */
  code?: number;
}

const autoencoderOptions: OptionNames<AutoencoderOptions> = {
  ...commonOptions,
  inputs: exampleShape,
  hidden: anySizes,
  code: size,
};

/**
 * An autoencoder of linear layers (Hinton & Salakhutdinov 2006, "Reducing the Dimensionality of Data with Neural Networks", whose sizes for handwritten digits are the defaults): the encoder makes few numbers of an example, its code,
 * the decoder the example of the code, and both are trained to give back what went in. What cannot be guessed from the rest has to go through the code; with linear layers alone it would be the principal components. Here all layers are trained
 * at once, with relu, where the paper trains pair after pair of sigmoid layers first.
 *
 * - **Denoising** (Vincent, Larochelle, Lajoie, Bengio & Manzagol 2010, "Stacked Denoising Autoencoders"): with `noise` or `masking` it is shown a corrupted example while training and has to give back the clean one. A trained model takes noise out of what it
 *   has never seen clean: `reconstruct(noisy)`.
 * - **Sparse**: with `sparsity` codes pay for numbers that are not 0, by their absolute values ('l1') or by how far their means are from a small ρ ('kl'; Ng 2011, "Sparse autoencoder"; Lee, Ekanadham & Ng 2008), so that a code may be as wide as the example or wider.
 *
 * Shape: float32[batch, ...inputs] → the same; codes float32[batch, code]. Parameters: `encoder.1.weight`, `encoder.1.bias`, …, `decoder.0.weight`, …, by the places of all layers in a row. `encoder` and `decoder` are modules of their own, each of
 * which can be exported.
 *
 * Throws `ArgumentError` for sizes that are no integers ≥ 1 and the penalty 'kl' without codes in 0 … 1, `ShapeError` for examples of another shape.
 *
 * ```ts
 * const model = new Autoencoder({ inputs: [1, 28, 28], hidden: [64], code: 8, noise: 0.5 });
 * const x = zeros([5, 1, 28, 28]);
 * [model.encode(x).shape, model.reconstruct(x).shape, model.loss(x).shape];  // [[5, 8], [5, 1, 28, 28], []]
 * ```
 */
export class Autoencoder extends PlainAutoencoder {
  static override readonly type: string = 'Autoencoder';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<AutoencoderOptions>;
  readonly encoder: Sequential;
  readonly decoder: Sequential;
  readonly #shape: readonly number[];
  readonly #code: number;

  constructor(options: AutoencoderOptions) {
    super();
    requireOptions('Autoencoder', options, autoencoderOptions);
    const { inputs, hidden = [1000, 500, 250], code = 30 } = options;
    exampleShape('Autoencoder', 'inputs', inputs);
    const common = withDefaults('Autoencoder', options);
    this.options = { inputs, hidden, code, ...common };
    this.#shape = typeof inputs === 'number' ? [inputs] : inputs;
    this.#code = code;
    const { down, width, up } = halvesOf('Autoencoder', { shape: this.#shape, hidden, activation: common.activation });
    const act = (name: typeof common.activation) => (name === 'identity' ? [] : [activationNamed(name)]);
    this.encoder = new Sequential(...down, new Linear(width, code), ...act(common.codeActivation));
    this.decoder = new Sequential(...up(code), ...act(common.outputActivation));
  }

  protected requireExamples(x: Tensor): void {
    requireBatch('Autoencoder', 'examples', x, this.#shape);
  }

  protected requireCodes(code: Tensor): void {
    requireBatch('Autoencoder', 'codes', code, [this.#code]);
  }
}
