/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { GRUCell, LSTMCell, RNNCell } from './cells.ts';
import { GRU } from './gru.ts';
import { LSTM } from './lstm.ts';
import { RNN } from './rnn.ts';

export const recurrentTypes = (): ModuleTypes => ({ GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell });
