import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  DataError,
  Random,
  labelEncode,
  parseCsv,
  stratifiedSplit,
  trainTestSplit,
  validateLabels,
} from '../src/index.ts';
import golden from './golden/label-encoder.json' with { type: 'json' };

const rows = Array.from({ length: 40 }, (_, i) => `${i},${i % 4 === 0 ? 'rare' : 'common'}`);
const table = parseCsv(`x,kind\n${rows.join('\n')}\n`);
const xs = (part: typeof table): number[] => [...part.numbers('x')];
const sorted = (values: number[]): number[] => [...values].sort((a, b) => a - b);

function dataset(labels: number[]): ArrayDataset<{ y: { data: Int32Array; shape: number[] } }> {
  return new ArrayDataset({ y: { data: Int32Array.from(labels), shape: [] } });
}

describe('trainTestSplit', () => {
  it('has exact sizes, no example twice and none lost', () => {
    const { train, validation, test } = trainTestSplit(table, { test: 0.25, validation: 7, seed: 3 });
    expect([train.length, validation.length, test.length]).toEqual([23, 7, 10]);
    expect(sorted([...xs(train), ...xs(validation), ...xs(test)])).toEqual([...Array(40).keys()]);
  });

  it.each([
    [0.2, 1797, 360],
    [0.1, 10, 1],
    [0.07, 100, 7],
    [0.25, 3, 1],
    [5, 6, 5],
  ])('%s of %i are %i, as in scikit-learn', (test, n, size) => {
    expect(trainTestSplit(dataset(new Array<number>(n).fill(0)), { test }).test.length).toBe(size);
  });

  it('depends on the seed alone', () => {
    const split = (seed: number): number[] => xs(trainTestSplit(table, { seed }).test);
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
    expect('validation' in trainTestSplit(table)).toBe(false);
  });

  it.each([
    [{ test: 0 }, /test must be a fraction/],
    [{ test: -0.5 }, /test must be a fraction/],
    [{ test: 1.5 }, /test must be a fraction/],
    [{ test: NaN }, /got NaN/],
    [{ test: 40 }, /40 examples for test and validation leave none of 40/],
    [{ test: 0.5, validation: 0.5 }, /leave none/],
    [{ seed: 0.5 }, /seed must be/],
  ])('refuses %j', (options, message) => {
    expect(() => trainTestSplit(table, options)).toThrow(message);
    expect(() => trainTestSplit(table, options)).toThrow(DataError);
  });
});

describe('stratifiedSplit', () => {
  it('keeps the proportions of classes in every part', () => {
    const { train, validation, test } = stratifiedSplit(table, { by: 'kind', test: 8, validation: 8, seed: 1 });
    const rare = (part: typeof table): number => part.strings('kind').filter((kind) => kind === 'rare').length;
    expect([rare(train), rare(validation), rare(test)]).toEqual([6, 2, 2]);
    expect(sorted([...xs(train), ...xs(validation), ...xs(test)])).toEqual([...Array(40).keys()]);
  });

  it('is within one example of the exact share of every class, with the exact size, for random classes', () => {
    const random = new Random(8);
    for (let round = 0; round < 50; round++) {
      const classCount = 2 + random.integer(6);
      const labels = Array.from({ length: 60 + random.integer(60) }, (_, i) =>
        i < 2 * classCount ? i % classCount : random.integer(classCount),
      );
      const data = dataset(labels);
      const size = classCount + random.integer(labels.length - 2 * classCount);
      const { train, test } = stratifiedSplit(data, { by: 'y', test: size, seed: round });
      expect([test.length, train.length]).toEqual([size, labels.length - size]);
      for (let c = 0; c < classCount; c++) {
        const share = (labels.filter((label) => label === c).length * size) / labels.length;
        const got = test.field('y').data.filter((label) => label === c).length;
        expect(Math.abs(got - share)).toBeLessThan(1);
      }
    }
  });

  it('takes values of its own, and mixes the classes', () => {
    const by = Array.from({ length: 40 }, (_, i) => i % 2);
    const { test } = stratifiedSplit(table, { by, test: 0.5 });
    const parity = xs(test).map((x) => x % 2);
    expect(parity.filter((p) => p === 0).length).toBe(10);
    expect(parity).not.toEqual([...parity].sort((a, b) => a - b));
    expect(xs(stratifiedSplit(table, { by, seed: 4 }).test)).toEqual(xs(stratifiedSplit(table, { by, seed: 4 }).test));
  });

  it('explains what cannot be split', () => {
    expect(() => stratifiedSplit(dataset([0, 0, 1]), { by: 'y', test: 1 })).toThrow(
      /class 1 has 1 example, fewer than the 2 parts/,
    );
    expect(() => stratifiedSplit(dataset([0, 0, 0, 1, 1, 1]), { by: 'y', test: 1 })).toThrow(
      /test part has 1 examples, fewer than the 2 classes/,
    );
    expect(() => stratifiedSplit(table, { by: 'nothing' })).toThrow(/no column "nothing"/);
    expect(() => stratifiedSplit(table, { by: [1, 2] })).toThrow(/'by' has 2 values for 40 examples/);
    expect(() => stratifiedSplit(parseCsv('k,x\na,1\n,2\n'), { by: 'k' })).toThrow(/example 1 has no class/);
  });
});

describe('labels', () => {
  it.each(golden)('are numbered as by scikit-learn: $values', ({ values, labels, classNames }) => {
    expect(labelEncode(values as (string | number)[])).toEqual({ labels: Int32Array.from(labels), classNames });
  });

  it('keep the numbers of given classes', () => {
    expect([...labelEncode(['b', 'a'], { classNames: ['c', 'b', 'a'] }).labels]).toEqual([1, 2]);
    expect(() => labelEncode(['b', 'x'], { classNames: ['a', 'b'] })).toThrow(
      /not among the classes a, b:\n  example 1: "x"/,
    );
    expect(() => labelEncode(['b', null])).toThrow(/1 of 2 values are missing:\n  example 1/);
    expect(() => labelEncode(Float64Array.of(1, NaN))).toThrow(DataError);
  });

  it('are checked', () => {
    expect(validateLabels(Uint8Array.of(0, 2), { classCount: 3 })).toEqual(Int32Array.of(0, 2));
    expect(() => validateLabels([0, 3, -1, 0.5, NaN], { classCount: 3, source: 'y.idx' })).toThrow(
      /y\.idx: 4 of 5 labels out of range:\n  example 1: expected a label from 0 to 2, got 3\n  example 2: .* got -1\n  example 3: .* got 0\.5/,
    );
    expect(() => validateLabels([0], { classCount: 0 })).toThrow(/classCount must be/);
  });
});
