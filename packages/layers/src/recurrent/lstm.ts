import type { Tensor } from '@hebb/tensor';
import { checkOptions, requireInteger, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Recurrent, recurrentOptions, type RecurrentInputs, type RecurrentOptions } from './layer.ts';
import { lstm } from './recurrence.ts';
import { lstmStateParts, type LSTMState, type StatePart } from './state.ts';

export interface LSTMResult {
  readonly output: Tensor;
  readonly state: LSTMState;
}

export interface LSTMOptions extends RecurrentOptions {
  /** Size to which h is projected before anything reads it (Sak et al. 2014, arXiv:1402.1128), PyTorch's `proj_size`; below hiddenSize. Default 0: not projected. */
  projectionSize?: number;
}

const lstmOptions: OptionNames<LSTMOptions> = { ...recurrentOptions, projectionSize: requireInteger };

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997) with forget gates (Gers et al. 2000):
 * i, f, o = σ(W_i⋆ x + b_i⋆ + W_h⋆ h + b_h⋆), g = tanh(W_ig x + b_ig + W_hg h + b_hg), c′ = f ⊙ c + i ⊙ g, h′ = o ⊙ tanh(c′); with projections h′ = W_hr (o ⊙ tanh(c′)).
 *
 * Shape, lengths and errors: those of {@link RNN}, with the state { hidden, cell }; with projections output and `hidden` have projectionSize
 * in the place of hiddenSize. Parameters: `weight_ih_l0` [4 · hiddenSize, inputSize], rows of i, f, g and o; `weight_hh_l0` [4 · hiddenSize, hiddenSize], `bias_ih_l0`
 * and `bias_hh_l0` [4 · hiddenSize], `weight_hr_l0` [projectionSize, hiddenSize], ….
 *
 * ```ts
 * const layer = new LSTM(4, 8);
 * const x = randn([10, 3, 4]);
 * const whole = layer.forward(x).output;
 * // The same in two pieces, the state handed on.
 * const first = layer.forward(x.narrow(0, 0, 6));
 * const second = layer.forward(x.narrow(0, 6, 4), { state: first.state });
 * (await whole.sub(concat([first.output, second.output], 0)).abs().max().item()) < 1e-5; // true
 * ```
 */
export class LSTM extends Recurrent<LSTMState, LSTMResult> {
  static override readonly type: string = 'LSTM';
  static override readonly positional: readonly string[] = ['inputSize', 'hiddenSize'];
  static override readonly options: ModuleOptions = lstmOptions;

  readonly projectionSize: number;

  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    checkOptions('LSTM', options, lstmOptions);
    const { projectionSize = 0 } = options;
    super(inputSize, hiddenSize, lstm.gates, options, projectionSize);
    this.projectionSize = projectionSize;
  }

  protected get sizes(): readonly number[] {
    return [this.projectionSize || this.hiddenSize, this.hiddenSize];
  }

  protected parts(state: LSTMState): readonly [StatePart, ...StatePart[]] {
    return lstmStateParts(typeNameOf(this), state);
  }

  forward(x: Tensor, inputs: RecurrentInputs<LSTMState> = {}): LSTMResult {
    const { output, states } = this.run(lstm, x, inputs);
    return { output, state: { hidden: states[0] as Tensor, cell: states[1] as Tensor } };
  }
}
