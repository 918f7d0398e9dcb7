import { attendHeads, attentionWeights, Dropout, Embedding, LayerNorm, Linear, Module, normal, type AnyModule } from '@hebb/layers'; // prettier-ignore
import { ArgumentError, assign, iota, zeros, type Tensor } from '@hebb/tensor';
import { between, checkOptions, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { size } from '../convolutional/checks.ts';
import { dropoutOf, numberOf, requireKnown } from './pretrained/config.ts';
import { readPretrained, type PretrainedFiles, type PublishedConfig } from './pretrained/files.ts';
import { areAll, loadPublished, type PublishedNames } from './pretrained/load.ts';
import { depth, insideOf, joinHeads, requireDivides, requireSegments, requireTexts, requireTokens, splitHeads } from './checks.ts'; // prettier-ignore

export interface BertOptions {
  /** Number of classes: the logits. Default 2. */
  classes?: number;
  /** How many tokens there are. Default 30522. */
  vocabulary?: number;
  /** Positions: the longest text. Default 512. */
  contextLength?: number;
  /** Kinds of segments, as a question and its answer are. Default 2. */
  segments?: number;
  /** Features of a token. Default 768. */
  width?: number;
  /** Number of blocks. Default 12. */
  layers?: number;
  /** Heads of attention, which divide the width. Default 12. */
  heads?: number;
  /** Features in the middle of the feed-forward blocks. Default 4 · width. */
  hidden?: number;
  /** Probability of the dropouts: behind the embeddings, of attention weights, of what each block adds, and before the logits. Default 0.1. */
  dropout?: number;
}

export const bertOptions: OptionNames<BertOptions> = {
  classes: size,
  vocabulary: size,
  contextLength: size,
  segments: size,
  width: size,
  layers: depth,
  heads: size,
  hidden: size,
  dropout: between(0, 1),
};

/** Of the body. */
export type BertSizes = Omit<Required<BertOptions>, 'classes'>;
type Sizes = BertSizes;

export const eps = 1e-12;

class BertEmbeddings extends Module<[ids: Tensor, segments?: Tensor]> {
  static override readonly type: string = 'BertEmbeddings';

  readonly word_embeddings: Embedding;
  readonly position_embeddings: Embedding;
  readonly token_type_embeddings: Embedding;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor({ vocabulary, contextLength, segments, width, dropout }: Sizes) {
    super();
    this.word_embeddings = new Embedding(vocabulary, width);
    this.position_embeddings = new Embedding(contextLength, width);
    this.token_type_embeddings = new Embedding(segments, width);
    this.LayerNorm = new LayerNorm(width, { eps });
    this.dropout = new Dropout(dropout);
  }

  forward(ids: Tensor, segments: Tensor = ids.mul(0)): Tensor {
    const words = this.word_embeddings.forward(ids).add(this.token_type_embeddings.forward(segments));
    const positions = this.position_embeddings.forward(iota([ids.shape[1] ?? 0], 0));
    return this.dropout.forward(this.LayerNorm.forward(words.add(positions)));
  }
}

class BertSelfAttention extends Module<[x: Tensor, mask?: Tensor]> {
  static override readonly type: string = 'BertSelfAttention';

  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly #heads: number;
  readonly #dropout: number;

  constructor({ width, heads, dropout }: Sizes) {
    super();
    this.query = new Linear(width, width);
    this.key = new Linear(width, width);
    this.value = new Linear(width, width);
    this.#heads = heads;
    this.#dropout = dropout;
  }

  forward(x: Tensor, mask?: Tensor): Tensor {
    const heads = (layer: Linear): Tensor => splitHeads(layer.forward(x), this.#heads);
    const dropout = this.training ? this.#dropout : 0;
    return joinHeads(attendHeads(this, heads(this.query), heads(this.key), heads(this.value), { mask, dropout }));
  }
}

/** What a block gives, added to what it was given and normalised. */
class BertOutput extends Module<[x: Tensor, before: Tensor]> {
  static override readonly type: string = 'BertOutput';

  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(inputs: number, { width, dropout }: Sizes) {
    super();
    this.dense = new Linear(inputs, width);
    this.LayerNorm = new LayerNorm(width, { eps });
    this.dropout = new Dropout(dropout);
  }

  forward(x: Tensor, before: Tensor): Tensor {
    return this.LayerNorm.forward(this.dropout.forward(this.dense.forward(x)).add(before));
  }
}

class BertAttention extends Module<[x: Tensor, mask?: Tensor]> {
  static override readonly type: string = 'BertAttention';

  readonly self: BertSelfAttention;
  readonly output: BertOutput;

  constructor(sizes: Sizes) {
    super();
    this.self = new BertSelfAttention(sizes);
    this.output = new BertOutput(sizes.width, sizes);
  }

  forward(x: Tensor, mask?: Tensor): Tensor {
    return this.output.forward(this.self.forward(x, mask), x);
  }
}

/** A linear layer and what its result goes through. */
class BertDense extends Module {
  static override readonly type: string = 'BertDense';

  readonly dense: Linear;
  readonly #activation: 'gelu' | 'tanh';

  constructor(inputs: number, outputs: number, activation: 'gelu' | 'tanh') {
    super();
    this.dense = new Linear(inputs, outputs);
    this.#activation = activation;
  }

  forward(x: Tensor): Tensor {
    const y = this.dense.forward(x);
    return this.#activation === 'gelu' ? y.gelu() : y.tanh();
  }
}

class BertLayer extends Module<[x: Tensor, mask?: Tensor]> {
  static override readonly type: string = 'BertLayer';

  readonly attention: BertAttention;
  readonly intermediate: BertDense;
  readonly output: BertOutput;

  constructor(sizes: Sizes) {
    super();
    this.attention = new BertAttention(sizes);
    this.intermediate = new BertDense(sizes.width, sizes.hidden, 'gelu');
    this.output = new BertOutput(sizes.hidden, sizes);
  }

  forward(x: Tensor, mask?: Tensor): Tensor {
    const seen = this.attention.forward(x, mask);
    return this.output.forward(this.intermediate.forward(seen), seen);
  }
}

class BertEncoder extends Module<[x: Tensor, mask?: Tensor]> {
  static override readonly type: string = 'BertEncoder';

  readonly layer: readonly BertLayer[];

  constructor(sizes: Sizes) {
    super();
    this.layer = Array.from({ length: sizes.layers }, () => new BertLayer(sizes));
  }

  forward(x: Tensor, mask?: Tensor): Tensor {
    return this.layer.reduce((y, layer) => layer.forward(y, mask), x);
  }
}

/** All but the heads. */
export class BertBody extends Module<[ids: Tensor, mask?: Tensor, segments?: Tensor]> {
  static override readonly type: string = 'BertBody';

  readonly embeddings: BertEmbeddings;
  readonly encoder: BertEncoder;
  readonly pooler: BertDense | undefined;
  readonly #where: string;
  readonly #longest: number;

  /** @param isPooled - whether a head asks for what stands for the whole text. */
  constructor(where: string, sizes: Sizes, isPooled = true) {
    super();
    this.embeddings = new BertEmbeddings(sizes);
    this.encoder = new BertEncoder(sizes);
    this.pooler = isPooled ? new BertDense(sizes.width, sizes.width, 'tanh') : undefined;
    this.#where = where;
    this.#longest = sizes.contextLength;
  }

  /** What every token has become, [batch, length, width]. */
  forward(ids: Tensor, mask?: Tensor, segments?: Tensor): Tensor {
    requireTexts(this.#where, ids, this.#longest);
    requireTokens(this.#where, ids);
    if (segments !== undefined) requireSegments(this.#where, segments, ids);
    const inside = mask && insideOf(this.#where, mask, ids).unsqueeze(1).unsqueeze(1);
    return this.encoder.forward(this.embeddings.forward(ids, segments), inside);
  }

  /** What stands for the whole of a text, [batch, width]: its first token, through the pooler. */
  pool(x: Tensor): Tensor {
    const first = x.narrow(1, 0, 1).squeeze(1);
    return this.pooler?.forward(first) ?? first;
  }
}

/** As its paper has it: matrices normal with deviation 0.02, biases 0. */
export function initializeBert(model: AnyModule): void {
  for (const [name, value] of model.namedParameters())
    if (value.ndim > 1) assign(value, normal(value.shape, { std: 0.02 }));
    else if (name.endsWith('bias')) assign(value, zeros(value.shape));
}

/** Sizes of the body by a `config.json`. */
export function publishedSizes(where: string, config: PublishedConfig, dropout: number | undefined): BertSizes {
  requireKnown(where, config, {
    model_type: ['bert'],
    hidden_act: ['gelu'],
    layer_norm_eps: [eps],
    position_embedding_type: ['absolute'],
    is_decoder: [false],
    add_cross_attention: [false],
    tie_word_embeddings: [true],
  });
  const dropouts = ['hidden_dropout_prob', 'attention_probs_dropout_prob'];
  return {
    vocabulary: numberOf(where, config, ['vocab_size'], 30522),
    contextLength: numberOf(where, config, ['max_position_embeddings'], 512),
    segments: numberOf(where, config, ['type_vocab_size'], 2),
    width: numberOf(where, config, ['hidden_size'], 768),
    layers: numberOf(where, config, ['num_hidden_layers'], 12),
    heads: numberOf(where, config, ['num_attention_heads'], 12),
    hidden: numberOf(where, config, ['intermediate_size'], 3072),
    dropout: dropout ?? dropoutOf(where, config, dropouts),
  };
}

/** The first files have TensorFlow's names of normalisations, and those of the body alone no prefix. */
export const publishedBert: Pick<PublishedNames, 'rename' | 'buffers'> = {
  rename: (name) =>
    (/^(bert|cls|classifier)\./.test(name) ? name : `bert.${name}`)
      .replace(/\.gamma$/, '.weight')
      .replace(/\.beta$/, '.bias'),
  buffers: [
    {
      name: /^bert\.embeddings\.position_ids$/,
      what: '0, 1, 2, …',
      fits: (values) => areAll(values, (i) => i),
    },
    {
      name: /^bert\.embeddings\.token_type_ids$/,
      what: 'all 0',
      fits: (values) => areAll(values, () => 0),
    },
  ],
};

/**
 * BERT for classes of texts (Devlin et al. 2019, arXiv:1810.04805): an encoder whose tokens all see one another. Embeddings of tokens, positions and segments are added and normalised; each block attends, adds and normalises, then goes through two
 * linear layers with a GELU between them, adds and normalises. What the first token has become, through `pooler` (linear, tanh) and `classifier`, says the class: texts begin with a token that stands for the whole. The defaults are BERT-base.
 *
 * Shape: int32[batch, length] with length ≤ contextLength → logits float32[batch, classes]. As the second input a mask bool[batch, length], true at the tokens that there are, or lengths int32[batch]: what lies beyond changes nothing; tokens of a text of length 0 see nothing. Padding comes behind: positions count from the first place, which stands for the whole. As the third
 * the segment of each token, int32[batch, length]; default 0.
 *
 * Parameters have the names, order and shapes of Hugging Face's BertForSequenceClassification: `bert.embeddings.word_embeddings.weight`, …, `bert.encoder.layer.0.attention.self.query.weight`, …, `bert.pooler.dense.weight`, `classifier.weight`, … At first
 * matrices are normal with deviation 0.02 and biases 0.
 *
 * Throws `ArgumentError` for options out of range, where heads do not divide the width, and for tokens that there are not; `ShapeError` and `DTypeError` for texts that are too long or no [batch, length], and for masks and segments that do not fit.
 *
 * ```ts
 * const model = new Bert({ classes: 3, vocabulary: 100, contextLength: 32, width: 16, layers: 2, heads: 4 }).eval();
 * const ids = zeros([4, 10], { dtype: 'int32' });
 * model.forward(ids, tensor([10, 3, 7, 1], { dtype: 'int32' })).shape;  // [4, 3]
 * model.attentionWeights(ids)[1]?.shape;  // [4, 4, 10, 10]
 * ```
 */
export class Bert extends Module<[ids: Tensor, mask?: Tensor, segments?: Tensor]> {
  static override readonly type: string = 'Bert';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<BertOptions>>;
  readonly bert: BertBody;
  readonly dropout: Dropout;
  readonly classifier: Linear;

  constructor(options: BertOptions = {}) {
    super();
    requireOptions('Bert', options, bertOptions);
    const { classes = 2, vocabulary = 30522, contextLength = 512, segments = 2, width = 768 } = options;
    const { layers = 12, heads = 12, dropout = 0.1, hidden = 4 * width } = options;
    requireDivides('Bert', ['heads', heads], ['width', width]);
    this.options = { classes, vocabulary, contextLength, segments, width, layers, heads, hidden, dropout };
    this.bert = new BertBody('Bert', this.options);
    this.dropout = new Dropout(dropout);
    this.classifier = new Linear(width, classes);
    initializeBert(this);
  }

  /**
   * Reads a model as its publisher has it on the Hugging Face Hub: `config.json` beside `model.safetensors`, or beside several such files and `model.safetensors.index.json`. Names with the prefix `bert.` and without, `gamma` and `beta` of the first files,
   * positions as a buffer, float32, float16 and bfloat16 are understood. It does not train at first, as after `eval()`.
   *
   * @param files - the folder; or, in a page, what gives a file by its name, `async (name) => { const answer = await fetch(base + name); return answer.ok ? answer.blob() : undefined; }`.
   * @param options - `classes` of a head that the file has not, as `bert-base-uncased`: it begins at random, and is to be trained; heads of another kind (`cls.…`, see {@link BertForPreTraining}) are left alone then. Without it the file must hold
   * `classifier.weight`. `dropout`, default that of the file.
   *
   * Throws `ArgumentError` for what a BERT is not (other activations or positions), and for tensors of names that are not known or are missing, each by its name; `ShapeError` for weights of other shapes, `FileError` and `SafetensorsError` for files
   * that cannot be read.
   *
   * ```ts
   * const small = new Bert({ classes: 3, vocabulary: 100, contextLength: 32, width: 16, layers: 2, heads: 4 });
   * const config = { model_type: 'bert', vocab_size: 100, max_position_embeddings: 32, hidden_size: 16, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 4 };
   * await writeFile('bert/config.json', JSON.stringify(config), { makeFolder: true });
   * await writeSafetensors('bert/model.safetensors', small.stateDict());
   * (await Bert.fromPretrained('bert')).options.classes;  // 3
   * ```
   */
  static async fromPretrained(
    files: PretrainedFiles,
    options: { classes?: number; dropout?: number } = {},
  ): Promise<Bert> {
    const where = 'Bert.fromPretrained';
    checkOptions(where, options, { classes: size, dropout: between(0, 1) });
    const { config, state } = await readPretrained(where, files);
    const sizes = publishedSizes(where, config, options.dropout);
    const [written] = state.get('classifier.weight')?.shape ?? [];
    const classes = options.classes ?? written;
    if (classes === undefined)
      throw new ArgumentError(`[${where}] the file has no classifier.weight: no head for classes.`, {
        hint: 'Say how many a new one is for, to be trained: { classes: 2 }.',
      });
    if (written !== undefined && classes !== written)
      throw new ArgumentError(`[${where}] the head of the file is for ${written} classes, not ${classes}.`);
    const model = new Bert({ ...sizes, classes });
    const isNew = written === undefined;
    return (
      await loadPublished(where, model, state, {
        ...publishedBert,
        ...(isNew ? { fresh: /^(classifier|bert\.pooler)\./, unused: /^cls\./ } : {}),
      })
    ).eval();
  }

  forward(ids: Tensor, mask?: Tensor, segments?: Tensor): Tensor {
    return this.classifier.forward(this.dropout.forward(this.bert.pool(this.encode(ids, mask, segments))));
  }

  /** What every token has become, [batch, length, width]; at tokens beyond the mask anything. */
  encode(ids: Tensor, mask?: Tensor, segments?: Tensor): Tensor {
    return this.bert.forward(ids, mask, segments);
  }

  /** What each token looks at, layer by layer: each [batch, heads, length, length], as {@link attentionWeights} finds them. */
  attentionWeights(ids: Tensor, mask?: Tensor, segments?: Tensor): Tensor[] {
    return [...attentionWeights(this, () => this.forward(ids, mask, segments)).values()];
  }
}
