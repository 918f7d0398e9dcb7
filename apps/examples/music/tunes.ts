/** Tunes to learn from and to test with, and what the network reads of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError, Random, SequenceDataset } from 'hebb';
import { judge, readTunes, writeTune, type Tune } from './abc.ts';
import { Count } from './count.ts';

/** What stands before the first word of a tune, and behind its last one. */
export const edge = '';
/** What a position has where there is no word: the loss leaves it out. */
export const nothing = -1;
/** Words of a tune at most, its beginning among them. */
export const contextLength = 320;

export interface Tunes {
  readonly vocabulary: readonly string[];
  readonly train: readonly Tune[];
  readonly validation: readonly Tune[];
  readonly test: readonly Tune[];
}

/** What the network reads of tunes, and what it should say: at each place the next word. */
export function asDataset(tunes: readonly Tune[], vocabulary: readonly string[]) {
  const ids = new Map(vocabulary.map((word, id) => [word, id]));
  const columns = tunes.map(({ words }) => {
    const count = new Count();
    const places = [edge, ...words].map((word) => {
      count.read(word);
      return { id: ids.get(word) ?? 0, left: count.left, bar: count.bar };
    });
    return { places, next: [...words, edge].map((word) => ids.get(word) ?? 0) };
  });
  const of = (key: 'id' | 'left' | 'bar') => ({
    sequences: columns.map(({ places }) => Int32Array.from(places, (place) => place[key])),
  });
  return new SequenceDataset({
    words: of('id'),
    left: of('left'),
    bar: of('bar'),
    next: { sequences: columns.map(({ next }) => Int32Array.from(next)), padding: nothing },
  });
}

/** Tunes that can be used, of all files of a folder. */
export function loadTunes(folder: string, say: (text: string) => void): Tune[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.abc')).sort(); // prettier-ignore
  if (files.length === 0) throw new DataError(`[music] there is no .abc file in ${folder}.`, { hint: '--data DIR is a folder with tunes in ABC notation.' }); // prettier-ignore
  const read = files.map((name) => readTunes(readFileSync(join(folder, name), 'utf8')));
  const tunes = read.flatMap(({ tunes }) => tunes);
  const total = read.reduce((sum, { tunes, leftOut }) => sum + tunes.length + leftOut, 0);
  const good = tunes.filter(({ words, title }) => judge(writeTune(words, title)).isGood);
  // A word that was seen three times is not learnt; one tune in eight has such a word.
  const counts = new Map<string, number>();
  for (const word of good.flatMap(({ words }) => words)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const used = good.filter(({ words }) => words.length < contextLength && words.every((word) => (counts.get(word) ?? 0) > 3)); // prettier-ignore
  if (used.length < 10)
    throw new DataError(`[music] ${used.length} of ${total} tunes of ${folder} can be used, too few to learn from and to test by.`, { hint: 'A tune that can be used is of one metre and one key, its bars add up, and its words stand in others, too.' }); // prettier-ignore
  say(`${used.length} of ${total} tunes are of one metre and one key, of frequent words, and of bars that add up`);
  return used;
}

/** 80 % to learn from, 10 % to look at while learning, 10 % that nothing is chosen by; a tune that stands there twice counts once. */
export function split(tunes: readonly Tune[]): Tunes {
  const distinct = [...new Map(tunes.map((tune) => [tune.words.join(' '), tune])).values()];
  const shuffled = Array.from(new Random(1).permutation(distinct.length), (i) => distinct[i]).filter((tune) => tune !== undefined); // prettier-ignore
  const tenth = Math.floor(shuffled.length / 10);
  return {
    vocabulary: [edge, ...new Set(shuffled.flatMap(({ words }) => words))],
    test: shuffled.slice(0, tenth),
    validation: shuffled.slice(tenth, 2 * tenth),
    train: shuffled.slice(2 * tenth),
  };
}
