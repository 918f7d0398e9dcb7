import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  DataLoader,
  concatDatasets,
  filterDataset,
  mapDataset,
  readField,
  stratifiedSplit,
  Subset,
  trainTestSplit,
  type ArrayBatch,
  type Dataset,
} from '../src/index.ts';
import { read } from './support/read.ts';

type Arrays = ArrayDataset<{ x: { data: Float32Array; shape: number[] }; y: { data: Int32Array; shape: number[] } }>;

function numbered(length: number, from = 0): Arrays {
  return new ArrayDataset({
    x: { data: Float32Array.from({ length: 2 * length }, (_, i) => 2 * from + i), shape: [2] },
    y: { data: Int32Array.from({ length }, (_, i) => from + i), shape: [] },
  });
}

/** The same, a turn of the event loop later. */
function later<B extends ArrayBatch>(dataset: Dataset<B>): Dataset<B> {
  return mapDataset(dataset, (batch) => Promise.resolve(batch));
}

const labelsOf = async (dataset: Dataset): Promise<number[]> => [...(await readField(dataset, 'y')).data];

describe('Subset', () => {
  it('hands out its examples in its order, and parts of itself', async () => {
    const part = new Subset(numbered(10), [7, 1, 3, 1]);
    expect(part.length).toBe(4);
    expect((await part.gather([3, 0])).x).toEqual({ data: Float32Array.of(2, 3, 14, 15), shape: [2, 2] });
    expect(await labelsOf(part.subset([2, 0]))).toEqual([3, 7]);
    expect(() => part.gather([4])).toThrow(/\[Subset\.gather\] index 4 is not an integer from 0 to 3/);
    expect(() => new Subset(numbered(2), [2])).toThrow(/\[Subset\] index 2/);
    expect(() => new Subset([] as never, [])).toThrow(/\[Subset\] expected a dataset/);
  });

  it('keeps lengths, workers and fields that do not count examples', () => {
    const dataset: Dataset = { ...later(numbered(3)), lengths: [5, 6, 7], workers: 4, unaligned: ['nodes'] };
    const part = new Subset(dataset, [2, 0]);
    expect(Array.from(part.lengths ?? [])).toEqual([7, 5]);
    expect([part.workers, part.unaligned]).toEqual([4, ['nodes']]);
    expect(new Subset(numbered(3), [1]).lengths).toBeUndefined();
  });
});

