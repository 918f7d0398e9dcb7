import { ArgumentError, logSoftmax, topK, type Tensor } from '@hebb/tensor';
import {
  listOf,
  requireBoolean,
  requireFinite,
  requireInteger,
  requireOptions,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { KeyValueCache } from '../attention/key-value-cache.ts';
import { Continuation, requireModel, roomBehind, type CausalModel, type TextCache } from './model.ts';

export interface BeamSearchOptions {
  /** How many tokens at most. */
  maxTokens: number;
  /** How many texts are followed at once. Default 4. */
  beams?: number;
  /** Tokens that end a text; they are not given, and count. Default: none. */
  stop?: readonly number[];
  /** Scores are sums of log-probabilities divided by length^lengthPenalty: 0 prefers short texts, 1 is the mean. Default 1. */
  lengthPenalty?: number;
  /** Whether a model that has caches uses them. Default true. */
  cache?: boolean;
}

const beamOptions: OptionNames<BeamSearchOptions> = {
  maxTokens: (op, name, value) => requireInteger(op, name, value, 0),
  beams: (op, name, value) => requireInteger(op, name, value, 1),
  stop: listOf((op, name, value) => requireInteger(op, name, value, 0)),
  lengthPenalty: requireFinite,
  cache: requireBoolean,
};

export interface Beam {
  readonly tokens: readonly number[];
  /** Sum of the log-probabilities of its tokens, that which ended it among them. */
  readonly logProbability: number;
  /** The sum divided by length^lengthPenalty. */
  readonly score: number;
}

/**
 * The likeliest texts that a search finds which goes on with the best `beams` of all texts of a length (Graves 2012, arXiv:1211.3711; Sutskever et al. 2014). Best first; it ends when so many have ended that no other can become
 * better, or after `maxTokens`. With as many beams as there are texts it finds the likeliest of all.
 *
 * Throws {@link ArgumentError} as {@link generate}.
 *
 * ```ts
 * const counts = { forward: (ids: Tensor) => oneHot(remainder(ids.add(1), 10), 10).mul(20) };
 * const [best] = await beamSearch(counts, [7], { maxTokens: 4, beams: 2 });
 * best?.tokens; // [8, 9, 0, 1]
 * ```
 */
export async function beamSearch<C extends TextCache = KeyValueCache>(
  model: CausalModel<C>,
  prompt: ArrayLike<number>,
  options: BeamSearchOptions,
): Promise<Beam[]> {
  const op = 'beamSearch';
  requireOptions(op, options, beamOptions);
  requireInteger(op, 'maxTokens', options.maxTokens, 0);
  requireModel(op, model);
  const { maxTokens, beams = 4, stop = [], lengthPenalty = 1, cache = true } = options;
  const room = roomBehind(op, model, prompt, maxTokens);
  if (room === 0) return [];
  const beamOf = (tokens: readonly number[], logProbability: number, length: number): Beam => ({
    tokens,
    logProbability,
    score: logProbability / length ** lengthPenalty,
  });
  // So many candidates that `beams` of them do not end.
  const candidates = beams * (1 + stop.length);
  const choose = (logits: Tensor): { logs: Tensor; at: Tensor } => {
    const logs = logSoftmax(logits, -1);
    const { values, indices } = topK(logs, Math.min(candidates, logs.shape[1] ?? 1));
    return { logs: values, at: indices };
  };
  const texts = new Continuation(op, model, choose, {
    batch: beams,
    capacity: prompt.length + room - 1,
    useCache: cache,
  });
  let running: { tokens: number[]; sum: number }[] = [{ tokens: [], sum: 0 }];
  let ended: Beam[] = [];
  let news: number[][] = Array.from({ length: beams }, () => Array.from(prompt));
  for (let length = 1; length <= room; length++) {
    const step = texts.next(news);
    const [logs, at] = await Promise.all([step.logs.data(), step.at.data()]);
    const width = step.logs.shape[1] ?? 1;
    const next: { from: number; token: number; sum: number }[] = [];
    for (const [from, { sum }] of running.entries()) {
      for (let i = 0; i < width; i++) {
        const log = Number(logs[from * width + i]);
        if (Number.isNaN(log)) throw new ArgumentError(`[${op}] the logits of the next token are NaN or ∞.`);
        if (log > -Infinity) next.push({ from, token: Number(at[from * width + i]), sum: sum + log });
      }
    }
    next.sort((a, b) => b.sum - a.sum);
    const open: typeof next = [];
    for (const [rank, one] of next.entries()) {
      if (open.length === beams) break;
      if (!stop.includes(one.token)) open.push(one);
      // One that ends beyond the best is not among those followed.
      else if (rank < beams) ended.push(beamOf(running[one.from]?.tokens ?? [], one.sum, length));
    }
    ended = ended.sort((a, b) => b.score - a.score).slice(0, beams);
    running = open.map(({ from, token, sum }) => ({ tokens: [...(running[from]?.tokens ?? []), token], sum }));
    const [best] = running;
    if (best === undefined) break;
    // The best that one of those followed can come to: sums only fall, and a long text divides by more.
    const longest = lengthPenalty > 0 ? room : length;
    const worst = ended[beams - 1];
    if (worst !== undefined && worst.score >= best.sum / longest ** lengthPenalty) {
      running = [];
      break;
    }
    if (length === room) break;
    const rows = Array.from({ length: beams }, (_, i) => open[i] ?? open[0]);
    texts.reorder(rows.map((one) => one?.from ?? 0));
    news = rows.map((one) => [one?.token ?? 0]);
  }
  const unfinished = running.map(({ tokens, sum }) => beamOf(tokens, sum, tokens.length));
  return [...ended, ...unfinished].sort((a, b) => b.score - a.score).slice(0, beams);
}
