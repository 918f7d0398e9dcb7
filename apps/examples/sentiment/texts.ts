/** Texts that are one of two things: reviews and messages, and what the network reads of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArrayDataset, DataError, Random, type ByteLevelBPE, type EncodeBatchOptions } from 'hebb';

/** Tokens of a text that are read; the others, of few texts, are left out. */
export const trainedLength = 48;
export const readLength = 64;

export interface Labelled {
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
