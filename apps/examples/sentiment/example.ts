/**
 * Is a sentence of a film review for or against the film? A transformer encoder, from nothing: its tokenizer is learnt from the same sentences.
 *
 * A network that reads words one after the other has forgotten the first when it meets the last. In an encoder every word looks at every other one at once, and decides by itself which of them matter to it: `not` finds
 * the `good` that it turns around, however far away. How much each word mattered in the end is a number, which the report draws.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  accuracy,
  AdamW,
  ArrayDataset,
  ByteLevelBPE,
  classification,
  crossEntropy,
  DataError,
  EMA,
  evaluate,
  fit,
  oneCycleSchedule,
  Random,
  tensor,
  type ClassificationEvaluation,
  type EncodeBatchOptions,
  type Passage,
  type Section,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { Reader } from './model.ts';

/** Tokens of a text that are read; the others, of few texts, are left out. */
export const trainedLength = 48;
export const readLength = 64;

interface Labelled {
  readonly text: string;
  readonly label: number;
}

export interface Texts {
  readonly name: string;
  readonly classNames: readonly [string, string];
  readonly train: readonly Labelled[];
  readonly validation: readonly Labelled[];
  readonly test: readonly Labelled[];
}

/** All that is trained, and with what. */
export async function build(train: readonly Labelled[], { vocabularySize = 4096 } = {}) {
  const tokenizer = await ByteLevelBPE.train(
    train.map(({ text }) => text),
    // With a space in front the first word of a sentence is the same token as it is elsewhere.
    { vocabularySize, specialTokens: ['<pad>'], addPrefixSpace: true },
  );
  const model = new Reader({ vocabularySize: tokenizer.vocabularySize, width: 64, heads: 4, layers: 1, classes: 2 });
  return { tokenizer, model, optimizer: new AdamW(model, { learningRate: 3e-3, weightDecay: 0.1 }) };
}

export const sentiment: Example = {
  name: 'sentiment',
  line: 'For or against? Sentences read by a transformer, and the words it weighs',
  seconds: { quick: 15, normal: 60, full: 120 },
  data: {
    carried: '5,160 text messages, some of them spam',
    full: '10,662 sentences of film reviews',
    expects: 'a folder with rt-polarity.neg and rt-polarity.pos',
  },

  async run(kit) {
    const folder = await kit.folder('rt-polarity');
    const texts = folder === undefined ? loadMessages(kit.carried('sms-spam.tsv')) : loadReviews(folder);
    const isReviews = folder !== undefined;
    const train = kit.level === 'quick' ? texts.train.slice(0, 1200) : texts.train;
    kit.say(`${train.length} ${texts.name} to train on, ${texts.validation.length} to validate, ${texts.test.length} to test`); // prettier-ignore
    const { tokenizer, model, optimizer } = await build(train, { vocabularySize: kit.choose({ quick: 1024, normal: 4096, full: 12_000 }) }); // prettier-ignore
    const [first] = texts.train;
    kit.say(`A text in tokens: ${Array.from(tokenizer.encode(first?.text ?? ''), (id) => tokenizer.decode([id])).join('|')}`); // prettier-ignore
    kit.show('network', model, [{ shape: ['batch', 'length'], dtype: 'int32' }]);

    kit.heading('Training');
    // The texts so many times, one after the other, and each time cut in another way: a tenth of the merges is passed over. What a rare word says is learnt by its parts, too.
    const passes = kit.choose({ quick: 4, normal: 4, full: 12 });
    const cuts = encode(tokenizer, Array.from({ length: passes }, () => train).flat(), trainedLength, { mergeDropout: 0.1, seed: kit.seed }); // prettier-ignore
    await fit(model, cuts, {
      // Nobody is sure of every sentence: a network that is asked for 95 % and not for 100 % stops earlier to learn single ones by heart.
      loss: (logits: Tensor, labels: Tensor) => crossEntropy(logits, labels, { labelSmoothing: 0.1 }),
      // The mean of the last steps, about a hundred, is what is tested, not where the last of them led to.
      optimizer: new EMA(optimizer, { decay: kit.choose({ quick: 0.9, normal: 0.99, full: 0.99 }) }),
      epochs: 1,
      batchSize: 64,
      validateEvery: { steps: Math.ceil(train.length / 64) },
      seed: kit.seed,
      clipNorm: 1,
      schedule: oneCycleSchedule({ warmup: 0.2 }),
      validation: encode(tokenizer, texts.validation, readLength),
      metrics: { accuracy },
      ...kit.training('network'),
    });

    kit.heading('Test');
    const test = encode(tokenizer, texts.test, readLength);
    const evaluation = await evaluate(model, test, classification({ classNames: texts.classNames }));
    kit.say(String(evaluation));
    kit.metric('test accuracy', evaluation.accuracy, {
      format: 'percent',
      // Of the messages 87 % are no spam: more than that has to be learnt.
      target: isReviews
        ? { quick: { atLeast: 0.55 }, normal: { atLeast: 0.7 }, full: { atLeast: 0.76 } }
        : { quick: { atLeast: 0.92 }, normal: { atLeast: 0.97 }, full: { atLeast: 0.97 } },
    });
    const ones = texts.test.filter(({ label }) => label === 1).length / texts.test.length;
    kit.metric('by always saying what is more frequent', Math.max(ones, 1 - ones), { format: 'percent' });
    // The report of mistakes is made of words below, not of numbers of examples.
    for (const section of evaluation.sections())
      if (section.kind !== 'figures' && section.kind !== 'pictures') kit.section(section);
    for (const section of await attentionSections(model, tokenizer, texts, evaluation)) kit.section(section);

    const ids = tensor(test.field('x').data, { shape: test.field('x').shape });
    await kit.onnx('model', model, { inputs: { ids: { shape: ['batch', 'length'], dtype: 'int32' } }, outputs: ['logits'], metadata: { tokenizer: JSON.stringify(tokenizer) } }, ids); // prettier-ignore
    await kit.weights('model', model);
  },
};

