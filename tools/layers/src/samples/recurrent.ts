import * as api from '../../../../packages/layers/src/index.ts';
import { tensor, type Tensor } from '../../../../packages/tensor/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x, type Given } from '../sample.ts';

const sequences = x(['length', 'batch', 2]);
/** 1 … length for each sequence. */
const lengths: Given = {
  shape: ['batch'],
  dtype: 'int32',
  make: ([batch = 0], seed, { length = 1 }) =>
    tensor(
      Int32Array.from({ length: batch }, (_, i) => 1 + ((i * 5 + seed) % length)),
      { dtype: 'int32' },
    ),
};
const state = (layers: number, size: number): Given => x([layers, 'batch', size]);

type Single = api.RNN | api.GRU;
const withLengths = (layer: Single, input: Tensor, ends: Tensor): unknown => layer.forward(input, { lengths: ends });
const withState = (layer: Single, input: Tensor, before: Tensor): unknown => layer.forward(input, { state: before });
const withAll = (layer: api.LSTM, input: Tensor, hidden: Tensor, cell: Tensor, ends: Tensor): unknown =>
  layer.forward(input, { state: { hidden, cell }, lengths: ends });
const pair = (cell: api.LSTMCell, input: Tensor, hidden: Tensor, memory: Tensor): unknown =>
  cell.forward(input, { hidden, cell: memory });

const both = { numLayers: 2, bidirectional: true, dropout: 0.25 } as const;
const row = x(['batch', 2]);

export const recurrent = {
  RNN: ways(
    of(() => new api.RNN(2, 3), [sequences], -1),
    of(() => new api.RNN(2, 3, { nonlinearity: 'relu', bias: false }), [sequences, state(1, 3)], -1, {
      call: withState,
    }),
    of(() => new api.RNN(2, 2, both), [sequences, lengths], -1, { call: withLengths }),
  ),
  GRU: ways(
    of(() => new api.GRU(2, 3, { batchFirst: true }), [x(['batch', 'length', 2])], -1),
    of(() => new api.GRU(2, 3, { bias: false }), [sequences, state(1, 3)], -1, { call: withState }),
    of(() => new api.GRU(2, 2, both), [sequences, lengths], -1, { call: withLengths }),
  ),
  LSTM: ways(
    of(() => new api.LSTM(2, 3), [sequences], -1),
    of(() => new api.LSTM(2, 3, { projectionSize: 2, bias: false }), [x(['length', 2])], -1),
    of(() => new api.LSTM(2, 2, both), [sequences, state(4, 2), state(4, 2), lengths], -1, { call: withAll }),
  ),
  RNNCell: of(() => new api.RNNCell(2, 3), [row, x(['batch', 3])], -1),
  GRUCell: of(() => new api.GRUCell(2, 3), [row, x(['batch', 3])], -1),
  LSTMCell: ways(
    of(() => new api.LSTMCell(2, 3), [row, x(['batch', 3]), x(['batch', 3])], -1, { call: pair }),
    of(() => new api.LSTMCell(2, 3, { bias: false }), [x([2])], -1),
  ),
} satisfies Partial<Samples>;
