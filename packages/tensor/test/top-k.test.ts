/** The largest of many, found in blocks, beside those of all elements sorted. */
import { beforeAll, describe, expect, it } from 'vitest';
import { setDevice, sort, tensor, topK, type Tensor } from '../src/index.ts';
import { devices } from './support/devices.ts';

/** Many equal elements, both zeros, infinities and NaN. */
function many(length: number, dtype: 'float32' | 'int32', values: number): Tensor {
  const special = [NaN, Infinity, -Infinity, -0, 0, 2147483647, -2147483648];
  const data = Float64Array.from({ length }, (_, i) => {
    const value = ((i * 7919) % 104729) % values;
    if (i % 97 !== 5) return value - Math.floor(values / 2);
    const odd = special[value % 7] ?? 0;
    return dtype === 'int32' && !Number.isSafeInteger(odd) ? value : odd;
  });
  return tensor(data, { dtype });
}

describe.each(devices)('topK of many on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each([
    { length: 1024, k: 1, values: 50_000 },
    { length: 1024, k: 32, values: 7 },
    { length: 4099, k: 20, values: 40 },
    { length: 2000, k: 62, values: 2 },
    { length: 30_000, k: 300, values: 50_000 },
  ])('%o', async ({ length, k, values }) => {
    for (const dtype of ['float32', 'int32'] as const) {
      for (const largest of [true, false]) {
        const x = many(length, dtype, values);
        const few = topK(x, k, { largest });
        const all = sort(x, 0, { descending: largest });
        expect(await few.indices.toArray()).toEqual(await all.indices.narrow(0, 0, k).toArray());
        expect(await few.values.toArray()).toEqual(await all.values.narrow(0, 0, k).toArray());
      }
    }
  });

  it('along any axis', async () => {
    const x = many(2 * 1500 * 3, 'float32', 1000).reshape([2, 1500, 3]);
    const few = topK(x, 4, { axis: 1 });
    expect(await few.indices.toArray()).toEqual(
      await sort(x, 1, { descending: true }).indices.narrow(1, 0, 4).toArray(),
    );
  });

  it('where all are NaN or few are not', async () => {
    const data = new Float32Array(1100).fill(NaN);
    expect(await topK(tensor(data), 3, { largest: false }).indices.toArray()).toEqual([0, 1, 2]);
    data[1000] = 5;
    data[7] = Infinity;
    expect(await topK(tensor(data), 3, { largest: false }).indices.toArray()).toEqual([1000, 7, 0]);
    expect(await topK(tensor(data), 2).indices.toArray()).toEqual([0, 1]);
  });
});
