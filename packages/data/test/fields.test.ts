/** What a dataset of arrays takes for a field. */
import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  concatDatasets,
  fieldOf,
  mapDataset,
  parseCsv,
  readField,
  readIdx,
  StandardScaler,
  stream,
  tableDataset,
  type ArrayBatch,
  type Field,
  type NumericArray,
} from '../src/index.ts';

describe('an array of all examples is no field', () => {
  const dataset = new ArrayDataset({
    x: { data: new Float32Array(12), shape: [2, 2] },
    y: { data: new Int32Array(3), shape: [] },
  });
  const table = parseCsv('a,b\n1,2\n3,4\n5,6\n');
  const scaler = new StandardScaler().fit(table.columns());

  it.each<[string, () => NumericArray | Promise<NumericArray>, string]>([
    ['field() of a dataset', () => dataset.field('x'), 'float32[3,2,2]'],
    ['field() of a subset', () => dataset.subset([0, 1]).field('y'), 'int32[2]'],
    [
      'readField',
      () =>
        readField(
          mapDataset(dataset, (batch) => batch),
          'x',
        ) as Promise<NumericArray>,
      'float32[3,2,2]',
    ],
    ['columns of a table', () => table.columns(), 'float64[3,2]'],
    ['what a transform gives', () => scaler.transform(table.columns()), 'float64[3,2]'],
    ['an IDX file', () => readIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 8)), 'uint8[2]'],
  ])('%s', async (_, make, given) => {
    const array = await make();
    const message = `[ArrayDataset] field 'x' is an array of all examples, ${given}, whose first axis counts them.`;
    expect(() => new ArrayDataset({ x: array })).toThrow(message);
    expect(() => new ArrayDataset({ x: array })).toThrow(/\{ x: fieldOf\(array\) \}/);
    expect(new ArrayDataset({ x: fieldOf(array) }).length).toBe(array.shape[0]);
  });

  it('but one example of several numbers is', () => {
    expect(new ArrayDataset({ tokens: { data: Int32Array.of(1, 2, 3), shape: [3] } }).length).toBe(1);
  });
});

describe('fields may have the names of properties that every object has', () => {
  const names = ['__proto__', 'constructor', 'toString'];
  const columns = Object.fromEntries(names.map((name, i) => [name, { data: Int32Array.of(i, i), shape: [] }]));

  it('in a dataset, put together with another one; and one that is not there is asked for in vain', async () => {
    const dataset = new ArrayDataset(columns);
    const both = concatDatasets([dataset, dataset]);
    const batch = await both.gather(Uint32Array.of(3, 0));
    expect(Object.keys(batch)).toEqual(names);
    expect(batch['constructor']?.data).toEqual(Int32Array.of(1, 1));
    const x = { data: Int32Array.of(1), shape: [] };
    const fields: Readonly<Record<string, Field>> = { x };
    expect(() => new ArrayDataset(fields).field('constructor')).toThrow(
      '[ArrayDataset] there is no field "constructor"; there are x.',
    );
    await expect(
      (async () =>
        concatDatasets<ArrayBatch>([dataset, new ArrayDataset({ x, y: x, z: x })]).gather(Uint32Array.of(0, 2)))(),
    ).rejects.toThrow(/other fields in dataset 1 than in dataset 0/);
  });

  it('of the columns of a table, which become float32 as others do', () => {
    const table = parseCsv('constructor,y\n1,2\n');
    const { x } = tableDataset(table, { x: 'constructor' }).gather([0]);
    const { constructor } = tableDataset(table, { constructor: 'y' }).gather([0]);
    expect([x.data, constructor.data]).toEqual([Float32Array.of(1), Float32Array.of(2)]);
    expect(() => tableDataset(table, { y: 'y' }, { dtypes: { y: 'constructor' as never } })).toThrow(
      /must have the dtype float32, int32 or bool, got "constructor"/,
    );
  });

  it('in elements of a stream', async () => {
    const element = JSON.parse('{ "__proto__": 1, "constructor": 2, "toString": 3 }') as Record<string, number>;
    for await (const { batch } of stream([element, element]).batch(2).batches()) {
      expect(Object.keys(batch)).toEqual(names);
      expect(Object.values<NumericArray>(batch as ArrayBatch).map(({ data }) => [...data])).toEqual([[1, 1], [2, 2], [3, 3]]); // prettier-ignore
    }
  });
});
