/** What the report shows beside the figures: tunes to listen to, what is wrong with them, what was unexpected in others. */
import type { Section } from 'hebb';
import { melodyOf, type Tune } from './abc.ts';
import type { Judged } from './evaluate.ts';

export function melodies(good: readonly Judged[]): Section {
  return {
    kind: 'melody',
    title: 'Tunes that the network wrote',
    text: 'The first ones whose bars add up, with their repeats. Chords sound as the symbols above the notes say.',
    melodies: good.map(({ abc }) => melodyOf(abc)),
  };
}

/** What is wrong with those that are not good, and how often. */
export function faults(free: readonly Judged[], kept: readonly Judged[]): Section {
  const kindOf = ({ reason }: Judged): string => {
    if (reason === '') return 'none';
    if (reason.startsWith('abcjs')) return 'abcjs complains';
    if (reason.startsWith('only')) return 'fewer than 8 bars';
    return reason.replace(/^bar \d+/, 'a bar').replace(/than .*/, 'than its metre');
  };
  const kinds = [...new Set([...free, ...kept].map(kindOf))];
  const countIn = (tunes: readonly Judged[], kind: string): number => tunes.filter((tune) => kindOf(tune) === kind).length; // prettier-ignore
  return {
    kind: 'table',
    title: 'What is wrong',
    text: 'The first fault of each tune. On the right, words that the bar has no room for, and bar lines before it is full, were never drawn.',
    columns: [{ title: 'fault' }, { title: 'freely', format: 'count' }, { title: 'keeping time', format: 'count' }], // prettier-ignore
    rows: kinds.map((kind) => [kind, countIn(free, kind), countIn(kept, kind)]).sort((a, b) => Number(b[1]) - Number(a[1])), // prettier-ignore
  };
}

/** A tune that it has not seen, and what of it was unexpected. */
export function surprise(test: readonly Tune[], surprises: readonly Float32Array[]): Section {
  const [{ words, title }, weights] = [test[0] ?? { words: [], title: '' }, surprises[0] ?? []];
  return {
    kind: 'passage',
    title: 'What it did not expect',
    text: 'A tune of the test, the darker the less likely the network thought the word. What is repeated is pale the second time once a network has learnt to look back.',
    passages: [
      {
        caption: [{ value: title }],
        tokens: words.map((word) => `${word} `),
        weights: Array.from(weights).slice(0, words.length),
      },
    ],
  };
}
