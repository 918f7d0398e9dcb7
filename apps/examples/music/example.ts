/**
 * Tunes, written note by note.
 *
 * A decoder is a transformer in which no word sees those behind it, so that at every place it can be asked what comes next. Whoever can tell that can also write: draw a word by its probabilities, read it, draw the next. Music is written in words as
 * well: `d2` is a note of two eighths, `"G"` a chord, `|` the end of a bar. And it has a grammar that is easy to check: in 6/8 each bar is six eighths long, no more and no less. Who cannot count writes no tunes, and a transformer counts badly; so it is
 * told beside each word what every musician knows, how much of the bar is left.
 */
import { writeFile } from 'node:fs/promises';
import {
  AdamW,
  crossEntropy,
  DataLoader,
  fit,
  isBiasOrNorm,
  minimize,
  oneCycleSchedule,
  tensor,
  type Task,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { mean } from '../src/statistics.ts';
import { writeTune } from './abc.ts';
import { composeTunes } from './compose.ts';
import { copiedBars, shareOfGood, surprisesOf, writeAndJudge } from './evaluate.ts';
import { Composer, type ComposerOptions } from './model.ts';
import { faults, melodies, surprise } from './report.ts';
import { asDataset, contextLength, loadTunes, nothing, split, type Tunes } from './tunes.ts';

/** Words of the tunes of a batch at most: they are filled up to the next of these. */
const bucketLengths = [64, 96, 128, 160, 192, 224, 256, contextLength];

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
  seconds: { quick: 15, normal: 60 },
  data: {
    carried: 'tunes that the example composes by a few rules',
    full: '792 folk tunes in ABC notation, from Nottingham',
    expects: 'a folder with .abc files',
  },

  async run(kit) {
    // 1. Data: tunes as words, those of a folder or composed ones.
    const folder = await kit.folder('nottingham');
    const composed = { count: kit.choose({ quick: 240, normal: 500, full: 500 }), parts: kit.choose({ quick: 1, normal: 2, full: 2 }), seed: 1 }; // prettier-ignore
    const tunes = split(folder === undefined ? composeTunes(composed) : loadTunes(folder, (text) => kit.say(text)));
    const { vocabulary, train, validation, test } = tunes;
    kit.say(`${train.length} tunes to learn from, ${validation.length} to validate, ${test.length} to test; ${vocabulary.length} words`); // prettier-ignore
    if (train[0] !== undefined) kit.say('One of them:', writeTune(train[0].words, train[0].title));

    // 2. Network: a decoder that is told, beside each word, how much of the bar is left and which bar it is.
    const sizes = kit.choose({ quick: { width: 48, layers: 2 }, normal: { width: 96, layers: 2 }, full: { width: 96, layers: 3 } }); // prettier-ignore
    const { model, task, loader } = build(tunes, sizes, kit.seed, kit.choose({ quick: 16, normal: 16, full: 8 }));
    const ids = { shape: ['batch', 'length'], dtype: 'int32' } as const;
    kit.show('network', model, [ids, ids, ids]);

    // 3. Training: at each word of a tune, which one comes next?
    kit.heading('Training');
    await fit(task, loader, {
      epochs: kit.choose({ quick: 8, normal: 8, full: 16 }),
      schedule: oneCycleSchedule({ warmup: 0.1 }),
      validation: asDataset(validation, vocabulary),
      validateEvery: { epochs: kit.choose({ quick: 4, normal: 2, full: 2 }) },
      ...kit.training('network'),
    });

    // 4. Evaluation: whether its tunes are some, whether they are its own, and how well it knows what comes next in tunes of others.
    kit.heading('Tunes of its own');
    const drawn = { ...drawing, count: kit.choose({ quick: 20, normal: 100, full: 100 }), seed: kit.seed, signal: kit.signal }; // prettier-ignore
    const free = await writeAndJudge(model, vocabulary, { ...drawn, keepsTime: false });
    const kept = await writeAndJudge(model, vocabulary, { ...drawn, keepsTime: true });
    kit.metric('tunes whose bars add up', shareOfGood(free), { format: 'percent', target: { quick: { atLeast: 0.3 }, normal: { atLeast: 0.7 }, full: { atLeast: 0.9 } } }); // prettier-ignore
    kit.metric('tunes whose bars add up, keeping time', shareOfGood(kept), { format: 'percent', target: { quick: { atLeast: 0.5 }, normal: { atLeast: 0.85 }, full: { atLeast: 0.9 } } }); // prettier-ignore
    const good = free.concat(kept).filter(({ reason }) => reason === '').slice(0, 5); // prettier-ignore
    const copied = good.length === 0 ? 0 : copiedBars(free.map(({ words }) => words), train); // prettier-ignore
    kit.metric('bars in a row that stand in a tune it has learnt from, median', copied, { format: 'count' });
    const surprises = await surprisesOf(model, vocabulary, test);
    kit.metric('test loss, nats per word', mean(surprises.flatMap((each) => Array.from(each))), {
      target: folder === undefined ? { quick: { atMost: 1.8 }, normal: { atMost: 1.4 }, full: { atMost: 1.4 } } : { full: { atMost: 2.1 } }, // prettier-ignore
    });
    kit.section(melodies(good), faults(free, kept), surprise(test, surprises));
    const tunesFile = await kit.file('tunes.abc', 'the tunes that were drawn freely');
    await writeFile(tunesFile, free.map(({ abc }) => abc).join('\n'));

    // 5. ONNX: any number of tunes of any length.
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
