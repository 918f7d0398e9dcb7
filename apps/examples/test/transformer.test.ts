/** Texts in pieces, what is expected of them, and a page. */
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { CharacterTokenizer, exportOnnx, manualSeed, oneHot, setDevice, tensor, verifyOnnx, type Tensor } from 'hebb';
import { beforeEach, describe, expect, it } from 'vitest';
import { examples } from '../src/examples.ts';
import { loadPlays } from '../src/shakespeare.ts';
import { mean } from '../src/statistics.ts';
import { everyWindow, piecesOf, surpriseOfPairs, surprises } from '../src/text.ts';
import { build, write } from '../transformer/example.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(3);
});

const sizes = { layers: 1, heads: 2, width: 8, contextLength: 8, batchSize: 12, learningRate: 1e-2, seed: 0 };

describe('the text', () => {
  it('is carried whole, and split by position', async () => {
    const path = examples.carried('shakespeare.txt.gz');
    const { train, validation } = await loadPlays(undefined, path);
    expect(train + validation).toBe(gunzipSync(readFileSync(path)).toString());
    expect([train.length, validation.length]).toEqual([1_003_854, 111_540]);
    await expect(loadPlays('/no/such', path)).rejects.toThrow(/cannot read \/no\/such\/input\.txt[\s\S]*--data DIR/);
  });

  it('is asked for what comes next: from every place, or every token once', async () => {
    const tokens = Int32Array.of(5, 6, 7, 8, 9, 10);
    const { x, y } = await everyWindow(tokens, 3).gather(Uint32Array.of(2, 0));
    expect([[...x.data], [...y.data], x.shape]).toEqual([[7, 8, 9, 5, 6, 7], [8, 9, 10, 6, 7, 8], [2, 3]]); // prettier-ignore
    expect(everyWindow(tokens, 3)).toHaveLength(3);
    const pieces = piecesOf(tokens, 2);
    expect([[...pieces.field('x').data], [...pieces.field('y').data]]).toEqual([[5, 6, 7, 8], [6, 7, 8, 9]]); // prettier-ignore
  });
});

describe('surprises', () => {
  /** Expects after each token the next one, the more firmly the more it has seen. */
  const counter = {
    contextLength: 4,
    forward: (ids: Tensor): Tensor => {
      const firmness = tensor(Float32Array.from({ length: ids.shape[1] ?? 0 }, (_, i) => i), { shape: [1, ids.shape[1] ?? 0, 1] }); // prettier-ignore
      return oneHot(ids.add(1), 20).mul(firmness);
    },
  };
  const after = (seen: number): number => Math.log(Math.exp(seen) + 19) - seen;

  it.each([
    [4, [0, 1, 2, 3, 0, 1, 2, 3, 2, 3]],
    [2, [0, 1, 2, 3, 2, 3, 2, 3, 2, 3]],
    [1, [0, 1, 2, 3, 3, 3, 3, 3, 3, 3]],
  ])('are one for each token from the second on, with pieces %i apart', async (stride, seen) => {
    const found = await surprises(
      counter,
      Int32Array.from({ length: 11 }, (_, i) => i),
      stride,
    );
    expect(found).toHaveLength(10);
    found.forEach((value, i) => expect(value, String(i)).toBeCloseTo(after(seen[i] ?? NaN), 5));
  });

  it('of a text that is shorter than what the model looks back on are all there', async () => {
    expect(await surprises(counter, Int32Array.of(3, 4, 5))).toHaveLength(2);
  });

  it('of a network that has learnt nothing are the logarithm of the number of tokens', async () => {
    const learnt = Int32Array.from({ length: 100 }, (_, i) => (i * i) % 10);
    const { model } = build({ ...sizes, vocabulary: 10, learnt });
    expect(mean(await surprises(model.eval(), learnt))).toBeCloseTo(Math.log(10), 1);
  });

  it('by pairs are those of a table of counts', () => {
    // After 0 comes 1, twice; of 2 tokens each is counted once more.
    expect(surpriseOfPairs(Int32Array.of(0, 1, 0, 1), Int32Array.of(0, 1), 2)).toBeCloseTo(-Math.log(3 / 4), 12);
    expect(surpriseOfPairs(Int32Array.of(0, 1, 0, 1), Int32Array.of(0, 0, 1), 2)).toBeCloseTo((-Math.log(1 / 4) - Math.log(3 / 4)) / 2, 12); // prettier-ignore
  });
});

it('a page goes on beyond what the network looks back on, and is the seed’s', async () => {
  const tokenizer = CharacterTokenizer.train('abcdef\n');
  const { model } = build({ ...sizes, vocabulary: tokenizer.vocabularySize, learnt: new Int32Array(20) });
  model.eval();
  const page = await write(model, tokenizer, 'fade', 30, 1);
  expect(page).toMatch(/^fade[a-f\n]{30}$/);
  expect(await write(model, tokenizer, 'fade', 30, 1)).toBe(page);
  expect(await write(model, tokenizer, 'fade', 30, 2)).not.toBe(page);
});

it('is a file for texts of any number and length', async () => {
  const { model } = build({ ...sizes, contextLength: 20, vocabulary: 10, learnt: new Int32Array(40) });
  const bytes = await exportOnnx(model.eval(), { inputs: { ids: { shape: ['batch', 'length'], dtype: 'int32' } }, outputs: ['logits'] }); // prettier-ignore
  for (const rows of [
    [[7]],
    [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [9, 8, 7, 6, 5, 4, 3, 2],
    ],
  ]) {
    const { ok, maxAbsoluteDifference } = await verifyOnnx(bytes, model, tensor(rows, { dtype: 'int32' }), { tolerance: 1e-5 }); // prettier-ignore
    expect(ok, String(maxAbsoluteDifference)).toBe(true);
  }
});
