import { beforeAll, describe, expect, it } from 'vitest';
import { setDevice, ShapeError, tensor, unique, zeros, type Tensor } from '../src/index.ts';
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

  // torch.unique(x, return_inverse=True, return_counts=True, dim=…)
  it('along an axis gives slices in the order of their elements', async () => {
    const x = tensor([
      [2, 1, 2],
      [1, 5, 1],
      [2, 1, 2],
      [2, 0, 9],
    ]);
    const rows = await unique(x, 0);
    expect(await rows.values.toArray()).toEqual([
      [1, 5, 1],
      [2, 0, 9],
      [2, 1, 2],
    ]);
    expect([...(await rows.inverse.data())]).toEqual([2, 0, 2, 1]);
    expect([...(await rows.counts.data())]).toEqual([1, 1, 2]);
    const columns = await unique(x.slice([0, 0], [3, 3]), -1);
    expect(await columns.values.toArray()).toEqual([
      [1, 2],
      [5, 1],
      [1, 2],
    ]);
    expect([...(await columns.inverse.data())]).toEqual([1, 0, 1]);
  });

  it('along an axis of more than two, of integers, booleans, one slice and none', async () => {
    const x = tensor([true, false, true, true, true, false, true, true], { shape: [2, 2, 2] });
    const { values, counts } = await unique(x, 0);
    expect([values.shape, values.dtype, [...(await counts.data())]]).toEqual([[1, 2, 2], 'bool', [2]]);
    const integers = await unique(tensor([3, -2147483648, 3, 2147483647], { dtype: 'int32', shape: [2, 2] }), 0);
    expect([...(await integers.values.data())]).toEqual([3, -2147483648, 3, 2147483647]);
    const empty = await unique(zeros([0, 3]), 0);
    expect([empty.values.shape, empty.inverse.shape, empty.counts.shape]).toEqual([[0, 3], [0], [0]]);
    const rows = await unique(zeros([4, 0]), 0);
    expect([rows.values.shape, [...(await rows.inverse.data())]]).toEqual([
      [1, 0],
      [0, 0, 0, 0],
    ]);
    await expect(unique(tensor(1), 0)).rejects.toThrow(ShapeError);
  });

  it('rows with NaN are rows of their own, −0 is 0', async () => {
    const x = tensor([NaN, 1, NaN, 1, 0, 2, -0, 2], { shape: [4, 2] });
    const { values, counts } = await unique(x, 0);
    expect([values.shape, [...(await counts.data())]]).toEqual([
      [3, 2],
      [2, 1, 1],
    ]);
  });

  it.each([
    [300, 7, 3],
    [500, 13, 2],
    [1000, 2, 30],
    [50, 64, 2],
  ])('%i rows of %i elements below %i', async (n, m, below) => {
    let state = n;
    const random = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    const shared = Array.from({ length: 9 }, () => Array.from({ length: m }, () => Math.floor(random() * below)));
    const rows = Array.from({ length: n }, () => {
      const row = [...(shared[Math.floor(random() * 9)] ?? [])];
      if (random() < 0.5) row[Math.floor(random() * m)] = Math.floor(random() * below);
      return row;
    });
    const compare = (a: readonly number[], b: readonly number[]): number => {
      const i = a.findIndex((value, place) => value !== b[place]);
      return i < 0 ? 0 : (a[i] ?? 0) - (b[i] ?? 0);
    };
    const sorted = [...rows].sort(compare);
    const expected = sorted.filter((row, i) => i === 0 || compare(row, sorted[i - 1] ?? []) !== 0);
    const { values, inverse, counts } = await unique(tensor(rows), 0);
    expect(await values.toArray()).toEqual(expected);
    const places = [...(await inverse.data())];
    expect(places.map((place) => expected[place])).toEqual(rows);
    expect([...(await counts.data())]).toEqual(
      expected.map((_, place) => places.filter((other) => other === place).length),
    );
  });
});
