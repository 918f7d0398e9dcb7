import { BatchNorm1d, Dropout, LayerNorm, Linear, Module, RMSNorm, Sequential } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { oneOf, requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { activationNamed, requireActivation, type ActivationName } from '../activation.ts';
import { probability, requireFeatures, requireSizes, size, sizes } from './checks.ts';

export type NormalizationName = 'none' | 'batch' | 'layer' | 'rms';

export interface MultilayerPerceptronOptions {
  /** Features of the input. */
  inputs: number;
  /** Width of each hidden layer; none for a linear model. */
  hidden: readonly number[];
  /** Features of the output: one logit per class, say. */
  outputs: number;
  /** Behind each hidden layer. Default 'relu'. */
  activation?: ActivationName;
  /** Between each hidden layer and its activation: of every feature over the batch, or of all features of an example. Default 'none'. */
  normalization?: NormalizationName;
  /** Probability of dropout behind each activation. Default 0: no dropout layers. */
  dropout?: number;
  /** Whether a hidden layer as wide as what it reads adds that to its output. Default false. */
  residual?: boolean;
}

const perceptronOptions: OptionNames<MultilayerPerceptronOptions> = {
  inputs: size,
  hidden: sizes,
  outputs: size,
  activation: requireActivation,
  normalization: oneOf('none', 'batch', 'layer', 'rms'),
  dropout: probability,
  residual: requireBoolean,
};

const normalizations: Readonly<Record<NormalizationName, (width: number) => Module[]>> = {
  none: () => [],
  batch: (width) => [new BatchNorm1d(width)],
  layer: (width) => [new LayerNorm(width)],
  rms: (width) => [new RMSNorm(width)],
};

/**
 * A feed-forward network (Rosenblatt 1958; Rumelhart, Hinton & Williams 1986): linear layers, and behind each but the last a normalisation, an activation and dropout, as far as they are asked for. With `residual` a hidden
 * layer that is as wide as what it reads gives x + f(x) (He et al. 2016).
 *
 * Shape: float32[..., inputs] → float32[..., outputs]; with `normalization: 'batch'` float32[batch, inputs]. Parameters: `layers.0.weight`, `layers.0.bias`, … by the places of all layers in a row, as of PyTorch's
 * `nn.Sequential`.
 *
 * Throws `ArgumentError` for sizes that are no integers ≥ 1 and for an activation that is not known.
 *
 * ```ts
 * const model = new MultilayerPerceptron({ inputs: 4, hidden: [16, 16], outputs: 3 });
 * model.forward(zeros([8, 4])).shape;  // [8, 3]
 * ```
 */
export class MultilayerPerceptron extends Module {
  static override readonly type: string = 'MultilayerPerceptron';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<MultilayerPerceptronOptions>;
  readonly layers: Sequential;

  constructor(options: MultilayerPerceptronOptions) {
    super();
    requireOptions('MultilayerPerceptron', options, perceptronOptions);
    const { inputs, hidden, outputs, activation = 'relu', normalization = 'none', dropout = 0, residual = false } = options; // prettier-ignore
    requireSizes('MultilayerPerceptron', inputs, hidden, outputs);
    this.options = { inputs, hidden, outputs, activation, normalization, dropout, residual };
    const widths = [inputs, ...hidden];
    this.layers = new Sequential(
      ...hidden.flatMap((width, i) => [
        new Linear(widths[i] ?? 0, width),
        ...normalizations[normalization](width),
        activationNamed(activation),
        ...(dropout === 0 ? [] : [new Dropout(dropout)]),
      ]),
      new Linear(widths.at(-1) ?? 0, outputs),
    );
  }

  forward(x: Tensor): Tensor {
    requireFeatures('MultilayerPerceptron', x, this.options.inputs);
    const { inputs, hidden, residual } = this.options;
    if (residual !== true) return this.layers.forward(x);
    const layers = [...this.layers];
    const each = (layers.length - 1) / Math.max(1, hidden.length);
    let value = x;
    hidden.forEach((width, i) => {
      const before = value;
      for (const layer of layers.slice(i * each, (i + 1) * each)) value = (layer as Sequential).forward(value);
      if (width === (hidden[i - 1] ?? inputs)) value = before.add(value);
    });
    return (layers.at(-1) as Linear).forward(value);
  }
}
