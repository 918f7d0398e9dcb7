/** Attention of heads as layers compute it: fast, or with its weights where somebody asks for them. */
import {
  bernoulli,
  repeatInterleave,
  scaledDotProductAttention,
  softmax,
  where,
  iota,
  type Tensor,
} from '@hebb/tensor';
import { asScores, joinMasks } from './attention-masks.ts';
import { between, checkOptions, requireBoolean, requireFunction, requireTensor, type OptionNames } from '@hebb/tensor/arguments'; // prettier-ignore
import { requireModule, type AnyModule } from '../module/module.ts';

export interface AttendHeadsOptions {
  /** bool, true where a key is seen, or numbers that are added to the scores; broadcasts to [batch, heads, queries, keys]. Default: none. */
  mask?: Tensor | undefined;
  /** Whether query i sees the keys 0 … i alone. Default false. */
  causal?: boolean;
  /** Probability with which a weight is dropped. Default 0. */
  dropout?: number;
}

const attendHeadsOptions: OptionNames<AttendHeadsOptions> = {
  mask: requireTensor,
  causal: requireBoolean,
  dropout: between(0, 1),
};

/** What {@link attentionWeights} asks for, while it runs. */
let asked: Map<AnyModule, Tensor> | undefined;

/**
 * softmax(q kᵀ / √d + mask) v of heads, for attention layers of one's own: as fast as `scaledDotProductAttention`, which it is, and what {@link attentionWeights} finds.
 *
 * Shape: query [batch, heads, queries, d], key and value [batch, heads or a divisor of it, keys, d] → [batch, heads, queries, d]. `layer` is the module that attends.
 *
 * Throws `ArgumentError` for what is no module and for options out of range, and as `scaledDotProductAttention`.
 *
 * ```ts
 * class Attention extends Module {
 *   readonly qkv = new Linear(8, 24);
 *   forward(x: Tensor): Tensor {
 *     const heads = split(this.qkv.forward(x), 8, -1).map((part) => part.reshape([1, -1, 2, 4]).transpose(1, 2));
 *     const [query, key, value] = heads as [Tensor, Tensor, Tensor];
 *     return attendHeads(this, query, key, value, { causal: true }).transpose(1, 2).flatten(2);
 *   }
 * }
 * const layer = new Attention();
 * attentionWeights(layer, () => layer.forward(randn([1, 5, 8]))).get('')?.shape; // [1, 2, 5, 5]
 * ```
 */
export function attendHeads(
  layer: AnyModule,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttendHeadsOptions = {},
): Tensor {
  requireModule('attendHeads', 'the layer', layer);
  checkOptions('attendHeads', options, attendHeadsOptions);
  const { mask, causal = false, dropout = 0 } = options;
  if (asked === undefined) return scaledDotProductAttention(query, key, value, { mask, causal, dropout });
  for (const [name, x] of Object.entries({ query, key, value })) requireTensor('attendHeads', name, x);
  const { output, weights } = weighted(query, key, value, { mask, causal, dropout });
  asked.set(layer, weights);
  return output;
}

/**
 * The attention weights of all layers of a model while `call` runs it: which keys each query looks at, by the path of the layer, in the order of the layers. Of a layer that is called several times, those of the last call.
 * Of {@link MultiheadAttention}, whatever it lies in, and of all that attends by {@link attendHeads}.
 *
 * Shape: each [batch, heads, queries, keys]; the rows of queries that see a key add up to 1.
 *
 * `call` computes with the weights in the place of the fast kernel, so that its results may differ in the last bits; a function that is compiled already runs as it was recorded, without weights.
 *
 * ```ts
 * const encoder = new TransformerEncoder(new TransformerEncoderLayer(16, 4, { dimFeedforward: 32, batchFirst: true }), 2).eval();
 * const weights = attentionWeights(encoder, () => encoder.forward(randn([3, 5, 16])));
 * [...weights.keys()]; // ['layers.0.self_attn', 'layers.1.self_attn']
 * weights.get('layers.0.self_attn')?.shape; // [3, 4, 5, 5]
 * ```
 */
export function attentionWeights(model: AnyModule, call: () => unknown): Map<string, Tensor> {
  requireModule('attentionWeights', 'the model', model);
  requireFunction('attentionWeights', 'call', call);
  const before = asked;
  const found = new Map<AnyModule, Tensor>();
  asked = found;
  try {
    call();
  } finally {
    asked = before;
  }
  const byPath = new Map<string, Tensor>();
  for (const [path, module] of model.namedModules()) {
    const weights = found.get(module);
    if (weights !== undefined) byPath.set(path, weights);
  }
  return byPath;
}

/** Attention whose weights are asked for, [batch, heads, queries, keys]; where a query sees nothing, 0. */
export function weighted(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { mask: given, causal = false, dropout = 0 }: AttendHeadsOptions,
): { readonly output: Tensor; readonly weights: Tensor } {
  const [heads = 1, queries = 1, depth = 1] = query.shape.slice(1);
  const [kinds = 1, keys = 1] = key.shape.slice(1);
  const group = heads / kinds;
  const [k, v] = group === 1 ? [key, value] : [repeatInterleave(key, group, 1), repeatInterleave(value, group, 1)];
  const before = causal ? iota([queries, 1], 0).greaterEqual(iota([1, keys], 1)) : undefined;
  const mask = joinMasks([given, before].filter((part) => part !== undefined));
  const scores = query.mul(1 / Math.sqrt(depth)).matmul(k.transpose(-2, -1));
  let weights: Tensor;
  if (mask === undefined) weights = softmax(scores, -1);
  else {
    const hidden = scores.add(asScores(mask));
    const blind = hidden.max(-1, { keepDims: true }).detach().equal(-Infinity);
    weights = where(blind, 0, softmax(where(blind, 0, hidden), -1));
  }
  if (dropout > 0) weights = weights.mul(bernoulli(weights.shape, 1 - dropout)).div(1 - dropout);
  return { output: weights.matmul(v), weights };
}
