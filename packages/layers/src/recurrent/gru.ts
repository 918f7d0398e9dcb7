import type { Tensor } from '@hebb/tensor';
import { checkOptions, typeNameOf } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Recurrent, recurrentOptions, type RecurrentInputs, type RecurrentOptions } from './layer.ts';
import { gru } from './recurrence.ts';
import type { RecurrentResult } from './rnn.ts';
import { stateParts, type StatePart } from './state.ts';

/**
 * Gated recurrent units (Cho et al. 2014, arXiv:1406.1078), with the reset gate after the product, as in cuDNN and PyTorch:
 * r = σ(W_ir x + b_ir + W_hr h + b_hr), z = σ(W_iz x + b_iz + W_hz h + b_hz), n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn)), h′ = (1 − z) ⊙ n + z ⊙ h.
 *
 * Shape, lengths and errors: those of {@link RNN}. Parameters: `weight_ih_l0` [3 · hiddenSize, inputSize], rows of r, z and n; `weight_hh_l0`
 * [3 · hiddenSize, hiddenSize], `bias_ih_l0` and `bias_hh_l0` [3 · hiddenSize], ….
 *
 * ```ts
 * const layer = new GRU(4, 8, { numLayers: 2, bidirectional: true, batchFirst: true });
 * const { output, state } = layer.forward(zeros([3, 10, 4]));
 * [output.shape, state.shape]; // [[3, 10, 16], [4, 3, 8]]
 * ```
 */
export class GRU extends Recurrent<Tensor, RecurrentResult> {
  static override readonly type: string = 'GRU';
  static override readonly positional: readonly string[] = ['inputSize', 'hiddenSize'];
  static override readonly options: ModuleOptions = recurrentOptions;

  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    checkOptions('GRU', options, recurrentOptions);
    super(inputSize, hiddenSize, gru.gates, options);
  }

  protected get sizes(): readonly number[] {
    return [this.hiddenSize];
  }

  protected parts(state: Tensor): readonly [StatePart, ...StatePart[]] {
    return stateParts(typeNameOf(this), state);
  }

  forward(x: Tensor, inputs: RecurrentInputs<Tensor> = {}): RecurrentResult {
    const { output, states } = this.run(gru, x, inputs);
    return { output, state: states[0] as Tensor };
  }
}
