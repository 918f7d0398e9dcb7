import { attendHeads, attentionWeights, Embedding, Linear, Module, normal, RMSNorm, RotaryEmbedding, SwiGLU, type KeyValueCache } from '@hebb/layers'; // prettier-ignore
import { ArgumentError, assign, type Tensor } from '@hebb/tensor';
import { isPlain, requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { positive, size } from '../convolutional/checks.ts';
import { numberOf, requireKnown } from './pretrained/config.ts';
import { readPretrained, type PretrainedFiles, type PublishedConfig } from './pretrained/files.ts';
import { loadPublished, type PublishedNames } from './pretrained/load.ts';
import { cachesOf, depth, joinHeads, requireCaches, requireDivides, requireTexts, splitHeads, type CacheSizes } from './checks.ts'; // prettier-ignore

export interface LlamaOptions {
  /** How many tokens there are. Default 32000. */
  vocabulary?: number;
  /** Tokens that it is meant to look back on. Default 2048. */
  contextLength?: number;
  /** Features of a token. Default 4096. */
  width?: number;
  /** Number of blocks. Default 32. */
  layers?: number;
  /** Heads of queries, which divide the width. Default 32. */
  heads?: number;
  /** Heads of keys and values, each for heads / keyValueHeads neighbouring heads of queries (Ainslie et al. 2023, arXiv:2305.13245). Default: `heads`. */
  keyValueHeads?: number;
  /** Features in the middle of the feed-forward blocks. Default: 8/3 of the width, up to the next multiple of 256. */
  hidden?: number;
  /** Base of the angles of rotary positions: 500000 in Llama 3. Default 10000. */
  rotaryBase?: number;
  /** Added to mean squares: 1e-5 from Llama 2 on. Default 1e-6. */
  epsilon?: number;
  /** Whether the logits are made by the embeddings' weights, as in Llama 3.2. Default false. */
  tied?: boolean;
}

const llamaOptions: OptionNames<LlamaOptions> = {
  vocabulary: size,
  contextLength: size,
  width: size,
  layers: depth,
  heads: size,
  keyValueHeads: size,
  hidden: size,
  rotaryBase: positive,
  epsilon: positive,
  tied: requireBoolean,
};

type Sizes = Required<LlamaOptions>;

class LlamaAttention extends Module<[x: Tensor, cache?: KeyValueCache]> {
  static override readonly type: string = 'LlamaAttention';

  readonly q_proj: Linear;
  readonly k_proj: Linear;
  readonly v_proj: Linear;
  readonly o_proj: Linear;
  readonly rotary: RotaryEmbedding;
  readonly #heads: number;
  readonly #keyValueHeads: number;

  constructor({ width, heads, keyValueHeads, rotaryBase }: Sizes) {
    super();
    const keyWidth = (width / heads) * keyValueHeads;
    this.q_proj = new Linear(width, width, { bias: false });
    this.k_proj = new Linear(width, keyWidth, { bias: false });
    this.v_proj = new Linear(width, keyWidth, { bias: false });
    this.o_proj = new Linear(width, width, { bias: false });
    this.rotary = new RotaryEmbedding(width / heads, { base: rotaryBase, interleaved: false });
    this.#heads = heads;
    this.#keyValueHeads = keyValueHeads;
  }

  forward(x: Tensor, cache?: KeyValueCache): Tensor {
    const query = splitHeads(this.q_proj.forward(x), this.#heads);
    const key = splitHeads(this.k_proj.forward(x), this.#keyValueHeads);
    const value = splitHeads(this.v_proj.forward(x), this.#keyValueHeads);
    if (cache === undefined) {
      const [q, k] = [this.rotary.forward(query), this.rotary.forward(key)];
      return this.o_proj.forward(joinHeads(attendHeads(this, q, k, value, { causal: true })));
    }
    const offset = cache.claim(x.shape[1] ?? 0);
    const [q, k] = [this.rotary.forward(query, { offset }), this.rotary.forward(key, { offset })];
    const { keys, values, mask } = cache.write(offset, k, value);
    return this.o_proj.forward(joinHeads(attendHeads(this, q, keys, values, { mask })));
  }
}

class LlamaBlock extends Module<[x: Tensor, cache?: KeyValueCache]> {
  static override readonly type: string = 'LlamaBlock';

  readonly self_attn: LlamaAttention;
  readonly mlp: SwiGLU;
  readonly input_layernorm: RMSNorm;
  readonly post_attention_layernorm: RMSNorm;

  constructor(sizes: Sizes) {
    super();
    const { width, hidden, epsilon: eps } = sizes;
    this.self_attn = new LlamaAttention(sizes);
    this.mlp = new SwiGLU(width, hidden);
    this.input_layernorm = new RMSNorm(width, { eps });
    this.post_attention_layernorm = new RMSNorm(width, { eps });
  }

  forward(x: Tensor, cache?: KeyValueCache): Tensor {
    const y = x.add(this.self_attn.forward(this.input_layernorm.forward(x), cache));
    return y.add(this.mlp.forward(this.post_attention_layernorm.forward(y)));
  }
}

/** All but the head. */
class LlamaBody extends Module<[ids: Tensor, caches?: readonly KeyValueCache[]]> {
  static override readonly type: string = 'LlamaBody';

  readonly embed_tokens: Embedding;
  readonly layers: readonly LlamaBlock[];
  readonly norm: RMSNorm;

  constructor(sizes: Sizes) {
    super();
    const { vocabulary, width, layers, epsilon: eps } = sizes;
    this.embed_tokens = new Embedding(vocabulary, width);
    this.layers = Array.from({ length: layers }, () => new LlamaBlock(sizes));
    this.norm = new RMSNorm(width, { eps });
  }

  forward(ids: Tensor, caches?: readonly KeyValueCache[]): Tensor {
    const x = this.embed_tokens.forward(ids);
    return this.norm.forward(this.layers.reduce((y, block, i) => block.forward(y, caches?.[i]), x));
  }
}

/** Speeds of angles are base^(−2i / d), perhaps rounded to 16 bits. */
const publishedNames = ({ rotaryBase, width, heads }: Sizes): PublishedNames => ({
  rename: (name) => (/^(model|lm_head)\./.test(name) ? name : `model.${name}`),
  buffers: [
    {
      name: /^model\.(layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq$/,
      what: `the speeds of angles of the base ${rotaryBase}`,
      fits: (values) =>
        values.length === width / heads / 2 &&
        Array.from(values).every((value, i) => Math.abs(value * rotaryBase ** ((2 * i * heads) / width) - 1) < 0.01),
    },
  ],
});

/**
 * LLaMA (Touvron et al. 2023, arXiv:2302.13971): a decoder like {@link GPT2} with root mean squares for normalisation (Zhang & Sennrich 2019), rotary positions (Su et al. 2021), gated feed-forward blocks (SwiGLU, Shazeer 2020), heads of
 * keys and values that several heads of queries share where `keyValueHeads` is given, and no biases. The defaults are the model of 7 billion parameters: say smaller sizes.
 *
 * Shape: int32[batch, length] with length ≤ contextLength → logits float32[batch, length, vocabulary]; those at t do not depend on tokens after t. With `caches` of {@link createCaches} the tokens are those that come next, and pieces one after the
 * other give what the whole gives: it is a `CausalModel`, for `generate` and `beamSearch` of `@hebb/layers`.
 *
 * Parameters have the names, order and shapes of Hugging Face's LlamaForCausalLM, whose order of rotary features (i beside i + d / 2) it has, too: `model.embed_tokens.weight`, `model.layers.0.self_attn.q_proj.weight`, …,
 * `model.layers.0.mlp.gate_proj.weight`, …, `model.norm.weight`, `lm_head.weight`. At first all matrices are normal with deviation 0.02.
 *
 * Throws `ArgumentError` for options out of range, where heads do not divide what they are to divide or have an odd number of features, and for tokens that there are not; `ShapeError` for texts that are too long or no [batch, length].
 *
 * ```ts
 * const model = new Llama({ vocabulary: 65, contextLength: 64, width: 32, layers: 2, heads: 4, keyValueHeads: 2, hidden: 64 });
 * model.forward(zeros([2, 10], { dtype: 'int32' })).shape;  // [2, 10, 65]
 * model.createCaches({ batch: 1, capacity: 64 }).length;  // 2
 * ```
 */
export class Llama extends Module<[ids: Tensor, caches?: readonly KeyValueCache[]]> {
  static override readonly type: string = 'Llama';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<LlamaOptions>>;
  readonly model: LlamaBody;
  readonly lm_head: Linear;

  constructor(options: LlamaOptions = {}) {
    super();
    requireOptions('Llama', options, llamaOptions);
    const { vocabulary = 32000, contextLength = 2048, width = 4096, layers = 32, heads = 32 } = options;
    const { rotaryBase = 10000, epsilon = 1e-6, tied = false, keyValueHeads = heads } = options;
    const { hidden = Math.ceil((width * 8) / 3 / 256) * 256 } = options;
    requireDivides('Llama', ['heads', heads], ['width', width]);
    requireDivides('Llama', ['keyValueHeads', keyValueHeads], ['heads', heads]);
    if ((width / heads) % 2 !== 0)
      throw new ArgumentError(`[Llama] a head has ${width / heads} features (width ${width} / heads ${heads}); rotary positions turn pairs of them, so that there must be an even number.`); // prettier-ignore
    this.options = { vocabulary, contextLength, width, layers, heads, keyValueHeads, hidden, rotaryBase, epsilon, tied }; // prettier-ignore
    this.model = new LlamaBody(this.options);
    this.lm_head = new Linear(width, vocabulary, { bias: false });
    if (tied) this.lm_head.weight = this.model.embed_tokens.weight;
    for (const value of this.namedParameters().values())
      if (value.ndim > 1) assign(value, normal(value.shape, { std: 0.02 }));
  }

  /**
   * Reads a model as its publisher has it on the Hugging Face Hub: `config.json` beside `model.safetensors`, or beside several such files and `model.safetensors.index.json`. Names with the prefix `model.` and without, speeds of rotary angles in the
   * file, heads that are written out or tied, float32, float16 and bfloat16 are understood: all becomes float32. It does not train at first, as after `eval()`.
   *
   * @param files - the folder; or, in a page, what gives a file by its name, `async (name) => { const answer = await fetch(base + name); return answer.ok ? answer.blob() : undefined; }`.
   *
   * Throws `ArgumentError` for what is not built here (scaled rotary positions, as Llama 3.1 has them; biases; quantised weights), and tensors of names that are not known or are missing, each by its name; `ShapeError` for weights of other shapes,
   * `FileError` and `SafetensorsError` for files that cannot be read.
   *
   * ```ts
   * const small = new Llama({ vocabulary: 65, contextLength: 64, width: 32, layers: 2, heads: 4, hidden: 64 });
   * const config = { model_type: 'llama', vocab_size: 65, max_position_embeddings: 64, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 4 };
   * await writeFile('llama/config.json', JSON.stringify(config), { makeFolder: true });
   * await writeShardedSafetensors('llama/model.safetensors', small.stateDict(), { maxShardSize: 40_000 });
   * (await Llama.fromPretrained('llama')).options.keyValueHeads;  // 4
   * ```
   */
  static async fromPretrained(files: PretrainedFiles): Promise<Llama> {
    const where = 'Llama.fromPretrained';
    const { config, state } = await readPretrained(where, files);
    const width = numberOf(where, config, ['hidden_size'], 4096);
    const heads = numberOf(where, config, ['num_attention_heads'], 32);
    // Newer configurations have what rotary positions need in an object of its own.
    const { rope_parameters: rotary } = config;
    const positions = isPlain(rotary) ? (rotary as PublishedConfig) : config;
    const plain = [null, { rope_type: 'default' }, { type: 'default' }];
    requireKnown(where, positions, { rope_type: ['default'], rope_scaling: plain, partial_rotary_factor: [1] });
    requireKnown(where, config, {
      model_type: ['llama'],
      hidden_act: ['silu'],
      head_dim: [null, width / heads],
      attention_bias: [false],
      mlp_bias: [false],
      rope_scaling: plain,
      tie_word_embeddings: [true, false],
    });
    const model = new Llama({
      vocabulary: numberOf(where, config, ['vocab_size'], 32000),
      contextLength: numberOf(where, config, ['max_position_embeddings'], 2048),
      width,
      layers: numberOf(where, config, ['num_hidden_layers'], 32),
      heads,
      keyValueHeads: numberOf(where, config, ['num_key_value_heads'], heads),
      hidden: numberOf(where, config, ['intermediate_size'], 11008),
      rotaryBase: numberOf(where, positions, ['rope_theta'], 10000),
      epsilon: numberOf(where, config, ['rms_norm_eps'], 1e-6),
      tied: config['tie_word_embeddings'] === true,
    });
    return (await loadPublished(where, model, state, publishedNames(model.options))).eval();
  }

  /** How many tokens it looks back on. */
  get contextLength(): number {
    return this.options.contextLength;
  }

  forward(ids: Tensor, caches?: readonly KeyValueCache[]): Tensor {
    requireTexts('Llama', ids, this.contextLength);
    requireCaches('Llama', caches, this.options.layers);
    return this.lm_head.forward(this.model.forward(ids, caches));
  }

  /**
   * An empty cache for each layer, with room for `capacity` tokens of `batch` texts.
   *
   * Throws `ArgumentError` for more tokens than `contextLength`.
   */
  createCaches(sizes: CacheSizes): KeyValueCache[] {
    const { width, heads, keyValueHeads, layers, contextLength } = this.options;
    return cachesOf('Llama.createCaches', sizes, contextLength, { layers, heads: keyValueHeads, headDim: width / heads }); // prettier-ignore
  }

  /** What each token looks at, layer by layer: each [batch, heads, length, length], as {@link attentionWeights} finds them. */
  attentionWeights(ids: Tensor): Tensor[] {
    return [...attentionWeights(this, () => this.forward(ids)).values()];
  }
}
