import { attentionWeights, Dropout, Embedding, Linear, Module, normal, SinusoidalPositions, Transformer, type CausalModel, type KeyValueCache, type ProjectedKeys } from '@hebb/layers'; // prettier-ignore
import { assign, compile, ShapeError, type Tensor } from '@hebb/tensor';
import { between, requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments'; // prettier-ignore
import { size } from '../convolutional/checks.ts';
import { requireTranslation, writeLikeliest, type TranslateOptions } from '../translate.ts';
import { depth, insideOf, requireCaches, requireDivides, requireTexts, requireTokens, type CacheSizes } from './checks.ts'; // prettier-ignore

export interface EncoderDecoderOptions {
  /** How many tokens there are in sources. */
  sourceVocabulary: number;
  /** How many tokens there are in targets. */
  targetVocabulary: number;
  /** Features of a token. Default 512. */
  width?: number;
  /** Heads of attention, which divide the width. Default 8. */
  heads?: number;
  /** Layers of the encoder. Default 6. */
  encoderLayers?: number;
  /** Layers of the decoder. Default 6. */
  decoderLayers?: number;
  /** Features in the middle of the feed-forward blocks. Default 4 · width. */
  hidden?: number;
  /** Probability of the dropouts: behind the embeddings, of attention weights, in the feed-forward blocks, and of what each block adds. Default 0.1. */
  dropout?: number;
  /** Whether blocks normalise what they take, which trains without a warm-up (Xiong et al. 2020, arXiv:2002.04745), and not what they give, as in the paper. Default false. */
  normFirst?: boolean;
}

const networkOptions: OptionNames<EncoderDecoderOptions> = {
  sourceVocabulary: size,
  targetVocabulary: size,
  width: size,
  heads: size,
  encoderLayers: depth,
  decoderLayers: depth,
  hidden: size,
  dropout: between(0, 1),
  normFirst: requireBoolean,
};

/** What was read of a source, once for all that is written. */
export interface EncodedSource {
  /** [batch, source length, width]. */
  readonly values: Tensor;
  /** bool[batch, source length], true at tokens that there are. */
  readonly inside: Tensor | undefined;
  /** Keys and values of each layer of the decoder. */
  readonly projected: readonly ProjectedKeys[];
}

export interface EncoderDecoderWeights {
  /** What each token of the source looks at in it, layer by layer: [batch, heads, source length, source length]. */
  readonly encoder: readonly Tensor[];
  /** What each token of the target looks at in the target: [batch, heads, target length, target length]. */
  readonly decoder: readonly Tensor[];
  /** What each token of the target looks at in the source: [batch, heads, target length, source length]. */
  readonly cross: readonly Tensor[];
}

/**
 * Transformer (Vaswani et al. 2017, arXiv:1706.03762): an encoder whose tokens see all of the source, and a decoder whose tokens see those before and all that the encoder made of the source. Embeddings times √width, plus sinusoids of the positions,
 * go into both; a linear layer gives the logits of the token that comes next in the target.
 *
 * Shape: source int32[batch, source length], target int32[batch, target length], and for padded sources a mask bool[batch, source length], true at the tokens that there are, or lengths int32[batch] → logits float32[batch, target length, targetVocabulary].
 * Logits at t do not depend on tokens of the target after t; what lies beyond the mask changes nothing; padding stands behind the tokens, since positions count from the beginning of a row. Parameters: `source_embedding.weight`, `target_embedding.weight`, `transformer.…` with PyTorch's names of `nn.Transformer`, `head.weight`,
 * `head.bias`.
 *
 * Throws `ArgumentError` for options out of range, where heads do not divide the width, for tokens that there are not and for sources without a token; `ShapeError` and `DTypeError` for texts and masks of other shapes.
 *
 * ```ts
 * const model = new EncoderDecoder({ sourceVocabulary: 20, targetVocabulary: 30, width: 16, heads: 4, encoderLayers: 1, decoderLayers: 1 }).eval();
 * const source = zeros([2, 9], { dtype: 'int32' });
 * model.forward(source, zeros([2, 5], { dtype: 'int32' })).shape;  // [2, 5, 30]
 * const [first] = await model.translate(source, { begin: 0, end: 1, maxTokens: 5 });
 * (first?.length ?? 6) <= 5;  // true
 * ```
 */
export class EncoderDecoder extends Module<[source: Tensor, target: Tensor, mask?: Tensor]> {
  static override readonly type: string = 'EncoderDecoder';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<EncoderDecoderOptions>>;
  readonly source_embedding: Embedding;
  readonly target_embedding: Embedding;
  readonly positions: SinusoidalPositions;
  readonly dropout: Dropout;
  readonly transformer: Transformer;
  readonly head: Linear;

  constructor(options: EncoderDecoderOptions) {
    super();
    requireOptions('EncoderDecoder', options, networkOptions);
    const {
      sourceVocabulary,
      targetVocabulary,
      width = 512,
      heads = 8,
      encoderLayers = 6,
      decoderLayers = 6,
    } = options;
    const { hidden = 4 * width, dropout = 0.1, normFirst = false } = options;
    size('EncoderDecoder', 'sourceVocabulary', sourceVocabulary);
    size('EncoderDecoder', 'targetVocabulary', targetVocabulary);
    requireDivides('EncoderDecoder', ['heads', heads], ['width', width]);
    this.options = { sourceVocabulary, targetVocabulary, width, heads, encoderLayers, decoderLayers, hidden, dropout, normFirst }; // prettier-ignore
    this.source_embedding = new Embedding(sourceVocabulary, width);
    this.target_embedding = new Embedding(targetVocabulary, width);
    // So that embeddings are as large as positions once they are multiplied.
    for (const { weight } of [this.source_embedding, this.target_embedding])
      assign(weight, normal(weight.shape, { std: width ** -0.5 }));
    this.positions = new SinusoidalPositions(width);
    this.dropout = new Dropout(dropout);
    this.transformer = new Transformer(width, heads, {
      numEncoderLayers: encoderLayers,
      numDecoderLayers: decoderLayers,
      dimFeedforward: hidden,
      dropout,
      normFirst,
      batchFirst: true,
    });
    this.head = new Linear(width, targetVocabulary);
  }

  forward(source: Tensor, target: Tensor, mask?: Tensor): Tensor {
    return this.decode(target, this.encode(source, mask));
  }

  /** What is made of sources, once for all that is written. */
  encode(source: Tensor, mask?: Tensor): EncodedSource {
    requireTexts('EncoderDecoder', source, Infinity, 'sources');
    requireTokens('EncoderDecoder', source, 'sources');
    const inside = mask && insideOf('EncoderDecoder', mask, source);
    const { encoder, decoder } = this.transformer;
    const values = encoder.forward(this.#embedded(this.source_embedding, source, 0), {
      srcKeyPaddingMask: inside?.not(),
    });
    return { values, inside, projected: decoder.projectMemory(values) };
  }

  /** Logits of what comes next at every place of `target`, [batch, target length, targetVocabulary]; with `caches`, which are filled, of what comes next after all that they have seen. */
  decode(target: Tensor, { values, inside, projected }: EncodedSource, caches?: readonly KeyValueCache[]): Tensor {
    requireTexts('EncoderDecoder', target, Infinity, 'targets');
    requireCaches('EncoderDecoder', caches, this.options.decoderLayers);
    if (target.shape[0] !== values.shape[0])
      throw new ShapeError(`[EncoderDecoder] there are ${values.shape[0]} sources, and targets are ${target}.`);
    const x = this.#embedded(this.target_embedding, target, caches?.[0]?.position() ?? 0);
    const memoryKeyPaddingMask = inside?.not();
    return this.head.forward(
      this.transformer.decoder.forward(x, values, { tgtIsCausal: true, memoryKeyPaddingMask, projected, caches }),
    );
  }

  /** An empty cache for each layer of the decoder, with room for `capacity` tokens of `batch` targets. */
  createCaches(sizes: CacheSizes): KeyValueCache[] {
    return this.transformer.decoder.createCaches(sizes);
  }

  /**
   * The decoder for one source [1, source length], as `generate` and `beamSearch` of `@hebb/layers` take it.
   *
   * Throws `ShapeError` for several sources.
   *
   * ```ts
   * const model = new EncoderDecoder({ sourceVocabulary: 20, targetVocabulary: 30, width: 16, heads: 4, encoderLayers: 1, decoderLayers: 1 }).eval();
   * const [best] = await beamSearch(model.given(zeros([1, 9], { dtype: 'int32' })), [0], { maxTokens: 5, stop: [1] });
   * (best?.tokens.length ?? 6) <= 5;  // true
   * ```
   */
  given(source: Tensor, mask?: Tensor): CausalModel {
    requireTexts('EncoderDecoder.given', source, Infinity, 'sources');
    if (source.shape[0] !== 1) throw new ShapeError(`[EncoderDecoder.given] takes one source, not ${source}.`);
    const one = this.encode(source, mask);
    const rows = (x: Tensor, batch: number): Tensor => x.broadcastTo([batch, ...x.shape.slice(1)]);
    const repeated = (batch: number): EncodedSource => ({
      values: rows(one.values, batch),
      inside: one.inside && rows(one.inside, batch),
      projected: one.projected.map(({ keys, values }) => ({ keys: rows(keys, batch), values: rows(values, batch) })),
    });
    return {
      training: this.training,
      forward: (ids, caches) => this.decode(ids, repeated(ids.shape[0] ?? 1), caches),
      createCaches: (sizes) => this.createCaches(sizes),
    };
  }

  /**
   * The likeliest next token, over and over, for every source: lists of tokens without `end`. Each step computes the new token alone.
   *
   * Throws `ArgumentError` for tokens that there are not, and while the model is training.
   */
  async translate(source: Tensor, options: TranslateOptions, mask?: Tensor): Promise<number[][]> {
    requireTranslation('EncoderDecoder.translate', this, options, this.options.targetVocabulary);
    const memory = this.encode(source, mask);
    const [batch = 0] = source.shape;
    if (options.maxTokens === 0 || batch === 0) return Array.from({ length: batch }, () => []);
    const caches = this.createCaches({ batch, capacity: options.maxTokens });
    const step = compile((ids: Tensor, read: EncodedSource) => this.decode(ids, read, caches).argmax(-1));
    return writeLikeliest(batch, options, (last) => step(last, memory));
  }

  /** What tokens look at, layer by layer, as {@link attentionWeights} finds it. */
  attentionWeights(source: Tensor, target: Tensor, mask?: Tensor): EncoderDecoderWeights {
    const found = [...attentionWeights(this, () => this.forward(source, target, mask))];
    const of = (part: string, name: string): Tensor[] =>
      found.flatMap(([path, weights]) => (path.includes(`.${part}.`) && path.endsWith(name) ? [weights] : []));
    return { encoder: of('encoder', 'self_attn'), decoder: of('decoder', 'self_attn'), cross: of('decoder', 'multihead_attn') }; // prettier-ignore
  }

  #embedded(words: Embedding, ids: Tensor, offset: number | Tensor): Tensor {
    const x = words.forward(ids).mul(Math.sqrt(this.options.width));
    return this.dropout.forward(this.positions.forward(x, { offset }));
  }
}
