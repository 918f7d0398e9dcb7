/** Bytes that stay bytes on the way into a model. */
import { setDevice } from '@hebb/tensor';
import { beforeAll, expect, it } from 'vitest';
import { ArrayDataset, DataLoader, toTensors } from '../src/index.ts';

beforeAll(() => setDevice('wasm'));

it('a field of the dtype uint8 becomes a tensor of bytes, others of bytes one of float32', async () => {
  const pixels = { data: Uint8Array.of(0, 51, 255, 7), shape: [2, 2] };
  const { bytes, floats } = toTensors({ bytes: { ...pixels, dtype: 'uint8' as const }, floats: pixels });
  expect([bytes.dtype, floats.dtype]).toEqual(['uint8', 'float32']);
  expect(await bytes.div(255).toArray()).toEqual([
    [0, Math.fround(0.2)],
    [1, Math.fround(7 / 255)],
  ]);
});

it('batches of a dataset keep the dtype', async () => {
  const data = Uint8Array.from({ length: 12 }, (_, i) => i * 20);
  const dataset = new ArrayDataset({ x: { data, shape: [3], dtype: 'uint8' } });
  const seen: number[] = [];
  for (const { x } of new DataLoader(dataset, { batchSize: 3 })) {
    expect(x.dtype).toBe('uint8');
    seen.push(...(await x.data()));
  }
  expect(seen).toEqual([...data]);
});
