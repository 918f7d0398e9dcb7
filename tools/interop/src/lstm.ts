/** A classifier of sequences of different lengths: an embedding, two bidirectional LSTM layers, and a linear layer over the last states. */
import { Embedding, Linear, LSTM, Module } from '../../../packages/layers/src/index.ts';
import type { Tensor } from '../../../packages/tensor/src/index.ts';

export class SequenceClassifier extends Module<[ids: Tensor, lengths: Tensor]> {
  readonly embedding = new Embedding(50, 16);
  readonly lstm = new LSTM(16, 32, { numLayers: 2, bidirectional: true, batchFirst: true });
  readonly head = new Linear(64, 6);

  forward(ids: Tensor, lengths: Tensor): Tensor {
    const { state } = this.lstm.forward(this.embedding.forward(ids), { lengths });
    return this.head.forward(this.lstm.lastHidden(state));
  }
}
