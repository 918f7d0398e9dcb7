/** Attention: averages of values, weighted by how well queries match keys. */
import {
  between,
  checkOptions,
  requireBoolean,
  requireFinite,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import { attendInBlocks, standardSizes, type Attend, type BlockSizes, type Operands } from './attention-blocks.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { matmul } from './linalg.ts';
import { reshape, transpose } from './movement.ts';
import { broadcastShapes, commonDType } from './operands.ts';
import { iota } from './creation.ts';
import { bernoulli, type Generator } from './random.ts';
import { isDry } from '../runtime/recording.ts';
import { softmax } from './softmax.ts';
import { isInteger } from '../graph/types.ts';

export interface AttentionOptions {
  /**
   * Which keys a query sees, broadcastable to [..., queries, keys]: bool, true where it does, or numbers that are added to the scores (−∞: it does not). Default: all.
   */
  mask?: Tensor | undefined;
  /** Whether query i sees the keys 0 … i alone, beside what the mask says. Default false. */
  causal?: boolean;
  /** Factor of the products q · k. Default 1/√depth. */
  scale?: number | undefined;
  /** Probability with which a weight is dropped; the others are divided by 1 − it. Default 0. */
  dropout?: number;
  /** Source of the dropout. Default: the default generator. */
  generator?: Generator | undefined;
}

const attentionOptions: OptionNames<AttentionOptions> = {
  mask: requireTensor,
  causal: requireBoolean,
  scale: requireFinite,
  dropout: between(0, 1),
  generator: true,
};

/**
 * softmax(scale · q kᵀ + mask) v over the last two axes, float16 of float16, else float32: query [..., heads, queries, depth], key [..., heads, keys, depth], value [..., heads, keys,
 * valueDepth] → [..., heads, queries, valueDepth], as `torch.nn.functional.scaled_dot_product_attention`. Leading axes broadcast, and keys and values may have
 * fewer heads than queries, each for as many neighbouring heads (grouped queries). A query that sees no key gives 0.
 *
 * Long sequences are attended to block by block, and so are their gradients, which compute the weights again: memory grows with the length, not with its square. Then `causal` is faster than a mask that says the same.
 *
 * Throws {@link ShapeError} where shapes do not fit, {@link DTypeError} for a mask of int32, {@link ArgumentError} for options out of range.
 *
 * ```ts
 * const x = tensor([[[1, 0], [0, 1]]]);
 * await scaledDotProductAttention(x, x, x, { causal: true, scale: 0 }).toArray(); // [[[1, 0], [0.5, 0.5]]]
 * scaledDotProductAttention(zeros([2, 8, 5, 16]), zeros([2, 2, 7, 16]), zeros([2, 2, 7, 4])).shape; // [2, 8, 5, 4]
 * ```
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const op = 'scaledDotProductAttention';
  for (const [name, x] of Object.entries({ query, key, value })) {
    requireTensor(op, name, x);
    if (x.ndim < 2) throw new ShapeError(`[${op}] ${name} needs two axes or more, [..., length, depth], not ${x}.`);
  }
  checkOptions(op, options, attentionOptions);
  const { mask, causal = false, dropout = 0, generator } = options;
  const depth = query.shape.at(-1) ?? 0;
  const [keys = 0, keyDepth = 0] = key.shape.slice(-2);
  if (depth !== keyDepth) throw new ShapeError(`[${op}] queries and keys differ in depth: ${query} and ${key}.`);
  if (keys !== value.shape.at(-2)) throw new ShapeError(`[${op}] takes as many values as keys: ${key} and ${value}.`);
  const dtype = [query, key, value].map((x) => x.dtype).reduce(commonDType);
  if (dtype === 'float16') {
    const [q, k, v] = [query, key, value].map((x) => x.to('float32')) as [Tensor, Tensor, Tensor];
    return scaledDotProductAttention(q, k, v, options).to(dtype);
  }
  if (dropout === 1) throw wrongArgument(op, 'dropout', 'a number in 0 … 1, without 1', dropout);
  const scale = options.scale ?? 1 / Math.sqrt(depth);

  if (dropout === 0) {
    return compose(
      attentionDefinition,
      { causal, scale },
      mask === undefined ? [query, key, value] : [query, key, value, mask],
    );
  }
  return attended({ query, key, value, mask }, causal, scale, (weights) => {
    const kept = bernoulli(weights.shape, 1 - dropout, generator === undefined ? {} : { generator });
    return weights.mul(kept).div(1 - dropout);
  });
}

/** Inputs are query, key, value and, where there is one, the mask. */
export const attentionDefinition: CompositeDefinition<{ causal: boolean; scale: number }> = {
  name: 'scaledDotProductAttention',
  body: ({ causal, scale }, query, key, value, mask) => attended({ query, key, value, mask }, causal, scale),
};

/** Attention with all that is given worked out; `sizes` are for tests, which have no time for long sequences. */
export function attended(
  operands: Operands,
  causal: boolean,
  scale: number,
  drop?: (weights: Tensor) => Tensor,
  sizes: BlockSizes = standardSizes,
): Tensor {
  const { query, key, value, mask } = operands;
  const attend: Attend = (block, first) => attendedAtOnce(block, causal ? first : undefined, scale, drop);
  const group = groupOf(query, key, value);
  const [heads, queries, keys] = [query.shape.at(-3) ?? 1, query.shape.at(-2) ?? 0, key.shape.at(-2) ?? 0];
  /** The leading axes, with the heads of the query. */
  const leadingOf = (x: Tensor): readonly number[] =>
    group === 1 || x.ndim < 3 ? x.shape.slice(0, -2) : [...x.shape.slice(0, -3), heads];
  const leading = broadcastShapes(leadingOf(query), leadingOf(key));
  // Products say what is wrong where they do not fit.
  if (leading === undefined) return attend(operands, 0);
  if (mask !== undefined) requireMask(mask, [...leading, queries, keys]);
  const results = broadcastShapes(leading, leadingOf(value)) ?? leading;
  // What is never computed needs no memory: files get the formula as it is.
  const isLarge = results.reduce((a, b) => a * b, queries * keys) > sizes.largestAtOnce && !isDry();
  if (!isLarge) return attend(operands, 0);
  // Heads that share keys lie along an axis of their own.
  const apart = (x: Tensor): Tensor => {
    const own = x.shape.at(-3) ?? 1;
    const split = own === heads ? [heads / group, group] : [own, 1];
    return group === 1 || x.ndim < 3 ? x : reshape(x, [...x.shape.slice(0, -3), ...split, ...x.shape.slice(-2)]);
  };
  const blocks = { query: apart(query), key: apart(key), value: apart(value), mask: mask && apart(mask) };
  return reshape(attendInBlocks(blocks, causal, sizes, attend), [...results, queries, value.shape.at(-1) ?? 0]);
}

/** `first`: the position of the first query, where each sees the keys up to its own position alone. */
function attendedAtOnce(
  { query, key, value, mask }: Operands,
  first: Tensor | number | undefined,
  scale: number,
  drop?: (weights: Tensor) => Tensor,
): Tensor {
  const queries = query.shape.at(-2) ?? 0;
  const keys = key.shape.at(-2) ?? 0;
  // Heads that share keys are rows of one product.
  const group = groupOf(query, key, value);
  const grouped = (x: Tensor): Tensor =>
    group === 1
      ? x
      : reshape(x, [...x.shape.slice(0, -3), (x.shape.at(-3) ?? 1) / group, group * queries, x.shape.at(-1) ?? 1]);
  const apart = (x: Tensor): Tensor =>
    group === 1
      ? x
      : reshape(x, [...x.shape.slice(0, -3), (x.shape.at(-3) ?? 1) * group, queries, x.shape.at(-1) ?? 1]);
  let scores = apart(matmul(grouped(query.to('float32').mul(scale)), transpose(key, -2, -1)));
  if (first !== undefined) {
    const position = iota([queries, 1], 0);
    scores = where((first === 0 ? position : position.add(first)).less(iota([1, keys], 1)), -Infinity, scores);
  }
  if (mask !== undefined) scores = mask.dtype === 'bool' ? where(mask, scores, -Infinity) : scores.add(mask);
  let weights: Tensor;
  if (mask === undefined || keys === 0) weights = softmax(scores, -1);
  else {
    const blind = scores.max(-1, { keepDims: true }).detach().equal(-Infinity);
    weights = where(blind, 0, softmax(where(blind, 0, scores), -1));
  }
  if (drop !== undefined) weights = drop(weights);
  return apart(matmul(grouped(weights), value.to('float32')));
}

/** How many heads of the query share one of keys and values. */
function groupOf(query: Tensor, key: Tensor, value: Tensor): number {
  const [heads = 1, keyHeads = 1, valueHeads = 1] = [query, key, value].map((x) => x.shape.at(-3) ?? 1);
  if (heads === keyHeads || keyHeads === 1 || heads === 1 || keyHeads !== valueHeads || heads % keyHeads !== 0)
    return 1;
  return heads / keyHeads;
}

function requireMask(mask: Tensor, scores: readonly number[]): void {
  const op = 'scaledDotProductAttention';
  if (isInteger(mask.dtype))
    throw new DTypeError(`[${op}] a mask is bool, or floating numbers to be added, not ${mask}.`, {
      hint: "Convert 0 and 1 with .to('bool').",
    });
  const joined = broadcastShapes(scores, mask.shape);
  if (joined === undefined || joined.length !== scores.length || joined.some((n, axis) => n !== scores[axis]))
    throw new ShapeError(`[${op}] the mask ${mask} does not broadcast to the scores [${scores.join(', ')}].`);
}
