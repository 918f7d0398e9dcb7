import { Linear, Module, parameter, Sequential, Sigmoid } from '@hebb/layers';
import { binaryCrossEntropyWithLogits, evidenceLowerBoundLoss } from '@hebb/losses';
import { randn, zeros, type Tensor } from '@hebb/tensor';
import { oneOf, requireBoolean, requireOptions, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import { requireActivation, type ActivationName } from '../activation.ts';
import { refuseUnread } from '../conflicts.ts';
import { AutoencoderModule } from './base.ts';
import { anySizes, exampleShape, notNegative, positive, requireBatch, size } from './checks.ts';
import { halvesOf } from './halves.ts';

export interface VariationalAutoencoderOptions {
  /** Features of an example, or its shape: [1, 28, 28] for images. */
  inputs: number | readonly number[];
  /** Channels of 3 × 3 convolutions of stride 2 before the linear layers, each of which halves images [channels, height, width]. Default: none. */
  features?: readonly number[];
  /** Whether batch normalisation follows each convolution. Default false. */
  batchNorm?: boolean;
  /** Widths of the encoder's hidden layers; the decoder has them the other way round. Default [500]. */
  hidden?: readonly number[];
  /** How many latent numbers z an example has. Default 20. */
  latents?: number;
  /** Behind each layer but the last of encoder and decoder. Default 'tanh'. */
  activation?: ActivationName;
  /** What the decoder says of an element: 'bernoulli', the probability of a 1, for elements in 0 … 1; 'gaussian', the mean of a normal distribution. Default 'bernoulli'. */
  likelihood?: 'bernoulli' | 'gaussian';
  /** Standard deviation of the normal distributions; 'learned': one for all, a parameter. Default 'learned'. */
  deviation?: number | 'learned';
  /** Factor of the divergence in the loss. Default 1. */
  beta?: number;
}

const variationalOptions: OptionNames<VariationalAutoencoderOptions> = {
  inputs: exampleShape,
  features: anySizes,
  batchNorm: requireBoolean,
  hidden: anySizes,
  latents: size,
  activation: requireActivation,
  likelihood: oneOf('bernoulli', 'gaussian'),
  deviation: (where, name, value) => {
    if (value !== 'learned') positive(where, name, value);
  },
  beta: notNegative,
};

/** The normal distribution of an example's latents: mean and ln σ² of each, [batch, latents]. */
export interface LatentDistribution {
  readonly mean: Tensor;
  readonly logVariance: Tensor;
}

export interface VariationalOutput extends LatentDistribution {
  /** Of the shape of the examples: probabilities, or means. */
  readonly reconstruction: Tensor;
}

/** q(z | x): layers, and behind them two linear ones. */
class LatentEncoder extends Module<[x: Tensor], LatentDistribution & Record<string, Tensor>> {
  static override readonly type: string = 'LatentEncoder';

  readonly layers: Sequential;
  readonly mean: Linear;
  readonly log_variance: Linear;

  constructor(layers: Sequential, width: number, latents: number) {
    super();
    this.layers = layers;
    this.mean = new Linear(width, latents);
    this.log_variance = new Linear(width, latents);
  }

  forward(x: Tensor): LatentDistribution & Record<string, Tensor> {
    const seen = this.layers.forward(x);
    return { mean: this.mean.forward(seen), logVariance: this.log_variance.forward(seen) };
  }
}

const where = 'VariationalAutoencoder';

/**
 * A variational autoencoder (Kingma & Welling 2014, "Auto-Encoding Variational Bayes", arXiv:1312.6114, whose sizes for handwritten digits are the defaults): a model of how examples come about. Latent numbers z are drawn from N(0, 1), the decoder says
 * how likely each example is for them, p(x | z). The encoder says which z an example may have had, q(z | x) = N(μ(x), σ²(x)). Both are trained to make the evidence lower bound large, in nats per example,
 *
 * ln p(x) ≥ E ln p(x | z) − KL(q(z | x) ‖ N(0, 1)),
 *
 * of one draw z = μ + σ · ε for each example, ε from N(0, 1), so that gradients go through μ and σ. Codes fill the space around 0 without gaps: `sample` draws new examples, and whatever lies between two codes is an example, too.
 *
 * `beta` weighs the divergence in the loss: above 1 latents become independent of each other (β-VAE, Higgins et al. 2017), below 1 reconstructions sharper. Likelihoods: 'bernoulli' −[x ln p + (1 − x) ln (1 − p)], where grey values x count as the probability
 * of a 1, whose mean the bound then is of; 'gaussian' with one σ for all elements, which with `deviation: 'learned'` settles at what errors are left (Rybkin, Daniilidis & Levine 2021, "σ-VAE").
 *
 * Shape: x float32[batch, ...inputs], ε float32[batch, latents] (default: drawn while training, 0 in evaluation mode, which gives z = μ) → `reconstruction` as x, `mean` and `logVariance` [batch, latents]. Parameters: `encoder.layers.1.weight`, …,
 * `encoder.mean.weight`, `encoder.log_variance.weight`, `decoder.0.weight`, …, and `log_deviation` where it is learned. `encoder` and `decoder` are modules of their own, each of which can be exported.
 *
 * Throws `ArgumentError` for options out of range and such that nothing would read (a `deviation` of 'bernoulli', `batchNorm` without `features`), and with 'bernoulli' for examples outside of 0 … 1 where they are known on the host; `ShapeError` for examples or draws of another shape.
 *
 * ```ts
 * const model = new VariationalAutoencoder({ inputs: [1, 28, 28], hidden: [64], latents: 4 });
 * const x = zeros([5, 1, 28, 28]);
 * [model.encode(x).shape, model.bound(x).shape, model.loss(x).shape];  // [[5, 4], [5], []]
 * model.sample(3).shape;  // [3, 1, 28, 28]
 * ```
 */
export class VariationalAutoencoder extends AutoencoderModule<
  [x: Tensor, noise?: Tensor],
  VariationalOutput & Record<string, Tensor>
> {
  static override readonly type: string = 'VariationalAutoencoder';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<VariationalAutoencoderOptions>>;
  readonly encoder: LatentEncoder;
  readonly decoder: Sequential;
  readonly log_deviation: Tensor | undefined;
  readonly #shape: readonly number[];

  constructor(options: VariationalAutoencoderOptions) {
    super();
    requireOptions(where, options, variationalOptions);
    const { inputs, features = [], batchNorm = false, hidden = [500], latents = 20, activation = 'tanh' } = options;
    const { likelihood = 'bernoulli', deviation = 'learned', beta = 1 } = options;
    exampleShape(where, 'inputs', inputs);
    // The default may be named: a configuration has it.
    if (likelihood === 'bernoulli' && deviation !== 'learned')
      refuseUnread(where, 'deviation', deviation, "likelihood 'gaussian'");
    if (batchNorm && features.length === 0) refuseUnread(where, 'batchNorm', batchNorm, 'convolutions: features');
    this.options = { inputs, features, batchNorm, hidden, latents, activation, likelihood, deviation, beta };
    this.#shape = typeof inputs === 'number' ? [inputs] : inputs;
    if (features.length > 0 && this.#shape.length !== 3)
      throw wrongArgument(where, 'inputs', '[channels, height, width] where there are features', inputs);
    const { down, width, up } = halvesOf(where, { shape: this.#shape, features, batchNorm, hidden, activation });
    this.encoder = new LatentEncoder(new Sequential(...down), width, latents);
    this.decoder = new Sequential(...up(latents), ...(likelihood === 'bernoulli' ? [new Sigmoid()] : []));
    this.log_deviation = likelihood === 'gaussian' && deviation === 'learned' ? parameter(zeros([])) : undefined;
  }

  /** q(z | x) of each example. */
  distribution(x: Tensor): LatentDistribution {
    requireBatch(where, 'examples', x, this.#shape);
    return this.encoder.forward(x);
  }

  /** The means μ of the latents, [batch, latents]. */
  encode(x: Tensor): Tensor {
    return this.distribution(x).mean;
  }

  /** Probabilities or means of latents: [batch, latents] → [batch, ...inputs]. */
  decode(code: Tensor): Tensor {
    requireBatch(where, 'codes', code, [this.options.latents]);
    return this.decoder.forward(code);
  }

  forward(x: Tensor, noise?: Tensor): VariationalOutput & Record<string, Tensor> {
    const { mean, logVariance } = this.distribution(x);
    const latents = noise === undefined && !this.training ? mean : this.#draw({ mean, logVariance }, noise);
    return { reconstruction: this.decode(latents), mean, logVariance };
  }

  /** New examples: what the decoder makes of latents drawn from N(0, 1). */
  sample(count: number): Tensor {
    size(`${where}.sample`, 'count', count);
    return this.decode(randn([count, this.options.latents]));
  }

  /**
   * What is minimised: the negative bound, with `beta` times the divergence, its mean over the examples.
   *
   * @param noise - ε, [batch, latents]. Default: drawn.
   */
  loss(x: Tensor, noise?: Tensor): Tensor {
    const { beta } = this.options;
    const distribution = this.distribution(x);
    const surprise = this.#surprise(x, this.#draw(distribution, noise));
    return evidenceLowerBoundLoss(surprise, distribution.mean, distribution.logVariance, { beta });
  }

  /**
   * The evidence lower bound of each example, in nats, [batch]: at most ln p(x), whatever `beta` is.
   *
   * @param noise - ε, [batch, latents]. Default: drawn, in evaluation mode too.
   */
  bound(x: Tensor, noise?: Tensor): Tensor {
    const distribution = this.distribution(x);
    const surprise = this.#surprise(x, this.#draw(distribution, noise));
    return evidenceLowerBoundLoss(surprise, distribution.mean, distribution.logVariance, { reduction: 'none' }).neg();
  }

  /** The negative bound of each example with z = μ, in nats, [batch]: high for what the model has seen nothing like. */
  override anomalyScore(x: Tensor): Tensor {
    const distribution = this.distribution(x);
    const surprise = this.#surprise(x, distribution.mean);
    return evidenceLowerBoundLoss(surprise, distribution.mean, distribution.logVariance, { reduction: 'none' });
  }

  /** z = μ + σ ε. */
  #draw({ mean, logVariance }: LatentDistribution, noise: Tensor = randn(mean.shape)): Tensor {
    requireBatch(where, 'draws', noise, [this.options.latents]);
    return mean.add(logVariance.mul(0.5).exp().mul(noise));
  }

  /** −ln p(x | z) of each element. */
  #surprise(x: Tensor, latents: Tensor): Tensor {
    const { likelihood, deviation } = this.options;
    if (likelihood === 'bernoulli') {
      // Of logits, which lie before the sigmoid: a probability near 1 has lost the digits that its logarithm needs.
      const logits = [...this.decoder].slice(0, -1).reduce((value, layer) => (layer as Linear).forward(value), latents);
      return binaryCrossEntropyWithLogits(logits, x, { reduction: 'none' });
    }
    const difference = this.decode(latents).sub(x);
    const { log_deviation: learned } = this;
    const halfOfLog = 0.5 * Math.log(2 * Math.PI);
    if (learned !== undefined) return difference.div(learned.exp()).square().mul(0.5).add(learned).add(halfOfLog);
    const sigma = deviation as number;
    return difference
      .div(sigma)
      .square()
      .mul(0.5)
      .add(Math.log(sigma) + halfOfLog);
  }
}
