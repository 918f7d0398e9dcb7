/** Tables of vectors: what they start from, what is looked up, and when the table itself changes. */
import { ArgumentError, manualSeed, setDevice, ShapeError, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { Embedding, EmbeddingBag, fromConfig, Sequential } from '../src/index.ts';

beforeAll(() => setDevice('reference'));

const ids = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });

describe('Embedding', () => {
  it('starts from a normal distribution, with zeros in the row of the padding', async () => {
    manualSeed(3);
    const { weight } = new Embedding(400, 50, { paddingIndex: -2 });
    expect(Math.abs(await weight.mean().item())).toBeLessThan(0.03);
    expect(Math.abs((await weight.variance().item()) - 398 / 400)).toBeLessThan(0.04);
    const rows = (await weight.toArray()) as number[][];
    expect(rows.map((row) => row.every((value) => value === 0)).indexOf(true)).toBe(398);
  });

  it('shortens rows that are too long in its table while it trains, and only in what it gives while it does not', async () => {
    const long = [
      [3, 4],
      [0.3, 0.4],
      [6, 8],
    ];
    const layer = Embedding.fromPretrained(tensor(long), { maxNorm: 1 }).eval();
    const short = [[0.6, 0.8], [0.3, 0.4]]; // prettier-ignore
    const near = (rows: unknown, expected: number[][]): void =>
      (rows as number[][]).forEach((row, i) =>
        row.forEach((n, j) => expect(n).toBeCloseTo(expected[i]?.[j] ?? NaN, 5)),
      );
    near(await layer.forward(ids(0, 1)).toArray(), short);
    expect(await layer.weight.toArray()).toEqual((await tensor(long).toArray()) as number[][]);
    near(await layer.train().forward(ids(0, 1)).toArray(), short);
    near(await layer.weight.toArray(), [...short, [6, 8]]);
  });

  it('takes vectors that are there, frozen or not', async () => {
    const table = tensor([[1, 2], [3, 4]]); // prettier-ignore
    const [frozen, free] = [
      Embedding.fromPretrained(table),
      Embedding.fromPretrained(table, { freeze: false, paddingIndex: 0 }),
    ];
    expect([frozen.weight.trainable, free.weight.trainable, free.paddingIndex]).toEqual([false, true, 0]);
    expect(await free.forward(ids(0, 1)).toArray()).toEqual([[1, 2], [3, 4]]); // prettier-ignore
    expect(fromConfig(frozen.config()).trainableParameters().size).toBe(0);
    expect(() => Embedding.fromPretrained(tensor([1, 2]))).toThrow(ShapeError);
  });

  it('says which ids and which options are none', () => {
    const model = new Sequential(new Embedding(3, 2));
    expect(() => model.forward(ids(0, 3))).toThrow(/ids\[1\].*3[^]*module: 0 \(Embedding 3 × 2\)/);
    expect(() => model.forward(tensor([0.5]))).toThrow(/must be int32[^]*module: 0 \(Embedding 3 × 2\)/);
    expect(() => new Embedding(3, 2, { paddingIndex: 3 })).toThrow('paddingIndex 3 is no row: there are 3');
    expect(() => new Embedding(3, 2, { maxNorm: 0 })).toThrow('maxNorm');
  });
});

describe('EmbeddingBag', () => {
  it('takes offsets with and without the end of the last bag', async () => {
    const table = tensor([[1], [2], [4], [8]]); // prettier-ignore
    const bags = (includeLastOffset: boolean): EmbeddingBag =>
      EmbeddingBag.fromPretrained(table, { mode: 'sum', includeLastOffset });
    expect(
      await bags(false)
        .forward(ids(0, 1, 2, 3), ids(0, 1))
        .toArray(),
    ).toEqual([[1], [14]]);
    expect(
      await bags(true)
        .forward(ids(0, 1, 2, 3), ids(0, 1, 4))
        .toArray(),
    ).toEqual([[1], [14]]);
    expect(() => bags(true).forward(ids(0, 1), ids())).toThrow(ShapeError);
  });

  it('refuses what does not go together', () => {
    expect(() => new EmbeddingBag(3, 2, { mode: 'max', scaleGradByFrequency: true })).toThrow(ArgumentError);
    const mean = new EmbeddingBag(3, 2);
    expect(() => mean.forward(ids(0, 1), ids(0), tensor([1, 2]))).toThrow("perSampleWeights go with mode 'sum'");
    expect(() => mean.forward(ids(0, 1))).toThrow('without offsets ids are [bags, n]');
  });
});
