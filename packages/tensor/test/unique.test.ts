import { beforeAll, describe, expect, it } from 'vitest';
import { setDevice, tensor, unique, zeros, type Tensor } from '../src/index.ts';
import { devices } from './support/devices.ts';

describe.each(devices)('unique on %s', (device) => {
  beforeAll(() => setDevice(device));

  const lists = async (x: Tensor): Promise<number[][]> => {
    const { values, inverse, counts } = await unique(x);
    expect(inverse.shape).toEqual(x.shape);
    expect(values.dtype).toBe(x.dtype);
    return [[...(await values.data())], [...(await inverse.data())], [...(await counts.data())]];
  };

  // torch.unique(x, return_inverse=True, return_counts=True)
  it('gives values, which of them each element is, and how often each occurs', async () => {
    const x = tensor([
      [3, 1, 3],
      [2, 1, -5],
    ]);
    expect(await lists(x)).toEqual([
      [-5, 1, 2, 3],
      [3, 1, 3, 2, 1, 0],
      [1, 2, 1, 2],
    ]);
  });

  it('of integers, booleans, one element and none', async () => {
    expect(await lists(tensor([7, -7, 7], { dtype: 'int32' }))).toEqual([
      [-7, 7],
      [1, 0, 1],
      [1, 2],
    ]);
    expect(await lists(tensor([true, false, true]))).toEqual([
      [0, 1],
      [1, 0, 1],
      [1, 2],
    ]);
    expect(await lists(tensor(4))).toEqual([[4], [0], [1]]);
    expect(await lists(zeros([0, 3]))).toEqual([[], [], []]);
  });

  it('every NaN alone, −0 as 0, infinities', async () => {
    expect(await lists(tensor([NaN, 0, -Infinity, NaN, 0, Infinity]))).toEqual([
      [-Infinity, 0, Infinity, NaN, NaN],
      [3, 1, 0, 4, 1, 2],
      [1, 2, 1, 1, 1],
    ]);
    const [values = []] = await lists(tensor([-0, 0]));
    expect(values.length).toBe(1);
  });

  it('of many', async () => {
    const numbers = Float32Array.from({ length: 5000 }, (_, i) => (i * 7919) % 613);
    const [values = [], inverse = [], counts = []] = await lists(tensor(numbers));
    expect(values).toEqual(Array.from({ length: 613 }, (_, i) => i));
    expect(inverse.map((i) => values[i])).toEqual([...numbers]);
    expect(counts.reduce((a, b) => a + b)).toBe(5000);
  });
});
