/** First names as rows of tokens. */
import { readFile } from 'node:fs/promises';
import { ArrayDataset, DataError, trainTestSplit } from 'hebb';

/** One token for a letter, a … z from 1, and one that stands before and behind every name. */
export const edge = 0;
export const toTokens = (name: string): number[] => [...name].map((letter) => letter.charCodeAt(0) - 96);
export const toName = (tokens: readonly number[]): string => String.fromCharCode(...tokens.map((token) => token + 96));

/** What a position has where there is no letter: the loss leaves it out. */
export const nothing = -1;

export type NameFields = { x: { data: Int32Array; shape: number[] }; y: { data: Int32Array; shape: number[] } };

/** x is a name behind the edge, y the same one step later: at each position what comes next. All are as long as the longest. */
export function asDataset(all: readonly string[]): ArrayDataset<NameFields> {
  const length = Math.max(...all.map((name) => name.length)) + 1;
  const x = new Int32Array(all.length * length).fill(edge);
  const y = new Int32Array(all.length * length).fill(nothing);
  all.forEach((name, row) => {
    const tokens = toTokens(name);
    x.set(tokens, row * length + 1);
    y.set([...tokens, edge], row * length);
  });
  return new ArrayDataset({ x: { data: x, shape: [length] }, y: { data: y, shape: [length] } });
}

/** The names of a file: 80 % to learn from, 10 % to look at while learning, 10 % that nothing is chosen by. */
export async function loadNames(path: string) {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DataError(`[loadNames] cannot read ${path}.`, { cause, hint: '--data DIR is a folder with names.txt.' });
  });
  const all = text.split(/\r?\n/).filter((name) => name !== '');
  const strange = all.findIndex((name) => !/^[a-z]+$/.test(name));
  if (strange !== -1)
    throw new DataError(`[loadNames] line ${strange + 1} of ${path} is '${all[strange]}'.`, { hint: 'Names are letters a … z, one name a line.' }); // prettier-ignore
  const rows = new ArrayDataset({ row: { data: Int32Array.from(all, (_, i) => i), shape: [] } });
  const split = trainTestSplit(rows, { test: 0.1, validation: 0.1, seed: 1 });
  const of = (part: typeof rows): string[] => Array.from(part.field('row').data, (row) => all[row] ?? '');
  return { all, learnt: of(split.train), seen: of(split.validation), unseen: of(split.test) };
}