describe('mapDataset', () => {
  it('changes batches as they are gathered, and leaves the dataset alone', async () => {
    const dataset = numbered(4);
    const doubled = mapDataset(dataset, ({ x }) => {
      x.data.forEach((value, i) => (x.data[i] = 2 * value));
      return { z: x };
    });
    expect(await doubled.gather(Uint32Array.of(1))).toEqual({ z: { data: Float32Array.of(4, 6), shape: [1, 2] } });
    expect([...dataset.field('x').data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await doubled.subset([3]).gather(Uint32Array.of(0))).toEqual({
      z: { data: Float32Array.of(12, 14), shape: [1, 2] },
    });
  });

  it('refuses a function that returns no batch, also later', async () => {
    expect(() => mapDataset(numbered(2), () => undefined as never).gather(Uint32Array.of(0))).toThrow(
      /\[mapDataset\] the function must return the batch, .* got undefined[^]*in place/,
    );
    await expect(mapDataset(later(numbered(2)), () => ({ x: [1] }) as never).gather(Uint32Array.of(0))).rejects.toThrow(
      /\[mapDataset\] .*; 'x' is an array/,
    );
    const fewer = mapDataset(numbered(3), ({ y }) => ({ y: { data: y.data.slice(1), shape: [y.data.length - 1] } }));
    await expect(read(new DataLoader(fewer))).rejects.toThrow(
      /asked for 3 examples, and its field 'y' has the shape \[2\]/,
    );
  });
});

describe('concatDatasets', () => {
  it('is one dataset after the other, in any order of examples, gathered at once or later', async () => {
    const parts = [numbered(3), numbered(1, 3), numbered(4, 4)];
    for (const joined of [concatDatasets<ArrayBatch>(parts), concatDatasets<ArrayBatch>(parts.map(later))]) {
      expect(joined.length).toBe(8);
      const { x, y } = await joined.gather(Uint32Array.of(7, 0, 3, 4, 2, 7));
      expect(y).toEqual({ data: Int32Array.of(7, 0, 3, 4, 2, 7), shape: [6] });
      expect([...(x?.data ?? [])]).toEqual([14, 15, 0, 1, 6, 7, 8, 9, 4, 5, 14, 15]);
      expect(await labelsOf(joined)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(await labelsOf(joined.subset([6, 1]))).toEqual([6, 1]);
    }
    expect(concatDatasets(parts).gather(Uint32Array.of(5))).not.toBeInstanceOf(Promise);
  });

  it('keeps dtypes', async () => {
    const masks = (): Dataset => new ArrayDataset({ m: { data: Uint8Array.of(1, 0), shape: [], dtype: 'bool' } });
    expect((await concatDatasets([masks(), masks()]).gather(Uint32Array.of(3, 0)))['m']).toEqual({
      data: Uint8Array.of(0, 1),
      shape: [2],
      dtype: 'bool',
    });
  });

  it('refuses none, indices out of range, and fields that differ', () => {
    expect(() => concatDatasets([])).toThrow(/at least one dataset/);
    expect(() => concatDatasets([numbered(1), {} as never])).toThrow(/expected a dataset/);
    const both = Uint32Array.of(0, 2);
    expect(() => concatDatasets([numbered(2)]).gather(Uint32Array.of(2))).toThrow(
      /index 2 is not an integer from 0 to 1/,
    );
    const other = (fields: ConstructorParameters<typeof ArrayDataset>[0]): Dataset => new ArrayDataset(fields);
    const x = { data: Float32Array.of(0, 1), shape: [2] };
    const y = { data: Int32Array.of(0), shape: [] };
    for (const fields of [
      { x },
      { x, y, z: y },
      { x: { ...x, shape: [2, 1] }, y },
      { x, y: { ...y, data: new Float32Array(1) } },
      { x, y: { ...y, dtype: 'bool' as const } },
    ]) {
      expect(() => concatDatasets([numbered(2), other(fields)]).gather(both)).toThrow(
        /an example has other fields in dataset 1 than in dataset 0: [^]*hint: .*mapDataset/,
      );
    }
    const graphs: Dataset = {
      ...numbered(1),
      length: 1,
      gather: () => ({}),
      subset: () => graphs,
      unaligned: ['nodes'],
    };
    expect(() => concatDatasets([graphs])).toThrow(/does not count examples \(nodes\)[^]*GraphDataset/);
  });
});

describe('filterDataset', () => {
  it('keeps the examples that fit, of datasets of any kind', async () => {
    const isEven = ({ y }: { y: { data: Int32Array } }, index: number): boolean => {
      expect(y.data).toEqual(Int32Array.of(index));
      return index % 2 === 0;
    };
    for (const dataset of [numbered(600), later(numbered(600))]) {
      const even = await filterDataset(dataset, isEven);
      expect(even.length).toBe(300);
      expect((await labelsOf(even)).slice(0, 4)).toEqual([0, 2, 4, 6]);
    }
    expect((await filterDataset(numbered(3), () => false)).length).toBe(0);
  });

  it('refuses a condition that is none', async () => {
    await expect(
      filterDataset(numbered(3), (({ y }: { y: { data: Int32Array } }) => y.data[0]) as never),
    ).rejects.toThrow(/must return true or false, got 0 for example 0[^]*=== 3/);
  });
});

describe('readField', () => {
  it('is the field of all examples, with its dtype', async () => {
    const y = { data: Uint8Array.from({ length: 700 }, (_, i) => i % 2), shape: [], dtype: 'bool' as const };
    const dataset = new ArrayDataset({ y, x: { data: new Float32Array(1400), shape: [2] } });
    expect(await readField(later(dataset), 'y')).toEqual({ ...y, shape: [700] });
    expect((await readField(dataset, 'x')).shape).toEqual([700, 2]);
  });

  it('says what is there, and what is not one array', async () => {
    await expect(readField(numbered(2), 'z' as 'x')).rejects.toThrow(/there is no field "z"; there are x, y/);
    await expect(readField(numbered(2).subset([]), 'y')).rejects.toThrow(/the dataset is empty/);
    const ragged: Dataset = {
      length: 600,
      gather: (indices) => ({
        x: { data: new Float32Array(indices.length * indices.length), shape: [indices.length, indices.length] },
      }),
      subset: () => ragged,
    };
    await expect(readField(ragged, 'x')).rejects.toThrow(
      /field 'x' have several shapes: float32\[256,256\] at the beginning, float32\[88,88\] from example 512 on/,
    );
    await expect(readField({ ...ragged, unaligned: ['x'] }, 'x')).rejects.toThrow(/does not count examples/);
  });
});

describe('splits of any dataset', () => {
  it('are those of the arrays', async () => {
    const arrays = numbered(20);
    const { train, test } = trainTestSplit(later(arrays), { test: 5, seed: 3 });
    const expected = trainTestSplit(arrays, { test: 5, seed: 3 });
    expect(await labelsOf(test)).toEqual([...expected.test.field('y').data]);
    expect(await labelsOf(train)).toEqual([...expected.train.field('y').data]);
  });

  it('are stratified by a field, which an asynchronous dataset reads first', async () => {
    const arrays = new ArrayDataset({
      x: { data: Float32Array.from({ length: 600 }, (_, i) => i), shape: [] },
      y: { data: Int32Array.from({ length: 600 }, (_, i) => i % 3), shape: [] },
    });
    const expected = stratifiedSplit(arrays, { by: 'y', test: 0.25, seed: 1 });
    const atOnce = stratifiedSplit(
      mapDataset(arrays, (batch) => batch),
      { by: 'y', test: 0.25, seed: 1 },
    );
    expect([...(await readField(atOnce.test, 'x')).data]).toEqual([...expected.test.field('x').data]);
    const asynchronous = later(arrays);
    expect(() => stratifiedSplit(asynchronous, { by: 'y' })).toThrow(
      /the dataset is asynchronous, and field 'y' has to be read first[^]*readField\(dataset, 'y'\)/,
    );
    const { data: by } = await readField(asynchronous, 'y');
    const { test } = stratifiedSplit(asynchronous, { by, test: 0.25, seed: 1 });
    expect([...(await readField(test, 'x')).data]).toEqual([...expected.test.field('x').data]);
    const wide = mapDataset(numbered(4), ({ x }) => ({ x }));
    expect(() => stratifiedSplit(wide, { by: 'x' })).toThrow(
      /field 'x' must be one number per example, its shape is \[4,2\]/,
    );
    expect(() => stratifiedSplit(wide, { by: 'y' })).toThrow(/there is no field "y"; there are x/);
  });
});
