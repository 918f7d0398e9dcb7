/** Whether the cache changes what is written, and how much faster it is. */
import { generate, type GPT2 } from 'hebb';
import { median } from '../src/statistics.ts';

/** Tokens a second up to a length, and the tokens that were compared and that differ. */
export interface Comparison {
  readonly length: number;
  readonly withCache: number;
  readonly without: number;
  readonly compared: number;
  readonly different: number;
}

/** The likeliest tokens behind a beginning, with the cache and without, up to a quarter, a half and all of what the network looks back on. */
export async function compareCaches(model: GPT2, prompt: readonly number[]): Promise<Comparison[]> {
  const { contextLength } = model;
  const comparisons: Comparison[] = [];
  for (const length of [contextLength / 4, contextLength / 2, contextLength]) {
    // Too few to say how long they take.
    if (length < 24) continue;
    const [withCache, without]: [Timed[], Timed[]] = [[], []];
    // Once for the engine, which compiles what runs often.
    for (const cache of [true, false]) await timed(model, prompt, length - prompt.length, cache);
    // In turns, and the median of three: others may be at work on the machine.
    for (let i = 0; i < 3; i++) {
      withCache.push(await timed(model, prompt, length - prompt.length, true));
      without.push(await timed(model, prompt, length - prompt.length, false));
    }
    const [one, other] = [withCache[0]?.tokens ?? [], without[0]?.tokens ?? []];
    comparisons.push({
      length,
      withCache: median(withCache.map(({ rate }) => rate)),
      without: median(without.map(({ rate }) => rate)),
      compared: other.length,
      different: other.filter((token, i) => token !== one[i]).length + Math.abs(other.length - one.length),
    });
  }
  return comparisons;
}

interface Timed {
  readonly tokens: readonly number[];
  readonly rate: number;
}

/** The likeliest tokens, and how many a second from the third on. */
export async function timed(model: GPT2, prompt: readonly number[], maxTokens: number, cache: boolean): Promise<Timed> {
  const tokens: number[] = [];
  let start = 0;
  for await (const token of generate(model, prompt, { maxTokens, temperature: 0, cache })) {
    tokens.push(token);
    if (tokens.length === 2) start = performance.now();
  }
  return { tokens, rate: ((tokens.length - 2) / (performance.now() - start)) * 1000 };
}
