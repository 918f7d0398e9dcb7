import type { Tensor } from '@hebb/tensor';
import { checkOptions, requireOneOf, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Recurrent, recurrentOptions, type RecurrentInputs, type RecurrentOptions } from './layer.ts';
import { rnn, type Nonlinearity } from './recurrence.ts';
import { stateParts, type StatePart } from './state.ts';

/** What layers with one state give: outputs of the last layer at every step, and the state of every layer after the last one. */
export interface RecurrentResult {
  readonly output: Tensor;
  readonly state: Tensor;
}

export interface RNNOptions extends RecurrentOptions {
  /** Default 'tanh'. */
  nonlinearity?: Nonlinearity;
}

const nonlinearities = ['tanh', 'relu'] as const;

export const rnnOptions: OptionNames<RNNOptions> = { ...recurrentOptions, nonlinearity: true };

/** Throws {@link ArgumentError} unless it is one that there is. */
export function requireNonlinearity(type: string, value: Nonlinearity): void {
  requireOneOf(type, 'nonlinearity', value, nonlinearities);
}

/**
 * Elman's network (1990): h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh), or with relu in the place of tanh.
 *
 * Shape: x [length, batch, inputSize] ({@link RecurrentOptions.batchFirst}: [batch, length, inputSize]; one sequence: [length, inputSize]) →
 * `output` [length, batch, D · hiddenSize] with D = 2 where it is bidirectional, else 1; `state` [numLayers · D, batch, hiddenSize], without the batch's axis for one
 * sequence. Parameters: `weight_ih_l0` [hiddenSize, inputSize], `weight_hh_l0` [hiddenSize, hiddenSize], `bias_ih_l0` and `bias_hh_l0` [hiddenSize], …, PyTorch's.
 *
 * With `lengths` each sequence ends at its own: outputs beyond are 0, `state` is that at its end, and the backward direction begins there, as with PyTorch's packed
 * sequences. Lengths lie in 0 … length: of a sequence without steps outputs are 0 and the state stays as it was. Those that are computed are not looked at, and what is outside counts as none or all of the steps.
 *
 * Throws {@link ShapeError} for another inputSize and states or lengths of another shape, {@link ArgumentError} for lengths that are not there.
 *
 * ```ts
 * const layer = new RNN(4, 8, { nonlinearity: 'relu' });
 * const { output, state } = layer.forward(zeros([10, 3, 4]), { lengths: [10, 7, 2] });
 * [output.shape, state.shape]; // [[10, 3, 8], [1, 3, 8]]
 * ```
 */
export class RNN extends Recurrent<Tensor, RecurrentResult> {
  static override readonly type: string = 'RNN';
  static override readonly positional: readonly string[] = ['inputSize', 'hiddenSize'];
  static override readonly options: ModuleOptions = rnnOptions;

  readonly nonlinearity: Nonlinearity;

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    checkOptions('RNN', options, rnnOptions);
    const { nonlinearity = 'tanh' } = options;
    requireNonlinearity('RNN', nonlinearity);
    super(inputSize, hiddenSize, rnn.gates, options);
    this.nonlinearity = nonlinearity;
  }

  protected get sizes(): readonly number[] {
    return [this.hiddenSize];
  }

  protected parts(state: Tensor): readonly [StatePart, ...StatePart[]] {
    return stateParts(typeNameOf(this), state);
  }

  forward(x: Tensor, inputs: RecurrentInputs<Tensor> = {}): RecurrentResult {
    const { output, states } = this.run(rnn, x, inputs, this.nonlinearity);
    return { output, state: states[0] as Tensor };
  }
}
