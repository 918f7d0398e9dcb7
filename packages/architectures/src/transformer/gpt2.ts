import { attendHeads, attentionWeights, Dropout, Embedding, GELU, LayerNorm, Linear, Module, normal, parameter, type KeyValueCache } from '@hebb/layers'; // prettier-ignore
import { assign, iota, split, zeros, type Tensor } from '@hebb/tensor';
import { between, checkOptions, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { size } from '../convolutional/checks.ts';
import { dropoutOf, numberOf, requireKnown } from './pretrained/config.ts';
import { readPretrained, type PretrainedFiles } from './pretrained/files.ts';
import { areAll, loadPublished, type PublishedNames } from './pretrained/load.ts';
import { cachesOf, depth, joinHeads, requireCaches, requireDivides, requireTexts, splitHeads, type CacheSizes } from './checks.ts'; // prettier-ignore

export interface GPT2Options {
  /** How many tokens there are. Default 50257, those of GPT-2's tokenizer. */
  vocabulary?: number;
  /** Tokens that it looks back on: its positions. Default 1024. */
  contextLength?: number;
  /** Features of a token. Default 768. */
  width?: number;
  /** Number of blocks. Default 12. */
  layers?: number;
  /** Heads of attention, which divide the width. Default 12. */
  heads?: number;
  /** Probability of the dropouts: behind the embeddings, of attention weights, and of what each block adds. Default 0.1. */
  dropout?: number;
}

const gpt2Options: OptionNames<GPT2Options> = {
  vocabulary: size,
  contextLength: size,
  width: size,
  layers: depth,
  heads: size,
  dropout: between(0, 1),
};

/** y = x W + b with W [inFeatures, outFeatures], as the files of GPT-2 have it: what others call linear, transposed. */
class Conv1D extends Module {
  static override readonly type: string = 'Conv1D';

  readonly weight: Tensor;
  readonly bias: Tensor;

  constructor(inFeatures: number, outFeatures: number, std: number) {
    super();
    this.weight = parameter(normal([inFeatures, outFeatures], { std }));
    this.bias = parameter(zeros([outFeatures]));
  }

  forward(x: Tensor): Tensor {
    return x.matmul(this.weight).add(this.bias);
  }

  override describe(): string {
    return `${super.describe()} ${this.weight.shape.join(' → ')}`;
  }
}

type Sizes = Required<GPT2Options>;

/** As its paper has it: what blocks add to x is as many times smaller as there are, 2 a layer. */
const first = ({ layers }: Sizes): { readonly inner: number; readonly added: number } => ({
  inner: 0.02,
  added: 0.02 / Math.sqrt(2 * layers),
});

class GPT2Attention extends Module<[x: Tensor, cache?: KeyValueCache]> {
  static override readonly type: string = 'GPT2Attention';

  readonly c_attn: Conv1D;
  readonly c_proj: Conv1D;
  readonly resid_dropout: Dropout;
  readonly #heads: number;
  readonly #dropout: number;

  constructor(sizes: Sizes) {
    super();
    const { width, heads, dropout } = sizes;
    this.c_attn = new Conv1D(width, 3 * width, first(sizes).inner);
    this.c_proj = new Conv1D(width, width, first(sizes).added);
    this.resid_dropout = new Dropout(dropout);
    this.#heads = heads;
    this.#dropout = dropout;
  }

  forward(x: Tensor, cache?: KeyValueCache): Tensor {
    const parts = split(this.c_attn.forward(x), x.shape.at(-1) ?? 1, -1).map((part) => splitHeads(part, this.#heads));
    const [query, key, value] = parts as [Tensor, Tensor, Tensor];
    const dropout = this.training ? this.#dropout : 0;
    let mixed: Tensor;
    if (cache === undefined) mixed = attendHeads(this, query, key, value, { causal: true, dropout });
    else {
      const { keys, values, mask } = cache.write(cache.claim(key.shape[2] ?? 0), key, value);
      mixed = attendHeads(this, query, keys, values, { mask, dropout });
    }
    return this.resid_dropout.forward(this.c_proj.forward(joinHeads(mixed)));
  }
}

class GPT2MLP extends Module {
  static override readonly type: string = 'GPT2MLP';

  readonly c_fc: Conv1D;
  readonly act: GELU = new GELU({ approximate: 'tanh' });
  readonly c_proj: Conv1D;
  readonly dropout: Dropout;

  constructor(sizes: Sizes) {
    super();
    const { width, dropout } = sizes;
    this.c_fc = new Conv1D(width, 4 * width, first(sizes).inner);
    this.c_proj = new Conv1D(4 * width, width, first(sizes).added);
    this.dropout = new Dropout(dropout);
  }

  forward(x: Tensor): Tensor {
    return this.dropout.forward(this.c_proj.forward(this.act.forward(this.c_fc.forward(x))));
  }
}

class GPT2Block extends Module<[x: Tensor, cache?: KeyValueCache]> {
  static override readonly type: string = 'GPT2Block';

  readonly ln_1: LayerNorm;
  readonly attn: GPT2Attention;
  readonly ln_2: LayerNorm;
  readonly mlp: GPT2MLP;

  constructor(sizes: Sizes) {
    super();
    this.ln_1 = new LayerNorm(sizes.width);
    this.attn = new GPT2Attention(sizes);
    this.ln_2 = new LayerNorm(sizes.width);
    this.mlp = new GPT2MLP(sizes);
  }

  forward(x: Tensor, cache?: KeyValueCache): Tensor {
    const y = x.add(this.attn.forward(this.ln_1.forward(x), cache));
    return y.add(this.mlp.forward(this.ln_2.forward(y)));
  }
}

/** All but the head: what a token becomes once it has seen those before it. */
class GPT2Body extends Module<[ids: Tensor, caches?: readonly KeyValueCache[]]> {
  static override readonly type: string = 'GPT2Body';

  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly drop: Dropout;
  readonly h: readonly GPT2Block[];
  readonly ln_f: LayerNorm;

  constructor(sizes: Sizes) {
    super();
    const { vocabulary, contextLength, width, layers, dropout } = sizes;
    this.wte = new Embedding(vocabulary, width);
    this.wpe = new Embedding(contextLength, width);
    for (const { weight } of [this.wte, this.wpe]) assign(weight, normal(weight.shape, { std: first(sizes).inner }));
    this.drop = new Dropout(dropout);
    this.h = Array.from({ length: layers }, () => new GPT2Block(sizes));
    this.ln_f = new LayerNorm(width);
  }

  forward(ids: Tensor, caches?: readonly KeyValueCache[]): Tensor {
    const steps = iota([ids.shape[1] ?? 0], 0);
    // Before the layers take their positions.
    const [cache] = caches ?? [];
    const positions = cache === undefined ? steps : steps.add(cache.position());
    const x = this.drop.forward(this.wte.forward(ids).add(this.wpe.forward(positions)));
    return this.ln_f.forward(this.h.reduce((y, block, i) => block.forward(y, caches?.[i]), x));
  }
}

/** Masks have 1 at the tokens that are seen, [1, 1, positions, positions]; what scores of the others become is a large negative number. */
const published: PublishedNames = {
  rename: (name) => (/^(transformer|lm_head)\./.test(name) ? name : `transformer.${name}`),
  buffers: [
    {
      name: /^transformer\.h\.\d+\.attn\.bias$/,
      what: 'a causal mask',
      fits: (values, shape) => {
        const length = shape.at(-1) ?? 0;
return shape.join() === `1,1,${length},${length}` && areAll(values, (i) => Number(i % length <= i / length));
      },
    },
    { name: /^transformer\.h\.\d+\.attn\.masked_bias$/, what: 'a large negative number', fits: (values) => values.length === 1 && (values[0] ?? 0) <= -1e4 },
  ],
}; // prettier-ignore

/**
 * GPT-2 (Radford et al. 2019): a decoder that says of each token what comes next. Embeddings of tokens and of positions are added; each block normalises, attends to the tokens before, adds; normalises, goes through two linear layers with a GELU
 * between them, adds. The logits are products with the embeddings of tokens, which are one with the head. The defaults are the model of 124 million parameters.
 *
 * Shape: int32[batch, length] with length ≤ contextLength → logits float32[batch, length, vocabulary]; those at t do not depend on tokens after t. With `caches` of {@link createCaches} the tokens are those that come next, and pieces one after the
 * other give what the whole gives: it is a `CausalModel`, for `generate` and `beamSearch` of `@hebb/layers`.
 *
 * Parameters have the names, order and shapes of Hugging Face's GPT2LMHeadModel: `transformer.wte.weight`, `transformer.wpe.weight`, `transformer.h.0.ln_1.weight`, …, `transformer.h.0.attn.c_attn.weight` [width, 3 · width] (queries, keys, values), …,
 * `transformer.ln_f.bias`, `lm_head.weight`, which is `transformer.wte.weight`. Linear weights lie there, and here, as [in, out]: they load as they are. At first weights are normal with deviation 0.02, those of what blocks add 0.02 / √(2 · layers).
 * {@link GPT2.fromPretrained} reads the files of its publishers, which leave out the prefix `transformer.` and hold masks.
 *
 * Throws `ArgumentError` for options out of range, where heads do not divide the width, and for tokens that there are not; `ShapeError` for texts that are too long or no [batch, length].
 *
 * ```ts
 * const model = new GPT2({ vocabulary: 65, contextLength: 64, width: 32, layers: 2, heads: 4 }).eval();
 * model.forward(zeros([2, 10], { dtype: 'int32' })).shape;  // [2, 10, 65]
 * const written: number[] = [];
 * for await (const token of generate(model, [1, 2, 3], { maxTokens: 5, seed: 1 })) written.push(token);
 * written.length;  // 5
 * ```
 */
export class GPT2 extends Module<[ids: Tensor, caches?: readonly KeyValueCache[]]> {
  static override readonly type: string = 'GPT2';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<GPT2Options>>;
  readonly transformer: GPT2Body;
  readonly lm_head: Linear;

  constructor(options: GPT2Options = {}) {
    super();
    requireOptions('GPT2', options, gpt2Options);
    const { vocabulary = 50257, contextLength = 1024, width = 768, layers = 12, heads = 12, dropout = 0.1 } = options;
    requireDivides('GPT2', ['heads', heads], ['width', width]);
    this.options = { vocabulary, contextLength, width, layers, heads, dropout };
    this.transformer = new GPT2Body(this.options);
    this.lm_head = new Linear(width, vocabulary, { bias: false });
    this.lm_head.weight = this.transformer.wte.weight;
  }

  /**
   * Reads a model as its publisher has it on the Hugging Face Hub (`gpt2`, `distilgpt2`, …): `config.json` beside `model.safetensors`, or beside several such files and `model.safetensors.index.json`. Names with the prefix `transformer.` and without,
   * masks in the file, heads that are written out or not, float32, float16 and bfloat16 are understood. It does not train at first, as after `eval()`.
   *
   * @param files - the folder; or, in a page, what gives a file by its name, `async (name) => { const answer = await fetch(base + name); return answer.ok ? answer.blob() : undefined; }`.
   * @param options - `dropout`, default that of the file.
   *
   * Throws `ArgumentError` for what a GPT-2 is not: other activations, tensors of names that are not known or are missing, masks that are not causal, each by its name; `ShapeError` for weights of other shapes, `FileError` and `SafetensorsError` for
   * files that cannot be read.
   *
   * ```ts
   * const small = new GPT2({ vocabulary: 65, contextLength: 64, width: 32, layers: 2, heads: 4 });
   * await writeFile('gpt2/config.json', JSON.stringify({ model_type: 'gpt2', vocab_size: 65, n_positions: 64, n_embd: 32, n_layer: 2, n_head: 4 }), { makeFolder: true });
   * await writeSafetensors('gpt2/model.safetensors', small.stateDict());
   * const model = await GPT2.fromPretrained('gpt2');
   * model.contextLength;  // 64
   * ```
   */
  static async fromPretrained(files: PretrainedFiles, options: { dropout?: number } = {}): Promise<GPT2> {
    const where = 'GPT2.fromPretrained';
    checkOptions(where, options, { dropout: between(0, 1) });
    const { config, state } = await readPretrained(where, files);
    const width = numberOf(where, config, ['n_embd'], 768);
    requireKnown(where, config, {
      model_type: ['gpt2'],
      activation_function: ['gelu_new', 'gelu_pytorch_tanh'],
      layer_norm_epsilon: [1e-5],
      n_inner: [null, 4 * width],
      scale_attn_weights: [true],
      scale_attn_by_inverse_layer_idx: [false],
      add_cross_attention: [false],
      tie_word_embeddings: [true],
    });
    const model = new GPT2({
      vocabulary: numberOf(where, config, ['vocab_size'], 50257),
      contextLength: numberOf(where, config, ['n_positions', 'n_ctx'], 1024),
      width,
      layers: numberOf(where, config, ['n_layer'], 12),
      heads: numberOf(where, config, ['n_head'], 12),
      dropout: options.dropout ?? dropoutOf(where, config, ['resid_pdrop', 'embd_pdrop', 'attn_pdrop']),
    });
    return (await loadPublished(where, model, state, published)).eval();
  }

  /** How many tokens it looks back on. */
  get contextLength(): number {
    return this.options.contextLength;
  }

  forward(ids: Tensor, caches?: readonly KeyValueCache[]): Tensor {
    requireTexts('GPT2', ids, this.contextLength);
    requireCaches('GPT2', caches, this.options.layers);
    return this.lm_head.forward(this.transformer.forward(ids, caches));
  }

  /**
   * An empty cache for each layer, with room for `capacity` tokens of `batch` texts.
   *
   * Throws `ArgumentError` for more tokens than there are positions.
   */
  createCaches(sizes: CacheSizes): KeyValueCache[] {
    const { width, heads, layers, contextLength } = this.options;
    return cachesOf('GPT2.createCaches', sizes, contextLength, { layers, heads, headDim: width / heads });
  }

  /** What each token looks at, layer by layer: each [batch, heads, length, length], as {@link attentionWeights} finds them. */
  attentionWeights(ids: Tensor): Tensor[] {
    return [...attentionWeights(this, () => this.forward(ids)).values()];
  }
}
