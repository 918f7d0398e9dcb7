import { ArgumentError, linear, concat, iota, ShapeError, split, zeros, type Tensor } from '@hebb/tensor';
import { between, checkOptions, requireBoolean, requireFunction, requireInteger, requireTensor, wrongArgument, type OptionNames } from '@hebb/tensor/arguments'; // prettier-ignore
import { xavierNormal, xavierUniform } from '../initialization/initialization.ts';
import { Linear } from '../linear/linear.ts';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';
import { ALiBi } from './alibi.ts';
import { attendHeads, weighted } from './attend.ts';
import { joinMasks, readAttentionMask, readPaddingMask } from './attention-masks.ts';
import { KeyValueCache } from './key-value-cache.ts';
import { RotaryEmbedding } from './rotary-embedding.ts';

export interface MultiheadAttentionOptions {
  /** Probability with which an attention weight is dropped while training. Default 0. */
  dropout?: number;
  /** Whether projections add biases. Default true. */
  bias?: boolean;
  /** Whether a learned key and value come after those of the input. Default false. */
  addBiasKv?: boolean;
  /** Whether a key and a value of zeros come last. Default false. */
  addZeroAttn?: boolean;
  /** Features of the keys. Default embedDim. */
  kdim?: number;
  /** Features of the values. Default embedDim. */
  vdim?: number;
  /** Whether inputs are [batch, length, features], in the place of [length, batch, features]. Default false. */
  batchFirst?: boolean;
  /** Heads of keys and values, each for numHeads / numKeyValueHeads neighbouring heads of queries (Ainslie et al. 2023, arXiv:2305.13245). Default numHeads. */
  numKeyValueHeads?: number;
  /** Turns queries and keys by their positions. Default: none. */
  rotary?: RotaryEmbedding | undefined;
  /** Adds biases that grow with the distance ({@link ALiBi}). Default false. */
  alibi?: boolean;
}

/** What a call of {@link MultiheadAttention} may be given beside queries, keys and values. */
export interface AttendOptions {
  /** [batch, keys], bool, true at keys that are left out, or numbers that are added to the scores. Default: none. */
  keyPaddingMask?: Tensor | undefined;
  /** [queries, keys] or [batch · heads, queries, keys] (also [heads, …] and [batch, heads, …]), bool, true where a query does not see a key, or numbers that are added to the scores. Default: none. */
  attentionMask?: Tensor | undefined;
  /** Whether query i sees the keys 0 … i alone. Default false. */
  isCausal?: boolean;
  /** Whether the weights are returned, too. Default false. */
  needWeights?: boolean;
  /** Whether weights are the mean over the heads. Default true. */
  averageWeights?: boolean;
  /** What was attended to before: keys and values are added to it, and queries see all that it holds up to their own position. Default: none. */
  cache?: KeyValueCache | undefined;
  /** Keys and values as {@link MultiheadAttention.projectKeys} gave them for `key` and `value`, so that they are not computed again. Default: none. */
  projected?: ProjectedKeys | undefined;
  /** Other projections of queries, keys and values, for adapters. Default: {@link MultiheadAttention.project}. */
  project?: ((x: Tensor, part: AttentionProjection) => Tensor) | undefined;
}

/** Keys and values of heads, [batch, numKeyValueHeads, length, headDim], of what is attended to again and again. */
export interface ProjectedKeys {
  readonly keys: Tensor;
  readonly values: Tensor;
}

export interface Attended {
  /** Of the shape of the queries. */
  readonly output: Tensor;
  /** With `needWeights`: [batch, queries, keys], or [batch, heads, queries, keys] without `averageWeights`. */
  readonly weights: Tensor | undefined;
}

/** One of the projections that queries, keys and values go through; `packed` is all three of one input. */
export type AttentionProjection = 'query' | 'key' | 'value' | 'packed';

function requireRotary(where: string, name: string, value: unknown): void {
  if (!(value instanceof RotaryEmbedding)) throw wrongArgument(where, name, 'a RotaryEmbedding', value);
}
function requireCache(where: string, name: string, value: unknown): void {
  if (!(value instanceof KeyValueCache)) throw wrongArgument(where, name, 'a KeyValueCache', value);
}
const requireSize = (where: string, name: string, value: unknown): void => requireInteger(where, name, value, 1);