/** The texts as rows of ids of one length. */
export function encode(
  tokenizer: ByteLevelBPE,
  texts: readonly Labelled[],
  length: number,
  cut: Pick<EncodeBatchOptions, 'mergeDropout' | 'seed'> = {},
) {
  const { ids } = tokenizer.encodeBatch(
    texts.map(({ text }) => text),
    // A text that writes out a special token does not end there.
    { length, maxLength: length, parseSpecialTokens: false, ...cut },
  );
  return new ArrayDataset({
    x: { data: Int32Array.from(ids), shape: [length] },
    y: { data: Int32Array.from(texts, ({ label }) => label), shape: [] },
  });
}

/** 80 % to learn from, 10 % to stop by, 10 % to test with; equal texts count once, or a text would be tested that was learnt. */
export function split(texts: readonly Labelled[]): Pick<Texts, 'train' | 'validation' | 'test'> {
  const distinct = [...new Map(texts.map((labelled) => [labelled.text, labelled])).values()];
  const shuffled = Array.from(new Random(1).permutation(distinct.length), (i) => distinct[i]).filter((labelled) => labelled !== undefined); // prettier-ignore
  const tenth = Math.round(shuffled.length / 10);
  return {
    test: shuffled.slice(0, tenth),
    validation: shuffled.slice(tenth, 2 * tenth),
    train: shuffled.slice(2 * tenth),
  };
}

/** Pang & Lee's sentences (2005): a file of those against, and one of those for. */
export function loadReviews(folder: string): Texts {
  const read = (name: string, label: number): Labelled[] => {
    const lines = readLines(join(folder, name));
    return lines.map((text) => ({ text, label }));
  };
  return {
    name: 'sentences',
    classNames: ['against', 'for'],
    ...split([...read('rt-polarity.neg', 0), ...read('rt-polarity.pos', 1)]),
  };
}

