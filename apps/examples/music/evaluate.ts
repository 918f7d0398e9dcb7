/** What the network's own tunes are worth, and how well it knows those of others. */
import { compile, crossEntropy, tensor, type Tensor } from 'hebb';
import { median } from '../src/statistics.ts';
import { durationOf, isBar, judge, writeTune, type Tune } from './abc.ts';
import type { Composer } from './model.ts';
import { asDataset, nothing } from './tunes.ts';
import { writeTunes, type WriteOptions } from './write.ts';

/** A tune that was written, and what is wrong with it. */
export interface Judged {
  readonly words: readonly string[];
  readonly abc: string;
  /** What is wrong; empty where nothing is. */
  readonly reason: string;
}

export async function writeAndJudge(
  model: Composer,
  vocabulary: readonly string[],
  options: WriteOptions,
): Promise<Judged[]> {
  const written = await writeTunes(model, vocabulary, options);
  return written.map(({ words, isWhole }, i) => {
    const abc = writeTune(words, `Tune ${i + 1}`, i + 1);
    return { words, abc, reason: isWhole ? judge(abc).reason : 'no end' };
  });
}

export const shareOfGood = (tunes: readonly Judged[]): number => tunes.filter(({ reason }) => reason === '').length / tunes.length; // prettier-ignore

/** How surprising each word of each tune is, and the end of each: −log p. */
export async function surprisesOf(
  model: Composer,
  vocabulary: readonly string[],
  tunes: readonly Tune[],
): Promise<Float32Array[]> {
  const losses = compile(
    (words: Tensor, left: Tensor, bar: Tensor, next: Tensor) =>
    crossEntropy(model.forward(words, left, bar).flatten(0, 1), next.flatten(), { ignoreIndex: nothing, reduction: 'none' }), // prettier-ignore
  );
  model.eval();
  const dataset = asDataset(tunes, vocabulary);
  const surprises: Float32Array[] = [];
  for (let at = 0; at < tunes.length; at += 16) {
    const some = Array.from({ length: Math.min(16, tunes.length - at) }, (_, i) => at + i);
    const { words, left, bar, next } = dataset.gather(some);
    const of = ({ data, shape }: typeof words) => tensor(data, { shape });
    const values = Float32Array.from(await losses(of(words), of(left), of(bar), of(next)).data(), Number);
    const width = words.shape[1] ?? 0;
    some.forEach((tune, row) => surprises.push(values.slice(row * width, row * width + (dataset.lengths[tune] ?? 0))));
  }
  return surprises;
}

/** The longest run of bars of each tune that stands, note for note, in one that was learnt from; of all tunes the median. */
export function copiedBars(tunes: readonly (readonly string[])[], learnt: readonly Tune[]): number {
  const barsOf = (words: readonly string[]): string[] =>
    words.map((word) => (isBar(word) ? '|' : durationOf(word) > 0 ? `${word} ` : '')).join('').split('|').filter((bar) => bar !== ''); // prettier-ignore
  const texts = learnt.map(({ words }) => `|${barsOf(words).join('|')}|`);
  const longest = tunes.map((words) => {
    const bars = barsOf(words);
    let most = 0;
    for (let i = 0; i + most < bars.length; i++)
      while (i + most < bars.length && texts.some((text) => text.includes(`|${bars.slice(i, i + most + 1).join('|')}|`))) most++; // prettier-ignore
    return most;
  });
  return longest.length === 0 ? 0 : median(longest);
}