const attentionOptions: OptionNames<MultiheadAttentionOptions> = {
  dropout: between(0, 1),
  bias: requireBoolean,
  addBiasKv: requireBoolean,
  addZeroAttn: requireBoolean,
  kdim: requireSize,
  vdim: requireSize,
  batchFirst: requireBoolean,
  numKeyValueHeads: requireSize,
  rotary: requireRotary,
  alibi: requireBoolean,
};

const attendOptions: OptionNames<AttendOptions> = {
  keyPaddingMask: requireTensor,
  attentionMask: requireTensor,
  isCausal: requireBoolean,
  needWeights: requireBoolean,
  averageWeights: requireBoolean,
  cache: requireCache,
  projected: true,
  project: requireFunction,
};

/**
 * Attention with several heads (Vaswani et al. 2017, arXiv:1706.03762): concat(head₁, …, headₙ) W_O, where each head is softmax(q kᵀ / √headDim) v of its own projections of
 * queries, keys and values, with headDim = embedDim / numHeads.
 *
 * Shape: query [queries, batch, embedDim], key [keys, batch, kdim] and value [keys, batch, vdim] → `output` [queries, batch, embedDim]; with `batchFirst`, the batch is the first axis; without a
 * batch it is left out. Key and value are by default what comes before them: `forward(x)` is attention of x to itself.
 *
 * Parameters, PyTorch's: `in_proj_weight` [embedDim + 2 · keyDim, embedDim], Glorot-uniform at first, with keyDim = numKeyValueHeads · headDim; where kdim or vdim differ from embedDim
 * `q_proj_weight`, `k_proj_weight` and `v_proj_weight`; `in_proj_bias` [embedDim + 2 · keyDim], 0 at first; `bias_k` and `bias_v` [1, 1, keyDim]; `out_proj`, a {@link Linear} with the bias 0 at first.
 *
 * Masks mean what they mean in PyTorch: true leaves out. A query that sees no key attends to nothing: its output is the bias of `out_proj`, where PyTorch 1.13 gives NaN. `isCausal` masks by itself, without an `attentionMask`.
 *
 * Throws {@link ArgumentError} where heads do not divide what they are to divide, {@link ShapeError} and {@link DTypeError} for inputs and masks that do not fit.
 *
 * ```ts
 * const attention = new MultiheadAttention(16, 4, { batchFirst: true });
 * const x = zeros([2, 5, 16]);
 * attention.forward(x).output.shape; // [2, 5, 16]
 * attention.forward(x, x, x, { isCausal: true, needWeights: true }).weights?.shape; // [2, 5, 5]
 * ```
 */
export class MultiheadAttention extends Module<
  [query: Tensor, key?: Tensor, value?: Tensor, options?: AttendOptions],
  Attended
