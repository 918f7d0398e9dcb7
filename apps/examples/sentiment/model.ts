/** A small transformer encoder that reads a sentence and says one of two things about it. */
import {
  Dropout,
  Dropout1d,
  Embedding,
  LayerNorm,
  Linear,
  Module,
  maskedFill,
  parameter,
  randn,
  SinusoidalPositions,
  TransformerEncoder,
  TransformerEncoderLayer,
  type Tensor,
} from 'hebb';

export interface ReaderOptions {
  readonly vocabularySize: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly classes: number;
}

/**
 * ids int32 [batch, length], 0 where a sentence has ended → logits [batch, classes].
 *
 * Every token looks at every other one (the encoder), then one question, which the network learns, is put to all tokens: how much does each matter? The answers, between 0 and 1 and 1 in sum, weight the mean of the tokens'
 * vectors, and that mean is classified. They are what the report draws.
 */
export class Reader extends Module<[ids: Tensor]> {
  static override readonly type: string = 'Reader';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: ReaderOptions;
  readonly embedding: Embedding;
  readonly positions: SinusoidalPositions;
  /** Leaves out whole tokens, then single numbers. */
  readonly dropWords: Dropout1d = new Dropout1d(0.3);
  readonly dropNumbers: Dropout = new Dropout(0.5);
  readonly encoder: TransformerEncoder;
  readonly importance: Linear;
  readonly dropSummary: Dropout = new Dropout(0.5);
  readonly classifier: Linear;

  constructor(options: ReaderOptions) {
    super();
    const { vocabularySize, width, heads, layers, classes } = options;
    this.options = options;
    this.embedding = new Embedding(vocabularySize, width, { paddingIndex: 0 });
    // Small, so that what a rare word was by chance says little beside what a frequent one has learnt.
    this.embedding.weight = parameter(randn([vocabularySize, width]).mul(0.1));
    this.positions = new SinusoidalPositions(width);
    const block = () =>
      new TransformerEncoderLayer(width, heads, { dimFeedforward: 2 * width, dropout: 0.3, activation: 'gelu', batchFirst: true, normFirst: true }); // prettier-ignore
    this.encoder = new TransformerEncoder(Array.from({ length: layers }, block), undefined, { norm: new LayerNorm(width) }); // prettier-ignore
    this.importance = new Linear(width, 1);
    this.classifier = new Linear(width, classes);
  }

  forward(ids: Tensor): Tensor {
    const { vectors, weights } = this.read(ids);
    // [batch, 1, length] times [batch, length, width]: the weighted mean.
    const summary = weights.unsqueeze(1).matmul(vectors).squeeze(1);
    return this.classifier.forward(this.dropSummary.forward(summary));
  }

  /** How much each token matters, [batch, length]: at least 0, 1 in sum, 0 at the padding. */
  attention(ids: Tensor): Tensor {
    return this.read(ids).weights;
  }

  read(ids: Tensor): { readonly vectors: Tensor; readonly weights: Tensor } {
    const padding = ids.equal(0);
    const words = this.dropWords.forward(this.embedding.forward(ids).mul(Math.sqrt(this.options.width)));
    const embedded = this.dropNumbers.forward(this.positions.forward(words));
    const vectors = this.encoder.forward(embedded, { srcKeyPaddingMask: padding });
    const scores = this.importance.forward(vectors).squeeze(-1);
    // A sentence without a word has no weights at all, in the place of equal ones at its padding.
    const weights = maskedFill(scores, padding, -1e9).softmax(-1).mul(ids.notEqual(0).to('float32'));
    return { vectors, weights };
  }
}