/** Almeida & Hidalgo's messages (2011): `ham` or `spam`, a tab, the text. */
export function loadMessages(path: string): Texts {
  const texts = readLines(path).map((line) => {
    const tab = line.indexOf('\t');
    return { text: line.slice(tab + 1), label: line.startsWith('spam\t') ? 1 : 0 };
  });
  return { name: 'messages', classNames: ['no spam', 'spam'], ...split(texts) };
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').map((line) => line.trim()).filter((line) => line !== ''); // prettier-ignore
  } catch (cause) {
    throw new DataError(`[sentiment] cannot read ${path}.`, { cause, hint: '--data DIR is the folder with rt-polarity.neg and rt-polarity.pos.' }); // prettier-ignore
  }
}

export interface Word {
  readonly text: string;
  readonly weight: number;
}

/** Words with what the network gave to all of their tokens. */
export function wordsOf(tokenizer: ByteLevelBPE, text: string, weights: ArrayLike<number>): Word[] {
  const { ids, offsets } = tokenizer.encodeWithOffsets(text, { parseSpecialTokens: false });
  const words: Word[] = [];
  let begin = 0;
  for (let i = 0; i < Math.min(ids.length, weights.length); i++) {
    const start = offsets[2 * i] ?? 0;
    const end = offsets[2 * i + 1] ?? 0;
    const last = words.at(-1);
    // A token that begins with a space begins a word.
    if (last === undefined || /\s/.test(text.charAt(start))) {
      begin = start;
      words.push({ text: text.slice(start, end).trim(), weight: weights[i] ?? 0 });
    } else {
      words[words.length - 1] = { text: text.slice(begin, end).trim(), weight: last.weight + (weights[i] ?? 0) };
    }
  }
  return words.filter((word) => word.text !== '');
}

/** The words with a space between each two, which weighs nothing. */
export function spaced(words: readonly Word[]): { readonly tokens: string[]; readonly weights: number[] } {
  const pieces = words.flatMap((word, i) => (i === 0 ? [word] : [{ text: ' ', weight: 0 }, word]));
  return { tokens: pieces.map(({ text }) => text), weights: pieces.map(({ weight }) => weight) };
}

/** The texts where the network is surest, rightly and wrongly, with the words that mattered. */
async function attentionSections(
  model: Reader,
  tokenizer: ByteLevelBPE,
  texts: Texts,
  evaluation: ClassificationEvaluation,
): Promise<Section[]> {
  const { labels, predictions, confidences } = evaluation;
  const bySurety = Array.from(labels.keys()).sort((a, b) => (confidences[b] ?? 0) - (confidences[a] ?? 0));
  const isRight = (i: number): boolean => labels[i] === predictions[i];
  const sections: Section[] = [];
  for (const [title, text, chosen] of [
    [
      'What it read',
      'The surest sentences of each class.',
      texts.classNames.flatMap((_, label) => bySurety.filter((i) => isRight(i) && labels[i] === label).slice(0, 5)),
    ],
    ['The worst mistakes', 'Where it was surest, and wrong.', bySurety.filter((i) => !isRight(i)).slice(0, 12)],
  ] as const) {
    const passages: Passage[] = [];
    for (const i of chosen) {
      const sample = texts.test[i];
      if (sample === undefined) continue;
      const { data, shape } = encode(tokenizer, [sample], readLength).field('x');
      const weights = await model
        .eval()
        .attention(tensor(data, { shape: [1, ...shape.slice(1)] }))
        .data();
      const taken = texts.classNames[predictions[i] === 1 ? 1 : 0];
      passages.push({
        caption: [
          { label: 'taken for', value: taken, tone: isRight(i) ? 'right' : 'wrong' },
          { label: 'sure', value: `${(100 * (confidences[i] ?? 0)).toFixed(1)} %`, tone: 'quiet' },
        ],
        ...spaced(wordsOf(tokenizer, sample.text, weights)),
      });
    }
    if (passages.length === 0) continue;
    sections.push({
      kind: 'passage',
      title,
      text: `${text} The darker a word, the larger its share of the mean that is classified.`,
      passages,
    });
  }
  return sections;
}
