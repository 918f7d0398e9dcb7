import { Dropout, Linear, Module, Sequential } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { requireArray, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { activationNamed, type ActivationName } from './activation.ts';

export interface MultilayerPerceptronOptions {
  /** Features of the input. */
  inputs: number;
  /** Width of each hidden layer; none for a linear model. */
  hidden: readonly number[];
  /** Features of the output: one logit per class, say. */
  outputs: number;
  /** Behind each hidden layer. Default 'relu'. */
  activation?: ActivationName;
  /** Probability of dropout behind each activation. Default 0: no dropout layers. */
  dropout?: number;
}

const perceptronOptions: OptionNames<MultilayerPerceptronOptions> = {
  inputs: true,
  hidden: true,
  outputs: true,
  activation: true,
  dropout: true,
};

/** See {@link multilayerPerceptron}. */
export class MultilayerPerceptron extends Module {
  static override readonly type: string = 'MultilayerPerceptron';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<MultilayerPerceptronOptions>;
  readonly layers: Sequential;

  constructor(options: MultilayerPerceptronOptions) {
    super();
    requireOptions('multilayerPerceptron', options, perceptronOptions);
    const { inputs, hidden, outputs, activation = 'relu', dropout = 0 } = options;
    this.options = { inputs, hidden, outputs, activation, dropout };
    requireArray('multilayerPerceptron', 'hidden', hidden);
    const widths = [inputs, ...hidden];
    this.layers = new Sequential(
      ...hidden.flatMap((width, i) => [
        new Linear(widths[i] ?? 0, width),
        activationNamed('multilayerPerceptron', activation),
        ...(dropout === 0 ? [] : [new Dropout(dropout)]),
      ]),
      new Linear(widths.at(-1) ?? 0, outputs),
    );
  }

  forward(x: Tensor): Tensor {
    return this.layers.forward(x);
  }
}

/**
 * A feed-forward network: linear layers with an activation (and dropout) behind each but the last.
 *
 * Shape: float32[..., inputs] → float32[..., outputs]. Parameters: `layers.0.weight`, `layers.0.bias`, `layers.2.weight`, …
 *
 * Throws `ArgumentError` for sizes that are no integers ≥ 1 and for an activation that is not known.
 *
 * ```ts
 * const model = multilayerPerceptron({ inputs: 4, hidden: [16, 16], outputs: 3 });
 * model.forward(zeros([8, 4])).shape;  // [8, 3]
 * ```
 */
export function multilayerPerceptron(options: MultilayerPerceptronOptions): MultilayerPerceptron {
  return new MultilayerPerceptron(options);
}
