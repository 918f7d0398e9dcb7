/** An encoder and a decoder of two layers each, with embeddings and a projection to words. */
import { Embedding, Linear, Module, Transformer } from '../../../packages/layers/src/index.ts';
import type { Tensor } from '../../../packages/tensor/src/index.ts';

export class Translator extends Module<[source: Tensor, target: Tensor]> {
  readonly embedding: Embedding;
  readonly transformer: Transformer;
  readonly head: Linear;

  constructor(words = 40, width = 16) {
    super();
    this.embedding = new Embedding(words, width);
    this.transformer = new Transformer(width, 4, {
      numEncoderLayers: 2,
      numDecoderLayers: 2,
      dimFeedforward: 24,
      batchFirst: true,
      normFirst: true,
      activation: 'gelu',
    });
    this.head = new Linear(width, words);
  }

  forward(source: Tensor, target: Tensor): Tensor {
    const embedded = [source, target].map((ids) => this.embedding.forward(ids)) as [Tensor, Tensor];
    return this.head.forward(this.transformer.forward(...embedded, { tgtIsCausal: true }));
  }
}
