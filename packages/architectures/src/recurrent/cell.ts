/** Recurrent layers by name, so that an architecture's options are JSON. */
import { GRU, LSTM, RNN, type LSTMState, type Module, type RecurrentInputs, type RecurrentOptions } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { oneOf, type Check } from '@hebb/tensor/arguments';

/** 'rnn' is Elman's network with tanh. */
export type RecurrentCellName = 'rnn' | 'lstm' | 'gru';

export const requireCell: Check = oneOf('rnn', 'lstm', 'gru');

/** [layers · directions, batch, hidden]; of an LSTM { hidden, cell }, each of that shape. */
export type RecurrentState = Tensor | LSTMState;

export type RecurrentLayer = RNN | LSTM | GRU;

/** A layer that takes the batch first. */
export function recurrentLayer(
  cell: RecurrentCellName,
  inputs: number,
  hidden: number,
  options: Omit<RecurrentOptions, 'batchFirst'> = {},
): RecurrentLayer {
  const given = { ...options, batchFirst: true };
  if (cell === 'lstm') return new LSTM(inputs, hidden, given);
  return cell === 'gru' ? new GRU(inputs, hidden, given) : new RNN(inputs, hidden, given);
}

export interface LayerResult {
  readonly output: Tensor;
  readonly state: RecurrentState;
}

/** What the layer makes of sequences. Each kind refuses the state of another by itself. */
export function runLayer(layer: RecurrentLayer, x: Tensor, inputs: RecurrentInputs<RecurrentState> = {}): LayerResult {
  return (layer as unknown as Module<[Tensor, RecurrentInputs<RecurrentState>], LayerResult>).forward(x, inputs);
}

/** The hidden state of the last layer, both directions side by side: [batch, directions · hidden]. */
export function lastHiddenOf(layer: RecurrentLayer, state: RecurrentState): Tensor {
  return (layer as { lastHidden(state: RecurrentState): Tensor }).lastHidden(state);
}
