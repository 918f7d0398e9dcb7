/**
 * Tunes, written note by note.
 *
 * A decoder is a transformer in which no word sees those behind it, so that at every place it can be asked what comes next. Whoever can tell that can also write: draw a word by its probabilities, read it, draw the next. Music is written in words as
 * well: `d2` is a note of two eighths, `"G"` a chord, `|` the end of a bar. And it has a grammar that is easy to check: in 6/8 each bar is six eighths long, no more and no less. Who cannot count writes no tunes, and a transformer counts badly; so it is
 * told beside each word what every musician knows, how much of the bar is left.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AdamW,
  compile,
  crossEntropy,
  DataError,
  DataLoader,
  fit,
  isBiasOrNorm,
  minimize,
  oneCycleSchedule,
  Random,
  SequenceDataset,
  tensor,
  type Section,
  type Task,
  type Tensor,
} from 'hebb';
import type { Example, ExampleKit } from '@hebb/app-support';
import { durationOf, isBar, judge, melodyOf, readTunes, writeTune, type Tune } from './abc.ts';
import { composeTunes } from './compose.ts';
import { Count } from './count.ts';
import { Composer, type ComposerOptions } from './model.ts';
import { writeTunes, type WriteOptions } from './write.ts';

/** What stands before the first word of a tune, and behind its last one. */
const edge = '';
/** What a position has where there is no word: the loss leaves it out. */
const nothing = -1;
const contextLength = 320;
const bucketLengths = [64, 96, 128, 160, 192, 224, 256, 320];

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

type TuneBatch = { words: Tensor; left: Tensor; bar: Tensor; next: Tensor };

/** All that is trained, and with what. */
export function build(
  { vocabulary, train }: Pick<Tunes, 'vocabulary' | 'train'>,
  sizes: Pick<ComposerOptions, 'width' | 'layers'>,
  seed: number,
  batchSize = 16,
) {
  const model = new Composer({ ...sizes, vocabularySize: vocabulary.length, heads: 4, contextLength, dropout: 0.1 });
  const optimizer = new AdamW(model, {
    learningRate: 3e-3,
    weightDecay: 0.1,
    groups: [
      { match: isBiasOrNorm, weightDecay: 0 },
      // What never happens is less likely with every step: tables may go far.
      { match: /^(room|form)\./, learningRate: 0.02, weightDecay: 0 },
    ],
  });
  const loss = ({ words, left, bar, next }: TuneBatch): Tensor =>
    crossEntropy(model.forward(words, left, bar).flatten(0, 1), next.flatten(), { ignoreIndex: nothing });
  const task: Task<TuneBatch> = {
    parts: { model, optimizer },
    step: (batch) => minimize(optimizer, () => loss(batch), { clipNorm: 1 }),
    validate: loss,
  };
  // Tunes of about the same length together, so that little is padding.
  const loader = new DataLoader(asDataset(train, vocabulary), { batchSize, shuffle: true, seed, buckets: bucketLengths }); // prettier-ignore
  return { model, task, loader };
}

/** How words are drawn: by their probabilities, but for those less than a tenth as likely as the likeliest. */
const drawing = { temperature: 1, minP: 0.1 };

