import { HebbError, Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { ArrayDataset, DataError, DataLoader } from '../src/index.ts';

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
});

it("DataError is one of Hebb's errors", () => {
  expect(new DataError('x')).toBeInstanceOf(HebbError);
});
