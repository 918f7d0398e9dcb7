/** A decoder that reads a tune word by word, and says after each what comes next. */
import {
  Dropout,
  Embedding,
  LayerNorm,
  LearnedPositions,
  Linear,
  Module,
  parameter,
  randn,
  TransformerEncoder,
  TransformerEncoderLayer,
  type KeyValueCache,
  type Tensor,
} from 'hebb';
import { mostBars, mostLeft } from './count.ts';

export interface ComposerOptions {
  readonly vocabularySize: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  /** Words that it looks back on. */
  readonly contextLength: number;
  readonly dropout: number;
}

/**
 * words, left, bar int32 [batch, length] → logits [batch, length, vocabularySize].
 *
 * A layer of an encoder in which no word sees those behind it is one of a decoder: `isCausal`. What goes in is a sum of four vectors for each word: which word it is, how much of the bar is left behind it, which bar of the part it is in, and how many words came before. The count also has a word in the
 * end: `room` and `form` are tables of a logit for each word, by what is left of the bar and by the number of the bar. Nobody writes their entries: that no half note follows where a quarter is left, and that parts end behind eight bars, they learn.
 */
export class Composer extends Module<
  [words: Tensor, left: Tensor, bar: Tensor, caches?: readonly KeyValueCache[] | undefined]
> {
  static override readonly type: string = 'Composer';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: ComposerOptions;
  readonly word: Embedding;
  readonly left: Embedding;
  readonly bar: Embedding;
  readonly position: LearnedPositions;
  readonly dropout: Dropout;
  readonly blocks: TransformerEncoder;
  readonly head: Linear;
  /** What the rest of the bar says of the next word, and what the number of the bar. */
  readonly room: Embedding;
  readonly form: Embedding;

  constructor(options: ComposerOptions) {
    super();
    const { vocabularySize, width, heads, layers, contextLength, dropout } = options;
    this.options = options;
    this.word = small(new Embedding(vocabularySize, width));
    this.left = small(new Embedding(mostLeft + 2, width));
    this.bar = small(new Embedding(mostBars + 1, width));
    this.position = small(new LearnedPositions(contextLength, width));
    this.dropout = new Dropout(dropout);
    const block = () =>
      new TransformerEncoderLayer(width, heads, { dimFeedforward: 4 * width, dropout, activation: 'gelu', batchFirst: true, normFirst: true }); // prettier-ignore
    this.blocks = new TransformerEncoder(Array.from({ length: layers }, block), undefined, { norm: new LayerNorm(width) }); // prettier-ignore
    this.head = new Linear(width, vocabularySize, { bias: false });
    this.room = small(new Embedding(2 * (mostLeft + 2), vocabularySize));
    this.form = small(new Embedding(mostBars + 1, vocabularySize));
  }

  /** Where what has been read is kept, so that a step reads the new word alone. */
  createCaches(sizes: { readonly batch: number; readonly capacity: number }): KeyValueCache[] {
    return this.blocks.createCaches(sizes);
  }

  forward(words: Tensor, left: Tensor, bar: Tensor, caches?: readonly KeyValueCache[]): Tensor {
    const x = this.word.forward(words).add(this.left.forward(left)).add(this.bar.forward(bar));
    const offset = caches?.[0]?.position() ?? 0;
    const read = this.blocks.forward(this.dropout.forward(this.position.forward(x, { offset })), { isCausal: true, caches }); // prettier-ignore
    // The first bar of a part may be short; so its rest says something else than that of the others.
    const rest = left.add(
      bar
        .greater(0)
        .to('int32')
        .mul(mostLeft + 2),
    );
    return this.head.forward(read).add(this.room.forward(rest)).add(this.form.forward(bar));
  }
}

/** GPT-2's beginning: four vectors are added, and none drowns the others. */
function small<M extends Embedding | LearnedPositions>(module: M): M {
  module.weight = parameter(randn(module.weight.shape).mul(0.02));
  return module;
}
