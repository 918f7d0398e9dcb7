import { HebbError, Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { ArrayDataset, DataError, DataLoader, fieldOf, toTensors } from '../src/index.ts';

describe('batches of tensors', () => {
  it('are float32 and int32 tensors of the batch', async () => {
    const dataset = new ArrayDataset({
      x: { data: Float64Array.of(0, 0.5, 1, 1.5, 2, 2.5), shape: [2] },
      y: { data: Int32Array.of(7, 8, 9), shape: [] },
    });
    const batches = [...new DataLoader(dataset, { batchSize: 2 })];
    expect(batches.map(({ x, y }) => [x.shape, x.dtype, y.shape, y.dtype])).toEqual([
      [[2, 2], 'float32', [2], 'int32'],
      [[1, 2], 'float32', [1], 'int32'],
    ]);
    expect(batches[0]?.x).toBeInstanceOf(Tensor);
    expect(await batches[0]?.x.toArray()).toEqual([
      [0, 0.5],
      [1, 1.5],
    ]);
    expect(await batches[1]?.y.toArray()).toEqual([9]);
  });

  it('keep dtypes: ids are int32, masks bool', async () => {
    const dataset = new ArrayDataset({
      ids: { data: Uint32Array.of(0, 1, 2, 0x7fffffff), shape: [2] },
      tokens: { data: Uint16Array.of(9, 65535), shape: [], dtype: 'int32' },
      mask: { data: Uint8Array.of(1, 0, 1, 1), shape: [2], dtype: 'bool' },
      pixels: { data: Uint8Array.of(0, 255), shape: [] },
    });
    const [batch] = new DataLoader(dataset);
    expect(Object.entries(batch ?? {}).map(([name, { dtype }]) => [name, dtype])).toEqual([
      ['ids', 'int32'],
      ['tokens', 'int32'],
      ['mask', 'bool'],
      ['pixels', 'float32'],
    ]);
    expect(await batch?.ids.toArray()).toEqual([
      [0, 1],
      [2, 2147483647],
    ]);
    expect(await batch?.tokens.toArray()).toEqual([9, 65535]);
    expect(await batch?.mask.toArray()).toEqual([
      [1, 0],
      [1, 1],
    ]);
    const part = dataset.subset([1]);
    expect(part.field('mask')).toEqual({ data: Uint8Array.of(1, 1), shape: [1, 2], dtype: 'bool' });
    expect(new ArrayDataset({ mask: fieldOf(dataset.field('mask')) }).gather([1]).mask.dtype).toBe('bool');
  });

  it('refuse ids that int32 does not hold, naming the field', () => {
    expect(() => toTensors({ ids: { data: Uint32Array.of(1, 2 ** 31), shape: [2] } })).toThrow(
      /field 'ids' holds 2147483648 \(value 1 of 2\); as int32 it must be at most 2147483647/,
    );
    expect(() => toTensors({ ids: { data: Float32Array.of(0.5), shape: [1], dtype: 'int32' } })).toThrow(
      /field 'ids' does not become a tensor: .*0\.5/,
    );
    expect(() => toTensors({ ids: { data: Float32Array.of(0.5), shape: [1], dtype: 'int8' as never } })).toThrow(
      /field 'ids' does not become a tensor: .*int8/,
    );
  });
});

it("DataError is one of Hebb's errors", () => {
  expect(new DataError('x')).toBeInstanceOf(HebbError);
});
