/** What the dense and the convolutional autoencoder share. */
import type { Sequential } from '@hebb/layers';
import { meanSquaredError } from '@hebb/losses';
import { ArgumentError, type Tensor } from '@hebb/tensor';
import { requireTensor, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import { requireActivation, type ActivationName } from '../activation.ts';
import { refuseUnread } from '../conflicts.ts';
import { AutoencoderModule } from './base.ts';
import {
  corrupted,
  corruptionOptions,
  requireSparsity,
  sparsityPenalty,
  type CorruptionOptions,
  type SparsityOptions,
} from './corruption.ts';

/** What may be asked of either. */
export interface CommonOptions extends CorruptionOptions {
  /** Behind each layer but the last of encoder and decoder. Default 'relu'. */
  activation?: ActivationName;
  /** Behind the code. Default 'identity'. */
  codeActivation?: ActivationName;
  /** Behind the reconstruction: 'sigmoid' for examples whose elements are 0 … 1. Default 'identity'. */
  outputActivation?: ActivationName;
  /** What codes pay for numbers that are not 0, in the loss. Default: nothing. */
  sparsity?: SparsityOptions;
}

export const commonOptions: OptionNames<CommonOptions> = {
  ...corruptionOptions,
  activation: requireActivation,
  codeActivation: requireActivation,
  outputActivation: requireActivation,
  sparsity: requireSparsity,
};

/** The options with their defaults, as JSON has them. */
export function withDefaults(
  where: string,
  options: CommonOptions,
): Required<Omit<CommonOptions, 'sparsity'>> & Pick<CommonOptions, 'sparsity'> {
  const { activation = 'relu', codeActivation = 'identity', outputActivation = 'identity' } = options;
  const { noise = 0, masking = 0, sparsity } = options;
  if (sparsity?.penalty === 'l1') refuseUnread(`${where}: sparsity`, 'mean', sparsity.mean, "the penalty 'kl'");
  if (sparsity?.penalty === 'kl' && codeActivation !== 'sigmoid')
    throw new ArgumentError(
      `[${where}] the penalty 'kl' is of codes in 0 … 1, and codeActivation is '${codeActivation}'.`,
      {
        hint: "Say { codeActivation: 'sigmoid' }, or take the penalty 'l1'.",
      },
    );
  return { activation, codeActivation, outputActivation, noise, masking, ...(sparsity !== undefined && { sparsity }) };
}

/** An encoder and a decoder, trained to give back what went in. */
export abstract class PlainAutoencoder extends AutoencoderModule<[x: Tensor], Tensor> {
  abstract readonly options: Readonly<CommonOptions>;
  abstract readonly encoder: Sequential;
  abstract readonly decoder: Sequential;

  /** Throws {@link ShapeError} for a batch of other examples. */
  protected abstract requireExamples(x: Tensor): void;
  protected abstract requireCodes(code: Tensor): void;

  encode(x: Tensor): Tensor {
    this.requireExamples(x);
    return this.encoder.forward(x);
  }

  decode(code: Tensor): Tensor {
    this.requireCodes(code);
    return this.decoder.forward(code);
  }

  /** x as the denoising autoencoder is shown it while training: with `noise` and `masking` of the options. */
  corrupt(x: Tensor): Tensor {
    requireTensor(typeNameOf(this), 'the examples', x);
    return corrupted(x, this.options);
  }

  /** The reconstruction; while training that of `corrupt(x)`. */
  forward(x: Tensor): Tensor {
    return this.reconstruct(this.training ? this.corrupt(x) : x);
  }

  /**
   * What is minimised: the mean squared error of the reconstruction, and the penalty of `sparsity`.
   *
   * @param seen - what is encoded, where it is not x itself: x with noise. Default: `corrupt(x)` while training, else x.
   */
  loss(x: Tensor, seen: Tensor = this.training ? this.corrupt(x) : x): Tensor {
    const code = this.encode(seen);
    const error = meanSquaredError(this.decode(code), x);
    const { sparsity } = this.options;
    return sparsity === undefined ? error : error.add(sparsityPenalty(code, sparsity));
  }
}