export const music: Example = {
  name: 'music',
  line: 'Tunes that a decoder writes, note by note; the report plays them',
  seconds: { quick: 15, normal: 60, full: 300 },
  data: {
    carried: 'tunes that the example composes by a few rules',
    full: '792 folk tunes in ABC notation, from Nottingham',
    expects: 'a folder with .abc files',
  },

  async run(kit) {
    const folder = await kit.folder('nottingham');
    const composed = { count: kit.choose({ quick: 240, normal: 500, full: 500 }), parts: kit.choose({ quick: 1, normal: 2, full: 2 }), seed: 1 }; // prettier-ignore
    const tunes = split(folder === undefined ? composeTunes(composed) : loadTunes(folder, (text) => kit.say(text)));
    const { vocabulary, train, validation, test } = tunes;
    kit.say(`${train.length} tunes to learn from, ${validation.length} to validate, ${test.length} to test; ${vocabulary.length} words`); // prettier-ignore
    if (train[0] !== undefined) kit.say('One of them:', writeTune(train[0].words, train[0].title));

    const sizes = kit.choose({ quick: { width: 48, layers: 2 }, normal: { width: 96, layers: 2 }, full: { width: 96, layers: 3 } }); // prettier-ignore
    const { model, task, loader } = build(tunes, sizes, kit.seed, kit.choose({ quick: 16, normal: 16, full: 8 }));
    const ids = { shape: ['batch', 'length'], dtype: 'int32' } as const;
    kit.show('network', model, [ids, ids, ids]);

    kit.heading('Training');
    await fit(task, loader, {
      epochs: kit.choose({ quick: 8, normal: 8, full: 16 }),
      schedule: oneCycleSchedule({ warmup: 0.1 }),
      validation: asDataset(validation, vocabulary),
      validateEvery: { epochs: kit.choose({ quick: 4, normal: 2, full: 2 }) },
      ...kit.training('network'),
    });

    kit.heading('Tunes of its own');
    const count = kit.choose({ quick: 20, normal: 100, full: 100 });
    const [free, kept] = [
      await write(kit, tunes, model, { count, keepsTime: false }),
      await write(kit, tunes, model, { count, keepsTime: true }),
    ];
    kit.metric('tunes whose bars add up', shareOfGood(free), { format: 'percent', target: { quick: { atLeast: 0.3 }, normal: { atLeast: 0.7 }, full: { atLeast: 0.9 } } }); // prettier-ignore
    kit.metric('tunes whose bars add up, keeping time', shareOfGood(kept), { format: 'percent', target: { quick: { atLeast: 0.5 }, normal: { atLeast: 0.85 }, full: { atLeast: 0.9 } } }); // prettier-ignore
    const good = free.concat(kept).filter(({ reason }) => reason === '').slice(0, 5); // prettier-ignore
    kit.section({
      kind: 'melody',
      title: 'Tunes that the network wrote',
      text: 'The first ones whose bars add up, with their repeats. Chords sound as the symbols above the notes say.',
      melodies: good.map(({ abc }) => melodyOf(abc)),
    });
    const copied = good.length === 0 ? 0 : copiedBars(free.map(({ words }) => words), train); // prettier-ignore
    kit.metric('bars in a row that stand in a tune it has learnt from, median', copied, { format: 'count' });
    // How well it knows what comes next in tunes of others.
    const surprises = await surprisesOf(model, vocabulary, test);
    const all = surprises.flatMap((each) => Array.from(each));
    kit.metric('test loss, nats per word', all.reduce((sum, each) => sum + each, 0) / all.length, {
      target: folder === undefined ? { quick: { atMost: 1.8 }, normal: { atMost: 1.4 }, full: { atMost: 1.4 } } : { full: { atMost: 2.1 } }, // prettier-ignore
    });
    kit.section(faults(free, kept));
    kit.section(surprise(test, surprises));

    await writeFile(
      await kit.file('tunes.abc', 'the tunes that were drawn freely'),
      free.map(({ abc }) => abc).join('\n'),
    );
    const { words, left, bar } = asDataset(test, vocabulary).gather(test.map((_, i) => i));
    const samples = (change: (ids: Tensor) => Tensor) => {
      const of = ({ data, shape }: typeof words) => change(tensor(data, { shape }));
      return { words: of(words), left: of(left), bar: of(bar) };
    };
    await kit.onnx(
      'model',
      model,
      { inputs: { words: ids, left: ids, bar: ids }, outputs: ['logits'], metadata: { vocabulary: JSON.stringify(vocabulary) } }, // prettier-ignore
      [samples((all) => all), samples((all) => all.narrow(0, 0, 2).narrow(1, 0, 7))],
      { batchSize: 16 },
    );
    await kit.weights('model', model);
  },
};

interface Judged {
  readonly words: readonly string[];
  readonly abc: string;
  /** What is wrong; empty where nothing is. */
  readonly reason: string;
}

async function write(
  kit: ExampleKit,
  { vocabulary }: Tunes,
  model: Composer,
  { count, keepsTime }: Pick<WriteOptions, 'count' | 'keepsTime'>,
): Promise<Judged[]> {
  const written = await writeTunes(model, vocabulary, { ...drawing, count, keepsTime, seed: kit.seed, signal: kit.signal }); // prettier-ignore
  return written.map(({ words, isWhole }, i) => {
    const abc = writeTune(words, `Tune ${i + 1}`, i + 1);
    return { words, abc, reason: isWhole ? judge(abc).reason : 'no end' };
  });
}

const shareOfGood = (tunes: readonly Judged[]): number => tunes.filter(({ reason }) => reason === '').length / tunes.length; // prettier-ignore

/** How surprising each word of each tune is, and the end of each: −log p. */
async function surprisesOf(
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
  return longest.sort((a, b) => a - b)[Math.floor(longest.length / 2)] ?? 0;
}

/** What is wrong with those that are not good, and how often. */
function faults(free: readonly Judged[], kept: readonly Judged[]): Section {
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
function surprise(test: readonly Tune[], surprises: readonly Float32Array[]): Section {
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
