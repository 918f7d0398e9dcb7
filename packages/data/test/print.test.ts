/** What `console.log` shows of data. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  ColumnTransformer,
  DataLoader,
  Imputer,
  LabelEncoder,
  MinMaxScaler,
  OneHotEncoder,
  parseCsv,
  Pipeline,
  stream,
  Table,
} from '../src/index.ts';

describe('a table prints', () => {
  it('its size, its columns with their types, and the first rows', () => {
    const rows = Array.from({ length: 7 }, (_, i) => `${i},Ada ${i},${i % 2 === 0 ? '' : 'true'}`).join('\n');
    const table = parseCsv(`age,name,alive\n${rows}\n`, { source: 'people.csv' });
    expect(inspect(table)).toBe(
      `Table people.csv: 7 rows, 3 columns
     age  name      alive
  number  string  boolean
       0  Ada 0         –
       1  Ada 1      true
       2  Ada 2         –
       3  Ada 3      true
       4  Ada 4         –
  … 2 more rows`,
    );
    expect(`${table}`).toBe(inspect(table));
  });

  it('what fits into 80 characters, and the names of the other columns', () => {
    const names = Array.from({ length: 40 }, (_, i) => `column${i}`);
    const text = inspect(parseCsv(`${names.join(',')}\n${names.map((_, i) => i).join(',')}\n`));
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(text).toContain('and 32 more columns: column8, column9');
  });

  it('no control characters, and long texts by their beginning', () => {
    const table = new Table({ text: { type: 'string', values: ['a\u001B[2J\nb', 'x'.repeat(1000), null] } });
    expect(inspect(table)).toBe(
      `Table table: 3 rows, 1 column
  text
  string
  a [2J b
  ${'x'.repeat(23)}…
  –`,
    );
  });

  it('nothing but its columns where there are no rows', () => {
    expect(inspect(parseCsv('a,b\n'))).toMatch(/0 rows, 2 columns\n +a +b\n/);
  });
});

it('a dataset prints its fields', () => {
  const dataset = new ArrayDataset({
    x: { data: new Float32Array(12), shape: [2, 2] },
    y: { data: new Int32Array(3), shape: [] },
  });
  expect(inspect(dataset)).toBe('ArrayDataset of 3 examples: x float32[2,2], y int32[]');
  expect(inspect(dataset.subset([1]))).toBe('ArrayDataset of 1 example: x float32[2,2], y int32[]');
});

it('a loader prints what its order depends on', () => {
  const dataset = new ArrayDataset({ x: { data: new Float32Array(10), shape: [] } });
  expect(inspect(new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 1 }))).toBe(
    'DataLoader of 10 examples, 3 batches of 4, shuffled with seed 1',
  );
  expect(inspect(new DataLoader(dataset, { batchSize: 10, dropLast: true }))).toBe(
    'DataLoader of 10 examples, 1 batch of 10, without a smaller last one, in order',
  );
});

it('a stream prints its source and stages', () => {
  const lines = stream([1, 2, 3]).map((x) => ({ x }));
  expect(inspect(lines)).toMatch(/^Stream: .* → map$/);
  expect(inspect(lines.shuffle({ buffer: 2, seed: 1 }).batch(2))).toMatch(
    /^BatchStream of 2: .* → map → shuffle\(buffer 2, seed 1\)$/,
  );
});

it('a transform prints its options, and the first numbers of what it has learnt', () => {
  const x = { data: Float64Array.from({ length: 12 }, (_, i) => i / 3), shape: [2, 6] };
  expect(inspect(new MinMaxScaler().fit(x))).toBe(
    "MinMaxScaler { per: 'feature', featureRange: [0, 1], clip: false, fitted: true, dataMin: [0, 0.333333, 0.666667, 1, … 2 more], dataMax: [2, 2.33333, 2.66667, 3, … 2 more] }",
  );
  expect(inspect(new LabelEncoder().fit(['b', 'a']))).toBe("LabelEncoder { classes: ['a', 'b'] }");
  expect(`${new Pipeline([new LabelEncoder()])}`).toBe('Pipeline { steps: [LabelEncoder { classes: [] }] }');
  const table = parseCsv('c\nred\ngreen\n');
  expect(
    inspect(new ColumnTransformer({ colours: { columns: ['c'], transform: new OneHotEncoder() } }).fit(table)),
  ).toMatch(
    /^ColumnTransformer \{ groups: \[\{ name: 'colours', columns: \['c'\], width: 2, transform: OneHotEncoder \{.*categories: \[\['green', 'red'\]\] \} \}\] \}$/,
  );
  expect(inspect(new Imputer())).toBe("Imputer { strategy: 'mean', fillValue: null, names: null, fill: [] }");
});
