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

/** The parts of a state, if one is given; of an LSTM two, else one. Throws {@link ArgumentError} for anything that is no state. */
export function stateParts(type: string, state: Tensor | undefined): StatePart[] | undefined {
  if (state === undefined) return undefined;
  requireTensor(type, 'the state', state);
  return [{ name: 'the state', value: state }];
}

/** {@link stateParts} of an LSTM. */
export function lstmStateParts(type: string, state: LSTMState | undefined): StatePart[] | undefined {
  if (state === undefined) return undefined;
  requirePlain(type, 'the state { hidden, cell }', state);
  const { hidden, cell } = state;
  requireTensor(type, 'state.hidden', hidden);
  requireTensor(type, 'state.cell', cell);
  return [
    { name: 'state.hidden', value: hidden },
    { name: 'state.cell', value: cell },
  ];
}
