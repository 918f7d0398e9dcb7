import { AlphaDropout, kaimingNormal, Linear, Module, SELU, Sequential } from '@hebb/layers';
import { assign, zeros, type Tensor } from '@hebb/tensor';
import { requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { probability, requireFeatures, requireSizes, size, sizes } from './checks.ts';

export interface SelfNormalizingNetworkOptions {
  /** Features of the input, each with mean 0 and variance 1 over the data. */
  inputs: number;
  /** Width of each hidden layer. */
  hidden: readonly number[];
  /** Features of the output: one logit per class, say. */
  outputs: number;
  /** Probability of alpha dropout behind each activation, which keeps mean and variance. Default 0: no dropout layers. */
  dropout?: number;
}

const networkOptions: OptionNames<SelfNormalizingNetworkOptions> = {
  inputs: size,
  hidden: sizes,
  outputs: size,
  dropout: probability,
};

/**
 * A self-normalising network (Klambauer, Unterthiner, Mayr & Hochreiter 2017, "Self-Normalizing Neural Networks", arXiv:1706.02515): linear layers with `selu` behind each but the last. Activations come to mean 0 and variance
 * 1 by themselves, however many layers there are, without a normalisation.
 *
 * That holds for inputs of mean 0 and variance 1 and for weights that begin as the paper has them: normal with variance 1 / fan-in (LeCun et al. 1998), biases 0.
 *
 * Shape: float32[..., inputs] → float32[..., outputs]. Parameters: `layers.0.weight`, `layers.0.bias`, … by the places of all layers in a row.
 *
 * Throws `ArgumentError` for sizes that are no integers ≥ 1.
 *
 * ```ts
 * const model = new SelfNormalizingNetwork({ inputs: 4, hidden: [16, 16, 16], outputs: 3, dropout: 0.05 });
 * model.forward(zeros([8, 4])).shape;  // [8, 3]
 * ```
 */
export class SelfNormalizingNetwork extends Module {
  static override readonly type: string = 'SelfNormalizingNetwork';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<SelfNormalizingNetworkOptions>;
  readonly layers: Sequential;

  constructor(options: SelfNormalizingNetworkOptions) {
    super();
    requireOptions('SelfNormalizingNetwork', options, networkOptions);
    const { inputs, hidden, outputs, dropout = 0 } = options;
    requireSizes('SelfNormalizingNetwork', inputs, hidden, outputs);
    this.options = { inputs, hidden, outputs, dropout };
    const widths = [inputs, ...hidden];
    this.layers = new Sequential(
      ...hidden.flatMap((width, i) => [
        linear(widths[i] ?? 0, width),
        new SELU(),
        ...(dropout === 0 ? [] : [new AlphaDropout(dropout)]),
      ]),
      linear(widths.at(-1) ?? 0, outputs),
    );
  }

  forward(x: Tensor): Tensor {
    requireFeatures('SelfNormalizingNetwork', x, this.options.inputs);
    return this.layers.forward(x);
  }
}

/** With weights of variance 1 / fan-in. */
function linear(inputs: number, outputs: number): Linear {
  const layer = new Linear(inputs, outputs);
  assign(layer.weight, kaimingNormal(layer.weight.shape, { nonlinearity: 'linear' }));
  if (layer.bias !== undefined) assign(layer.bias, zeros(layer.bias.shape));
  return layer;
}
