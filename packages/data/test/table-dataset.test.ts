import { expect, it } from 'vitest';
import { DataError, DataLoader, parseCsv, tableDataset } from '../src/index.ts';

const table = parseCsv('width,height,kind,seen,name\n1,2.5,0,True,a\n3,4,1,False,b\n5,6,2,True,c\n');

it('takes columns as fields, of the dtypes that are said', () => {
  const dataset = tableDataset(
    table,
    { x: ['height', 'width'], y: 'kind', mask: 'seen', row: ['kind'] },
    { dtypes: { y: 'int32', mask: 'bool' } },
  );
  expect(dataset.gather([2, 0])).toEqual({
    x: { data: Float32Array.of(6, 5, 2.5, 1), shape: [2, 2] },
    y: { data: Int32Array.of(2, 0), shape: [2] },
    mask: { data: Uint8Array.of(1, 1), shape: [2], dtype: 'bool' },
    row: { data: Float32Array.of(2, 0), shape: [2, 1] },
  });
  const [batch] = new DataLoader(dataset);
  expect([batch?.x.dtype, batch?.y.dtype, batch?.mask.dtype]).toEqual(['float32', 'int32', 'bool']);
});

it('names fields, columns and lines that do not fit', () => {
  const missing = parseCsv('a,b\n1,\n2,0.5\n3,1\n');
  for (const [make, message] of [
    [
      () => tableDataset(missing, { x: 'b' }),
      /field 'x' cannot be made[^]*line 2, column 'b': expected a number, got nothing[^]*dropMissing/,
    ],
    [
      () => tableDataset(missing, { y: ['a', 'b'] }, { dtypes: { y: 'int32' } }),
      /line 2, column 'b': expected an integer of 32 bits, got nothing\n {2}line 3, column 'b': expected an integer of 32 bits, got 0\.5/,
    ],
    [
      () => tableDataset(table, { mask: 'kind' }, { dtypes: { mask: 'bool' } }),
      /line 4, column 'kind': expected 0 or 1, got 2/,
    ],
    [() => tableDataset(table, { x: 'name' }), /name/],
    [() => tableDataset(table, { x: 'depth' }), /depth/],
    [
      () => tableDataset(table, { x: [] }),
      /field 'x' must be a column or a list of columns, got an array[^]*width, height/,
    ],
    [() => tableDataset(table, { x: 3 as never }), /field 'x' must be a column or a list of columns, got 3/],
    [() => tableDataset(table, { x: 'width' }, { dtypes: { y: 'int32' } as never }), /dtypes names the field "y"/],
    [
      () => tableDataset(table, { x: 'width' }, { dtypes: { x: 'int8' as never } }),
      /float32, int32 or bool, got "int8"/,
    ],
  ] as const) {
    expect(make).toThrow(DataError);
    expect(make).toThrow(message);
  }
});
