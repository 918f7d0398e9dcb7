/** What the state of an LSTM is, and how states are given. */
import type { Tensor } from '@hebb/tensor';
import { requirePlain, requireTensor } from '@hebb/tensor/arguments';

/** The state of an LSTM: h, which is its output, too, and c. */
export interface LSTMState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/** A part of a state, with its name in messages. */
export interface StatePart {
  readonly name: string;
  readonly value: Tensor;
}

/** The parts of a state that is one tensor. Throws {@link ArgumentError} for anything else. */
export function stateParts(type: string, state: Tensor): [StatePart] {
  requireTensor(type, 'the state', state);
  return [{ name: 'the state', value: state }];
}

/** The parts of an LSTM's state. Throws {@link ArgumentError} for anything else. */
export function lstmStateParts(type: string, state: LSTMState): [StatePart, StatePart] {
  requirePlain(type, 'the state { hidden, cell }', state);
  const { hidden, cell } = state;
  requireTensor(type, 'state.hidden', hidden);
  requireTensor(type, 'state.cell', cell);
  return [
    { name: 'state.hidden', value: hidden },
    { name: 'state.cell', value: cell },
  ];
}
