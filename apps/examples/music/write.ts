/** Tunes, word by word, many at once. */
import { compile, filterLogits, Generator, multinomial, softmax, tensor, where, type Tensor } from 'hebb';
import { Count } from './count.ts';
import type { Composer } from './model.ts';

export interface WriteOptions {
  readonly count: number;
  /** Whether words that the bar has no room for are never drawn. */
  readonly keepsTime: boolean;
  readonly temperature: number;
  /** Words less likely than this share of the likeliest are not drawn. */
  readonly minP: number;
  readonly seed: number;
  /** Words at most. Default: as many as the network looks back on. */
  readonly most?: number;
  readonly signal?: AbortSignal;
}

export interface Written {
  readonly words: readonly string[];
  /** Whether it came to its end, in the place of running out of room. */
  readonly isWhole: boolean;
}

/** @param vocabulary the first word, an empty one, stands before and behind a tune */
export async function writeTunes(
  model: Composer,
  vocabulary: readonly string[],
  { count, keepsTime, temperature, minP, seed, most, signal }: WriteOptions,
): Promise<Written[]> {
  const capacity = Math.min(most ?? Infinity, model.options.contextLength);
  const caches = model.eval().createCaches({ batch: count, capacity });
  const generator = new Generator(seed);
  const step = compile((words: Tensor, left: Tensor, bar: Tensor, allowed: Tensor) => {
    const logits = model.forward(words, left, bar, caches).squeeze(1);
    const kept = filterLogits(where(allowed, logits, -Infinity), { temperature, minP });
    return multinomial(softmax(kept, -1), 1, { generator }).squeeze(-1);
  });
  const tunes = Array.from({ length: count }, () => ({ words: [] as string[], count: new Count(), isDone: false }));
  let last = new Int32Array(count);
  for (let i = 0; i < capacity && !tunes.every(({ isDone }) => isDone); i++) {
    if (signal?.aborted === true) break;
    const column = (values: ArrayLike<number>): Tensor => tensor(Int32Array.from(values), { shape: [count, 1] });
    const allowed = tunes.flatMap((tune) => {
      const row = vocabulary.map((word) => Number(!keepsTime || tune.isDone || tune.count.allows(word)));
      // Where nothing is right, whatever is drawn is wrong.
      return row.includes(1) ? row : row.fill(1);
    });
    const drawn = await step(
      column(last),
      column(tunes.map((tune) => tune.count.left)),
      column(tunes.map((tune) => tune.count.bar)),
      tensor(Uint8Array.from(allowed), { shape: [count, vocabulary.length], dtype: 'bool' }),
    ).data();
    last = Int32Array.from(drawn as ArrayLike<number>);
    tunes.forEach((tune, j) => {
      if (tune.isDone) return;
      const word = vocabulary[last[j] ?? 0] ?? '';
      if (word === '') tune.isDone = true;
      else {
        tune.words.push(word);
        tune.count.read(word);
      }
    });
  }
  return tunes.map(({ words, isDone }) => ({ words, isWhole: isDone }));
}
