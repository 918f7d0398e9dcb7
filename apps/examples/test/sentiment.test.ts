/** Sentences, their padding, and the words that are weighed. */
import { exportOnnx, manualSeed, setDevice, tensor, verifyOnnx } from 'hebb';
import { beforeEach, describe, expect, it } from 'vitest';
import { build } from '../sentiment/example.ts';
import { Reader } from '../sentiment/model.ts';
import { spaced, wordsOf } from '../sentiment/report.ts';
import { encode, split } from '../sentiment/texts.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(3);
});

const options = { vocabularySize: 300, width: 16, heads: 2, layers: 2, classes: 2 };
const ids = (rows: number[][]) => tensor(rows, { dtype: 'int32' });

describe('the reader', () => {
  it('gives the same for a sentence alone, and beside longer ones with padding', async () => {
    const model = new Reader(options).eval();
    const alone = (await model.forward(ids([[5, 17, 40]])).toArray()) as number[][];
    const padded = (await model.forward(ids([[5, 17, 40, 0, 0, 0, 0], [9, 8, 7, 6, 5, 4, 3]])).toArray()) as number[][]; // prettier-ignore
    for (const [i, logit] of (alone[0] ?? []).entries()) expect(padded[0]?.[i]).toBeCloseTo(logit, 5);
    const [first, second] = (await model.attention(ids([[5, 17, 40, 0], [9, 8, 7, 6]])).toArray()) as number[][]; // prettier-ignore
    expect(first?.[3]).toBe(0);
    for (const row of [first, second]) expect(row?.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  });

  it('has an answer for a sentence without a word, whatever its padding', async () => {
    const model = new Reader(options).eval();
    const short = (await model.forward(ids([[0]])).toArray()) as number[][];
    expect(await model.forward(ids([[0, 0, 0]])).toArray()).toEqual(short);
    expect(short[0]?.every(Number.isFinite)).toBe(true);
  });

  it('looks at other words, and at their order', async () => {
    const model = new Reader(options).eval();
    const rows = (await model.forward(ids([[5, 17, 40], [40, 17, 5], [5, 17, 41]])).toArray()) as number[][]; // prettier-ignore
    expect(new Set(rows.map((row) => row.join())).size).toBe(3);
  });
});

it('is a file for sentences of any number and length', async () => {
  const model = new Reader(options).eval();
  const bytes = await exportOnnx(model, { inputs: { ids: { shape: ['batch', 'length'], dtype: 'int32' } }, outputs: ['logits'] }); // prettier-ignore
  for (const rows of [
    [[7]],
    [
      [5, 17, 40, 0, 0],
      [9, 8, 7, 6, 5],
      [0, 0, 0, 0, 0],
    ],
  ]) {
    const { ok, maxAbsoluteDifference } = await verifyOnnx(bytes, model, ids(rows), { tolerance: 1e-5 });
    expect(ok, String(maxAbsoluteDifference)).toBe(true);
  }
});

describe('the sentences', () => {
  it('are split by distinct text, all of them once', () => {
    const texts = Array.from({ length: 200 }, (_, i) => ({ text: `text ${i % 100}`, label: i % 2 }));
    const { train, validation, test } = split(texts);
    expect([train.length, validation.length, test.length]).toEqual([80, 10, 10]);
    expect(new Set([...train, ...validation, ...test].map(({ text }) => text)).size).toBe(100);
  });

  it('are ids with padding; what lies behind their length is left out, and <pad> is text', async () => {
    const train = [{ text: 'good good film', label: 1 }, { text: 'bad film', label: 0 }, { text: '<pad>', label: 0 }]; // prettier-ignore
    const { tokenizer, model } = await build(train, { vocabularySize: 300 });
    const { data, shape } = encode(tokenizer, train, 10).field('x');
    expect(shape).toEqual([3, 10]);
    expect(data[0]).toBeGreaterThan(0);
    expect(data[19]).toBe(0);
    expect(data[20]).toBeGreaterThan(0);
    expect(model.forward(tensor(data, { shape })).shape).toEqual([3, 2]);
  });

  it('are drawn word by word, a word having the weights of all of its tokens', async () => {
    const { tokenizer } = await build([{ text: 'aa bb', label: 0 }], { vocabularySize: 257 });
    // Bytes: a space and two letters each.
    const words = wordsOf(tokenizer, 'aa bb!', [0, 0.25, 0.25, 0.1, 0.1, 0.1, 0.2]);
    expect(words.map(({ text }) => text)).toEqual(['aa', 'bb!']);
    expect(words[0]?.weight).toBeCloseTo(0.5);
    expect(words[1]?.weight).toBeCloseTo(0.5);
    expect(spaced(words)).toEqual({ tokens: ['aa', ' ', 'bb!'], weights: [expect.closeTo(0.5), 0, expect.closeTo(0.5)] }); // prettier-ignore
  });
});
