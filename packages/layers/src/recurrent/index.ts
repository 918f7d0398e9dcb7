/** Recurrent layers and their cells. */
export { GRUCell, LSTMCell, RNNCell, type CellOptions, type RNNCellOptions } from './cells.ts';
export { GRU } from './gru.ts';
export type { RecurrentInputs, RecurrentOptions } from './layer.ts';
export { LSTM, type LSTMOptions, type LSTMResult } from './lstm.ts';
export type { LSTMState } from './state.ts';
export { RNN, type RecurrentResult, type RNNOptions } from './rnn.ts';
