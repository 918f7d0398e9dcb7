/** What the report shows beside the figures: names and how they were expected, sunspots and how they were forecast. */
import { tensor, type RecurrentLanguageModel, type Section } from 'hebb';
import { edge, toTokens } from './names.ts';

export interface MadeUp {
  readonly name: string;
  /** Whether it stands nowhere in the data. */
  readonly isNew: boolean;
}

export function madeUp(names: readonly MadeUp[]): Section {
  return {
    kind: 'table',
    title: 'Names that the network made up',
    text: 'Drawn letter by letter, at a temperature of 0.8. Those that stand in the data are no achievement.',
    columns: [{ title: '' }, { title: '' }],
    rows: [true, false].map((areNew) => [
      areNew ? 'new' : 'in the data',
      names
        .filter(({ isNew }) => isNew === areNew)
        .map(({ name }) => name)
        .join(', '),
    ]),
  };
}

/** How likely the network thought each letter of some names. */
export async function hesitation(model: RecurrentLanguageModel, some: readonly string[]): Promise<Section> {
  const series: { name: string; points: [number, number][] }[] = [];
  for (const name of some) {
    const tokens = toTokens(name);
    const ids = tensor(Int32Array.of(edge, ...tokens), { shape: [1, tokens.length + 1] });
    const chances = Array.from(await model.eval().forward(ids).logits.softmax(-1).data(), Number);
    const points = [...tokens, edge].map((token, i): [number, number] => [i + 1, chances[27 * i + token] ?? 0]);
    series.push({ name, points });
  }
  return {
    kind: 'chart',
    title: 'What it expected',
    text: 'Names that it has not seen, and how likely it thought each of their letters, the last point the end: little at the beginning, where all is open, and much where few letters fit.',
    series: series.map((each) => ({ ...each, look: 'marked' })),
    x: { label: 'letter' },
    y: { label: 'probability', range: [0, 1], format: 'percent' },
  };
}

/** The year of a month of the data, the first of which is January 1749. */
const yearOf = (month: number): number => 1749 + month / 12;
const axes = { x: { label: 'year' }, y: { label: 'sunspots' } };

type Points = [year: number, count: number][];

/** `count` months from a month on. */
const pointsOf = (counts: ArrayLike<number>, from: number, count: number): Points =>
  Array.from({ length: count }, (_, i) => [yearOf(from + i), counts[from + i] ?? 0]);

/** The errors of forecasts by what made them, and the last thirty years month by month. `ahead[month]` is what was forecast for it a month before. */
export function monthAhead(
  spots: ArrayLike<number>,
  ahead: ArrayLike<number>,
  errors: readonly (readonly [forecast: string, error: number])[],
  tested: number,
): Section[] {
  const months = 30 * 12;
  const from = spots.length - months;
  return [
    {
      kind: 'table',
      title: 'Sunspots a month ahead',
      text: `Root mean square error over the last ${tested} months, of which nothing was learnt.`,
      columns: [{ title: 'forecast' }, { title: 'error' }],
      rows: errors,
    },
    {
      kind: 'chart',
      title: 'The last thirty years',
      series: [
        { name: 'counted', look: 'faint', points: pointsOf(spots, from, months) },
        { name: 'forecast a month before', points: pointsOf(ahead, from, months) },
      ],
      ...axes,
    },
  ];
}

/** Many steps ahead from a month on: what was expected, and what came. */
export function cycleAhead(spots: ArrayLike<number>, expected: readonly number[], from: number): Section {
  const length = expected.length;
  return {
    kind: 'chart',
    title: 'Eleven years at once',
    text: 'From the month before the test, every forecast read as if it had happened. A month ahead it knows much; a cycle ahead it knows that there are cycles.',
    series: [
      { name: 'counted', look: 'faint', points: pointsOf(spots, from - length, 2 * length) },
      { name: 'forecast', points: expected.map((count, i): [number, number] => [yearOf(from + i), count]) },
    ],
    ...axes,
  };
}
