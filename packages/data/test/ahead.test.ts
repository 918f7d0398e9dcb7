import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { madeAhead } from '../src/ahead.ts';
import { ArrayDataset, DataLoader, Random, Subset, type Dataset, type DataLoaderOptions } from '../src/index.ts';
import { read } from './support/read.ts';

const length = 100;
const arrays = new ArrayDataset({
  x: { data: Float32Array.from({ length: 3 * length }, (_, i) => i), shape: [3] },
  y: { data: Int32Array.from({ length }, (_, i) => i), shape: [] },
});

/** Gathers after pauses of random length, and remembers how many gathers were under way at once. */
function slowDataset(seed: number): { dataset: Dataset; begun: () => number; most: () => number } {
  const random = new Random(seed);
  let running = 0;
  let begun = 0;
  let most = 0;
  const dataset: Dataset = {
    length,
    async gather(indices) {
      begun++;
      most = Math.max(most, ++running);
      await wait(random.integer(8));
      running--;
      return arrays.gather(indices);
    },
    subset: (indices) => new Subset(dataset, indices),
  };
  return { dataset, begun: () => begun, most: () => most };
}

describe('workers and prefetch', () => {
  const options: DataLoaderOptions<Record<string, never>> = { batchSize: 7, shuffle: true, seed: 4 };
  const transform: NonNullable<DataLoaderOptions<never, never>['transform']> = (
    { x, y }: { x: { data: Float32Array; shape: number[] }; y: unknown },
    { random },
  ) => ({ x: { ...x, data: x.data.map((value) => value + random.float()) }, y }) as never;

  it.each([0, 1, 2, 4])(
    '%i workers give the batches in the same order, with the same random draws',
    async (workers) => {
      const expected = await read(new DataLoader(arrays, { ...options, transform } as never), { epoch: 3, batch: 2 });
      expect(expected).toHaveLength(13);
      const { dataset, most } = slowDataset(workers);
      const loader = new DataLoader(dataset, { ...options, transform, workers } as never);
      expect(await read(loader, { epoch: 3, batch: 2 })).toEqual(expected);
      expect(most()).toBe(Math.max(1, workers));
    },
  );

  it.each([
    [{ prefetch: 0 }, 1],
    [{ workers: 0 }, 1],
    [{ prefetch: 1 }, 2],
    [{ prefetch: 3, workers: 4 }, 4],
    [{}, 3],
    [{ workers: 2 }, 5],
  ])('with %j so many batches are begun when the first is read and time has passed: %i', async (given, expected) => {
    const { dataset, begun } = slowDataset(1);
    const batches = new DataLoader(dataset, { batchSize: 7, ...given }).batches();
    expect(begun()).toBe(0);
    await batches.next();
    await wait(100);
    expect(begun()).toBe(expected);
    await batches.return();
  });

  it('begins nothing new once the reader has stopped', async () => {
    const { dataset, begun } = slowDataset(2);
    for await (const _ of new DataLoader(dataset, { batchSize: 7, workers: 2 }).batches()) break;
    const before = begun();
    await wait(50);
    expect(begun()).toBe(before);
    expect(before).toBeLessThanOrEqual(5);
  });

  it('takes as many workers as the dataset says, where nothing else is said', () => {
    expect(new DataLoader({ ...slowDataset(1).dataset, workers: 3 }).workers).toBe(3);
    expect(new DataLoader({ ...slowDataset(1).dataset, workers: 3 }, { workers: 2 }).workers).toBe(2);
    expect(new DataLoader(arrays).workers).toBe(1);
  });

  it('tells a failure in its turn, after the batches before it', async () => {
    const dataset: Dataset = {
      length,
      gather: (indices) =>
        indices.includes(20)
          ? Promise.reject(new Error('example 20 is damaged'))
          : slowDataset(1).dataset.gather(indices),
      subset: (indices) => new Subset(dataset, indices),
    };
    for (const workers of [0, 1, 4]) {
      const seen: number[] = [];
      const reading = async (): Promise<void> => {
        const loader = new DataLoader(dataset, { batchSize: 8, workers });
        for await (const { batch } of loader.batches()) seen.push(batch['y']?.data[0] ?? NaN);
      };
      await expect(reading()).rejects.toThrow('example 20 is damaged');
      expect(seen).toEqual([0, 8]);
    }
  });

  it('tells of a gather that throws at once, and of one far ahead, in their turn', async () => {
    const made: number[] = [];
    const numbers = madeAhead(
      0,
      9,
      (index) => {
        if (index === 4) throw new Error('four');
        return Promise.resolve(index);
      },
      { workers: 9, prefetch: 9 },
    );
    const reading = async (): Promise<void> => {
      for await (const number of numbers) made.push(number);
    };
    await expect(reading()).rejects.toThrow('four');
    expect(made).toEqual([0, 1, 2, 3]);
  });

  it('refuses what makes no sense', () => {
    expect(() => new DataLoader(arrays, { workers: -1 })).toThrow(/workers/);
    expect(() => new DataLoader(arrays, { prefetch: 0.5 })).toThrow(/prefetch/);
    expect(() => new DataLoader(arrays, { workers: 0, prefetch: 2 })).toThrow(/with 0 workers nobody prepares the 2/);
  });
});