> {
  static override readonly type: string = 'MultiheadAttention';
  static override readonly positional: readonly string[] = ['embedDim', 'numHeads'];
  static override readonly options: ModuleOptions = attentionOptions;

  readonly embedDim: number;
  readonly numHeads: number;
  readonly numKeyValueHeads: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly bias: boolean;
  readonly addBiasKv: boolean;
  readonly addZeroAttn: boolean;
  readonly batchFirst: boolean;
  readonly alibi: boolean;
  readonly rotary: RotaryEmbedding | undefined;
  /** May be changed; compiled functions follow. */
  dropout: number;
  in_proj_weight: Tensor | undefined;
  q_proj_weight: Tensor | undefined;
  k_proj_weight: Tensor | undefined;
  v_proj_weight: Tensor | undefined;
  in_proj_bias: Tensor | undefined;
  bias_k: Tensor | undefined;
  bias_v: Tensor | undefined;
  out_proj: Linear;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    requirePositiveIntegers('MultiheadAttention', { embedDim, numHeads });
    checkOptions('MultiheadAttention', options, attentionOptions);
    const { dropout = 0, bias = true, addBiasKv = false, addZeroAttn = false, batchFirst = false, alibi = false } = options; // prettier-ignore
    const { kdim = embedDim, vdim = embedDim, numKeyValueHeads = numHeads } = options;
    requireDivision(`numHeads ${numHeads}`, `embedDim ${embedDim}`, embedDim / numHeads);
    requireDivision(`numKeyValueHeads ${numKeyValueHeads}`, `numHeads ${numHeads}`, numHeads / numKeyValueHeads);
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.numKeyValueHeads = numKeyValueHeads;
    this.kdim = kdim;
    this.vdim = vdim;
    this.bias = bias;
    this.addBiasKv = addBiasKv;
    this.addZeroAttn = addZeroAttn;
    this.batchFirst = batchFirst;
    this.alibi = alibi;
    this.rotary = options.rotary;
    this.dropout = dropout;
    const keyDim = this.headDim * numKeyValueHeads;
    if (kdim === embedDim && vdim === embedDim) {
      this.in_proj_weight = parameter(xavierUniform([embedDim + 2 * keyDim, embedDim]));
    } else {
      this.q_proj_weight = parameter(xavierUniform([embedDim, embedDim]));
      this.k_proj_weight = parameter(xavierUniform([keyDim, kdim]));
      this.v_proj_weight = parameter(xavierUniform([keyDim, vdim]));
    }
    if (bias) this.in_proj_bias = parameter(zeros([embedDim + 2 * keyDim]));
    if (addBiasKv) {
      this.bias_k = parameter(xavierNormal([1, 1, keyDim]));
      this.bias_v = parameter(xavierNormal([1, 1, keyDim]));
    }
    this.out_proj = new Linear(embedDim, embedDim, { bias });
    if (bias) this.out_proj.bias = parameter(zeros([embedDim]));
  }

  /** Features of a head. */
  get headDim(): number {
    return this.embedDim / this.numHeads;
  }

  /** An empty {@link KeyValueCache} for this layer. */
  createCache({ batch, capacity }: { readonly batch: number; readonly capacity: number }): KeyValueCache {
    return new KeyValueCache({ batch, capacity, heads: this.numKeyValueHeads, headDim: this.headDim });
  }

  /** Weight and bias of a projection. */
  projection(part: AttentionProjection): { readonly weight: Tensor; readonly bias: Tensor | undefined } {
    const { in_proj_weight: packed, in_proj_bias: bias } = this;
    const [start, rows] = this.rowsOf(part);
    const own = { query: this.q_proj_weight, key: this.k_proj_weight, value: this.v_proj_weight, packed };
    const weight = packed?.narrow(0, start, rows) ?? own[part];
    if (weight === undefined) throw new ArgumentError(`[MultiheadAttention] has no weight for the projection ${part}.`);
    return { weight, bias: bias?.narrow(0, start, rows) };
  }

  /** First row and number of rows of a projection in `in_proj_weight` and `in_proj_bias`. */
  rowsOf(part: AttentionProjection): readonly [start: number, rows: number] {
    const { embedDim } = this;
    const keyDim = this.headDim * this.numKeyValueHeads;
    if (part === 'packed') return [0, embedDim + 2 * keyDim];
    return part === 'query' ? [0, embedDim] : [part === 'key' ? embedDim : embedDim + keyDim, keyDim];
  }

  /** A projection of x, with its bias. */
  project(x: Tensor, part: AttentionProjection): Tensor {
    const { weight, bias } = this.projection(part);
    return linear(x, weight, bias);
  }

  /**
   * Keys and values as heads see them, for `projected` of {@link forward}: of a memory that every step of a decoder attends to, computed once.
   *
   * Shape: key [keys, batch, kdim] and value [keys, batch, vdim], or with `batchFirst` the batch first → each [batch, numKeyValueHeads, keys, headDim].
   *
   * ```ts
   * const attention = new MultiheadAttention(16, 4, { batchFirst: true });
   * const [x, memory] = [randn([2, 1, 16]), randn([2, 9, 16])];
   * const projected = attention.projectKeys(memory);
   * projected.keys.shape; // [2, 4, 9, 4]
   * attention.forward(x, memory, memory, { projected }).output.shape; // [2, 1, 16]
   * ```
   */
  projectKeys(key: Tensor, value: Tensor = key): ProjectedKeys {
    for (const [name, x] of Object.entries({ key, value })) {
      requireTensor('MultiheadAttention.projectKeys', name, x);
      if (x.ndim !== 3)
        throw new ShapeError(`[MultiheadAttention.projectKeys] ${name} has a batch and a length, unlike ${x}.`);
    }
    const heads = (x: Tensor): Tensor => splitHeads(this.batchFirst ? x : x.transpose(0, 1), this.numKeyValueHeads);
    return { keys: heads(this.project(key, 'key')), values: heads(this.project(value, 'value')) };
  }

  forward(query: Tensor, key: Tensor = query, value: Tensor = key, options: AttendOptions = {}): Attended {
    this.#check(query, key, value, options);
    const { numHeads, numKeyValueHeads, batchFirst } = this;
    const { project = (x, part) => this.project(x, part) } = options;
    const isBatch = query.ndim === 3;
    // [batch, length, features] of every input, whatever the layout.
    const toBatch = (x: Tensor): Tensor => (isBatch ? (batchFirst ? x : x.transpose(0, 1)) : x.unsqueeze(0));
    const fromBatch = (x: Tensor): Tensor => (isBatch ? (batchFirst ? x : x.transpose(0, 1)) : x.squeeze(0));
    const { projected } = options;
    const isSelf = query === key && key === value && this.in_proj_weight !== undefined && projected === undefined;
    const [queries, keys, values] = isSelf
      ? split(project(query, 'packed'), [this.rowsOf('query')[1], this.rowsOf('key')[1], this.rowsOf('value')[1]], -1)
      : projected === undefined
        ? [project(query, 'query'), project(key, 'key'), project(value, 'value')]
        : [project(query, 'query')];
    const heads = (x: Tensor | undefined, count: number): Tensor => splitHeads(toBatch(x as Tensor), count);
    const { output, weights } = this.#attendHeads(
      heads(queries, numHeads),
      projected?.keys ?? heads(keys, numKeyValueHeads),
      projected?.values ?? heads(values, numKeyValueHeads),
      options,
    );
    const { averageWeights = true } = options;
    const seen = averageWeights ? weights?.mean(1) : weights;
    return {
      output: this.out_proj.forward(fromBatch(output.transpose(1, 2).flatten(-2))),
      weights: isBatch ? seen : seen?.squeeze(0),
    };
  }

  /** Of queries, keys and values [batch, heads, length, headDim]. */
  #attendHeads(query: Tensor, key: Tensor, value: Tensor, options: AttendOptions): Attended {
    const { numHeads, rotary, training } = this;
    const { cache, isCausal = false, needWeights = false } = options;
    const [batch = 0, , queries = 0] = query.shape;
    const dropout = training ? this.dropout : 0;
    const offset = cache?.claim(key.shape[2] ?? 0);
    let [q, k, v] = [query, key, value];
    if (rotary !== undefined) {
      const at = offset === undefined ? {} : { offset };
      [q, k] = [rotary.forward(q, at), rotary.forward(k, at)];
    }
    let before: Tensor | undefined;
    if (cache !== undefined && offset !== undefined) ({ keys: k, values: v, mask: before } = cache.write(offset, k, v));
    const given = k.shape[2] ?? 0;
    const masks = this.#masks({ batch, heads: numHeads, queries, keys: given }, offset, options);
    if (before !== undefined) masks.push(before);
    const added = this.#addedKeys(batch, k.dtype);
    k = concat([k, ...added.map(({ key: extra }) => extra)], 2);
    v = concat([v, ...added.map(({ value: extra }) => extra)], 2);
    // Everybody sees what was added, which a causal mask by position does not say.
    const isPlainCausal = isCausal && cache === undefined && added.length === 0;
    if (isCausal && cache === undefined && !isPlainCausal) masks.push(iota([queries, 1], 0).greaterEqual(iota([1, given], 1))); // prettier-ignore
    const joined = joinMasks(masks);
    const mask = joined && added.length > 0 ? extend(joined, given, added.length) : joined;
    const how = { mask, causal: isPlainCausal, dropout };
    return needWeights ? weighted(q, k, v, how) : { output: attendHeads(this, q, k, v, how), weights: undefined };
  }

  /** What hides keys, each true where a key is seen or added to the scores, four axes or fewer. */
  #masks(sizes: Parameters<typeof readAttentionMask>[1], offset: Tensor | undefined, options: AttendOptions): Tensor[] {
    const { keyPaddingMask, attentionMask } = options;
    const { queries, keys } = sizes;
    const masks: Tensor[] = [];
    if (attentionMask !== undefined) masks.push(readAttentionMask(attentionMask, sizes));
    if (keyPaddingMask !== undefined) {
      const batched = keyPaddingMask.ndim === 1 && sizes.batch === 1 ? keyPaddingMask.unsqueeze(0) : keyPaddingMask;
      masks.push(readPaddingMask(batched, sizes));
    }
    if (this.alibi) masks.push(new ALiBi(this.numHeads).bias(queries, keys, { offset: offset ?? 0 }));
    return masks;
  }

  /** Keys and values [batch, heads, 1, headDim] that come after those of the input. */
  #addedKeys(batch: number, dtype: Tensor['dtype']): { readonly key: Tensor; readonly value: Tensor }[] {
    const { bias_k: key, bias_v: value, numKeyValueHeads, headDim, addZeroAttn } = this;
    const shape = [batch, numKeyValueHeads, 1, headDim];
    const repeated = (x: Tensor): Tensor => x.reshape([1, numKeyValueHeads, 1, headDim]).broadcastTo(shape);
    const none = zeros(shape, { dtype });
    return [
      ...(key === undefined || value === undefined ? [] : [{ key: repeated(key), value: repeated(value) }]),
      ...(addZeroAttn ? [{ key: none, value: none }] : []),
    ];
  }

  #check(query: Tensor, key: Tensor, value: Tensor, options: AttendOptions): void {
    const { embedDim, kdim, vdim, batchFirst } = this;
    checkOptions('MultiheadAttention', options, attendOptions);
    const features = { query: embedDim, key: kdim, value: vdim };
    const given = { query, key, value };
    for (const [name, x] of Object.entries(given)) {
      requireTensor('MultiheadAttention', name, x);
      const wanted = features[name as keyof typeof features];
      const layout = batchFirst ? '[batch, length, features]' : '[length, batch, features]';
      if ((x.ndim !== 2 && x.ndim !== 3) || x.ndim !== query.ndim)
        throw new ShapeError(`[MultiheadAttention] takes ${layout}, or [length, features] of all three, not ${x} as ${name}.`); // prettier-ignore
      if (x.shape.at(-1) !== wanted)
        throw new ShapeError(`[MultiheadAttention] the ${name} has ${wanted} features, not ${x}.`);
    }
    const length = (x: Tensor): number => (x.ndim === 2 || !batchFirst ? x.shape[0] : x.shape[1]) ?? 0;
    const batch = (x: Tensor): number => (x.ndim === 2 ? 1 : x.shape[batchFirst ? 0 : 1]) ?? 0;
    if (length(key) !== length(value))
      throw new ShapeError(`[MultiheadAttention] takes as many values as keys: ${key} and ${value}.`);
    if (batch(query) !== batch(key) || batch(key) !== batch(value))
      throw new ShapeError(`[MultiheadAttention] the batches differ: query ${query}, key ${key}, value ${value}.`);
    const { cache, projected } = options;
    if (projected !== undefined) {
      const wanted = [batch(key), this.numKeyValueHeads, length(key), this.headDim];
      for (const x of [projected.keys, projected.values])
        if (x.ndim !== 4 || x.shape.some((extent, i) => extent !== wanted[i]))
          throw new ShapeError(`[MultiheadAttention] projected keys and values of ${key} are [${wanted.join(', ')}], not ${x}.`); // prettier-ignore
    }
    if (cache === undefined) return;
    if (this.addBiasKv || this.addZeroAttn)
      throw new ArgumentError('[MultiheadAttention] a cache has no room for the keys of addBiasKv and addZeroAttn.');
    if (length(query) !== length(key))
      throw new ShapeError(`[MultiheadAttention] with a cache every query has a key of its own: ${query} and ${key}.`);
  }

  override describe(): string {
    return `${super.describe()} ${this.embedDim}, ${this.numHeads} heads`;
  }
}

/** [batch, length, heads · features] → [batch, heads, length, features]. */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch = 0, length = 0, features = 0] = x.shape;
  return x.reshape([batch, length, heads, features / heads]).transpose(1, 2);
}

function requireDivision(divisor: string, dividend: string, quotient: number): void {
  if (!Number.isInteger(quotient))
    throw new ArgumentError(`[MultiheadAttention] ${divisor} does not divide ${dividend}.`);
}

/** A mask over `given` keys as one over `added` more, which are seen. */
function extend(mask: Tensor, given: number, added: number): Tensor {
  const rows = [...mask.shape.slice(0, -1), given];
  const seen = zeros([...rows.slice(0, -1), added], { dtype: mask.dtype });
  return concat([mask.broadcastTo(rows), mask.dtype === 'bool' ? seen.not() : seen], -1);
}
