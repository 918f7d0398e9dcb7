import { manualSeed, zeros, type Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { ArrayDataset, DataError, DataLoader, Random, fieldOf } from '../src/index.ts';
import golden from './golden/random.json' with { type: 'json' };

function numbered(
  length: number,
): ArrayDataset<{ x: { data: Float32Array; shape: number[] }; y: { data: Int32Array; shape: number[] } }> {
  return new ArrayDataset({
    x: { data: Float32Array.from({ length: length * 4 }, (_, i) => i), shape: [2, 2] },
    y: { data: Int32Array.from({ length }, (_, i) => i), shape: [] },
  });
}

describe('Random', () => {
  it("gives the numbers of the authors' C code", () => {
    const random = Random.fromState([1, 2, 3, 4]);
    expect(golden.known.map(() => random.uint32())).toEqual(golden.known);
  });

  it.each(golden.streams)(
    'gives the published algorithm from seed $seed, stream $stream',
    ({ seed, stream, words, permutation }) => {
      const random = new Random(seed, stream);
      expect(words.map(() => random.uint32())).toEqual(words);
      expect([...new Random(seed, stream).permutation(11)]).toEqual(permutation);
    },
  );

  it('is uniform: every order of three is as likely', () => {
    const random = new Random(9);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.permutation(3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    let chiSquare = 0;
    for (const count of counts.values()) chiSquare += (count - 1000) ** 2 / 1000;
    expect(counts.size).toBe(6);
    expect(chiSquare).toBeLessThan(20.5); // 5 degrees of freedom, p = 0.001
  });

  it('refuses seeds and bounds that are not integers', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) expect(() => new Random(seed)).toThrow(DataError);
    for (const bound of [0, -3, 1.5, 2 ** 33]) expect(() => new Random(0).integer(bound)).toThrow(DataError);
    expect(() => Random.fromState([0, 0, 0, 0])).toThrow(DataError);
  });
});

describe('ArrayDataset', () => {
  it('gathers examples and shares arrays between subsets', () => {
    const dataset = numbered(4);
    expect(dataset.length).toBe(4);
    const { x, y } = dataset.gather([3, 0]);
    expect(x).toEqual({ data: Float32Array.of(12, 13, 14, 15, 0, 1, 2, 3), shape: [2, 2, 2] });
    expect(y).toEqual({ data: Int32Array.of(3, 0), shape: [2] });
    const part = dataset.subset([3, 1, 2]).subset([2, 0]);
    expect([...part.field('y').data]).toEqual([2, 3]);
    expect(part.field('x').shape).toEqual([2, 2, 2]);
    expect([...part.gather([1]).x.data]).toEqual([12, 13, 14, 15]);
    expect(dataset.field('y').data).toBe(dataset.field('y').data);
    expect(fieldOf({ data: new Uint8Array(6), shape: [3, 2] })).toEqual({ data: new Uint8Array(6), shape: [2] });
  });

  it('names what does not fit', () => {
    const data = new Float32Array(6);
    expect(() => new ArrayDataset({ x: { data, shape: [4] } })).toThrow(
      /field 'x' has 6 values, not a multiple of the 4/,
    );
    expect(() => new ArrayDataset({ x: { data, shape: [3] }, y: { data, shape: [] } })).toThrow(/x: 2, y: 6/);
    expect(() => new ArrayDataset({ x: { data, shape: [0] } })).toThrow(/positive integers/);
    expect(() => new ArrayDataset({})).toThrow(/at least one field/);
    for (const [fields, message] of [
      [undefined, /expected fields by name, got undefined[^]*hint: Fields are typed arrays/],
      [[data], /expected fields by name, got an array/],
      [{ x: [[1, 2]] }, /field 'x' must have a typed array as data, got an array/],
      [{ x: { data: [1, 2], shape: [2] } }, /field 'x' must have a typed array as data, got data an array/],
      [
        { x: zeros([4, 2]) },
        /got the tensor float32\[4,2\]\.\n  hint: .*\{ x: \{ data: await x\.data\(\), shape: x\.shape\.slice\(1\) \} \}/,
      ],
      [{ x: { data } }, /field 'x' must have the shape of one example, .*, got undefined/],
      [{ x: { data: new BigInt64Array(2), shape: [] } }, /got data a BigInt64Array/],
    ] as const)
      expect(() => new ArrayDataset(fields as never)).toThrow(message);
    expect(() => numbered(2).gather([2])).toThrow(/index 2 is not an integer from 0 to 1/);
    expect(() => numbered(2).subset([0.5])).toThrow(DataError);
    expect(() => numbered(2).field('z' as 'x')).toThrow(/no field "z"; there are x, y/);
  });
});

describe('DataLoader', () => {
  const labels = (loader: DataLoader<{ x: never; y: never }>): number[][] =>
    [...loader.batches(0)].map(({ y }) => [...(y as { data: Int32Array }).data]);
  const make = (length: number, options: object): never => new DataLoader(numbered(length), options) as never;

  /** The labels of one `for … of`. */
  const labelsOf = async (loader: Iterable<{ y: Tensor }>): Promise<number[]> => {
    const batches = await Promise.all([...loader].map(({ y }) => y.data()));
    return batches.flatMap((data) => [...data]);
  };

  it('keeps the order without shuffle, with a smaller last batch', () => {
    expect(labels(make(5, { batchSize: 2 }))).toEqual([[0, 1], [2, 3], [4]]);
    expect(labels(make(5, { batchSize: 2, dropLast: true }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(labels(make(4, { batchSize: 9 }))).toEqual([[0, 1, 2, 3]]);
    expect(new DataLoader(numbered(5), { batchSize: 2 }).length).toBe(3);
    expect(new DataLoader(numbered(5), { batchSize: 2, dropLast: true }).length).toBe(2);
    expect(new DataLoader(numbered(5)).batchSize).toBe(32);
  });

  it('visits every example once per epoch, in another order each time, repeatably', async () => {
    const options = { batchSize: 7, shuffle: true, seed: 5 };
    const loader = new DataLoader(numbered(50), options);
    const epochs = [0, 1, 2].map((epoch) => [...loader.batches(epoch)].flatMap(({ y }) => [...y.data]));
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual([...Array(50).keys()]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[1]).not.toEqual(epochs[2]);
    const again = new DataLoader(numbered(50), options);
    again.epoch = 2;
    expect(await labelsOf(again)).toEqual(epochs[2]);
    expect(again.epoch).toBe(3);
    const other = new DataLoader(numbered(50), { ...options, seed: 6 });
    expect([...other.batches(0)].flatMap(({ y }) => [...y.data])).not.toEqual(epochs[0]);
    expect([...new DataLoader(numbered(11), { shuffle: true, seed: 42 }).order(7)]).toEqual(
      golden.streams.find(({ seed, stream }) => seed === 42 && stream === 7)?.permutation,
    );
  });

  it('gives an epoch as a function of the seed and its number, whatever was read in between', async () => {
    const loader = new DataLoader(numbered(20), { batchSize: 6, shuffle: true, seed: 3 });
    const orders = [0, 1].map((epoch) => [...loader.order(epoch)]);
    const read = (epoch: number): number[] => [...loader.batches(epoch)].flatMap(({ y }) => [...y.data]);
    expect([read(1), read(0), read(1)]).toEqual([orders[1], orders[0], orders[1]]);
    expect(loader.epoch).toBe(0);
    expect(await labelsOf(loader)).toEqual(orders[0]);
    expect(read(0)).toEqual(orders[0]);
    expect(await labelsOf(loader)).toEqual(orders[1]);
  });

  it('keeps two iterations apart that go on at once, whichever asks first', async () => {
    const loader = new DataLoader(numbered(8), { batchSize: 4, shuffle: true, seed: 1 });
    const [first, second] = [loader[Symbol.iterator](), loader[Symbol.iterator]()];
    const labelsFrom = async (iterator: typeof first): Promise<number[]> => [
      ...((await iterator.next().value?.y.data()) ?? []),
    ];
    const read = [await labelsFrom(second), await labelsFrom(first), await labelsFrom(first), await labelsFrom(second)];
    const [a, b] = [[...loader.order(0)], [...loader.order(1)]];
    expect(read).toEqual([b.slice(0, 4), a.slice(0, 4), a.slice(4), b.slice(4)]);
  });

  it('goes on with the next epoch after an iteration that was broken off', async () => {
    const loader = new DataLoader(numbered(8), { batchSize: 2, shuffle: true, seed: 1 });
    for (const _ of loader) break;
    expect(loader.epoch).toBe(1);
    expect(await labelsOf(loader)).toEqual([...loader.order(1)]);
  });

  it('follows manualSeed where no seed is given; a seed of its own goes before', () => {
    const order = (seed?: number): number[] => [
      ...new DataLoader(numbered(20), { shuffle: true, ...(seed !== undefined && { seed }) }).order(),
    ];
    manualSeed(11);
    const [first, again, own] = [order(), order(), order(5)];
    expect(first).toEqual([...new Random(11, 0).permutation(20)]);
    expect(again).toEqual(first);
    manualSeed(12);
    expect(order()).not.toEqual(first);
    expect(order(5)).toEqual(own);
    expect(new DataLoader(numbered(20)).seed).toBe(12);
  });

  it('asks which epoch', () => {
    const loader = new DataLoader(numbered(4)) as unknown as { batches(epoch?: unknown): unknown };
    for (const epoch of [undefined, -1, 0.5, '0'])
      expect(() => loader.batches(epoch)).toThrow(/epoch must be an integer from 0, got [^]*hint: batches\(0\)/);
  });

  it('keeps fields together', () => {
    for (const { x, y } of new DataLoader(numbered(9), { batchSize: 4, shuffle: true }).batches(0)) {
      y.data.forEach((label, i) => expect(x.data[4 * i]).toBe(4 * label));
    }
  });

  it('transforms batches, with seeded randomness, leaving the dataset alone', () => {
    const dataset = numbered(4);
    const noisy = (): number[][] => {
      const loader = new DataLoader(dataset, {
        batchSize: 2,
        transform: ({ x, y }, { random, epoch, batch }) => ({
          x: { ...x, data: x.data.map(() => random.float()) },
          when: { data: Int32Array.of(epoch, batch), shape: [2] },
          y,
        }),
      });
      return [...loader.batches(0)].map(({ x, when }) => [...x.data, ...when.data]);
    };
    const [first, second] = noisy();
    expect(noisy()).toEqual([first, second]);
    expect(first?.slice(0, 8)).not.toEqual(second?.slice(0, 8));
    expect([first?.slice(8), second?.slice(8)]).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(dataset.field('x').data[5]).toBe(5);
  });

  it.each([0, -1, 2.5, NaN, Infinity, '8'])('refuses the batch size %s and says what to do', (batchSize) => {
    expect(() => new DataLoader(numbered(4), { batchSize: batchSize as number })).toThrow(
      /batchSize must be a positive integer, got [^]*hint: Use e\.g\. \{ batchSize: 32 \}/,
    );
  });

  it.each([undefined, null, [1, 2], { x: new Float32Array(2) }])('refuses %s for a dataset', (dataset) => {
    expect(() => new DataLoader(dataset as never)).toThrow(
      /expected a dataset, with a length and gather[^]*ArrayDataset/,
    );
  });

  it('refuses a transform that returns no batch, where it is read', () => {
    const loader = (result: unknown) => new DataLoader(numbered(2), { transform: () => result as never });
    for (const read of [(l: DataLoader<never>) => [...l], (l: DataLoader<never>) => [...l.batches(0)]]) {
      expect(() => read(loader(undefined) as never)).toThrow(
        /transform must return the batch, .*, got undefined[^]*in place/,
      );
      expect(() => read(loader({ x: [1, 2] }) as never)).toThrow(
        /transform must return the batch, .*; 'x' is an array/,
      );
    }
  });

  it('refuses empty datasets, seeds, and dropping the only batch', () => {
    expect(() => new DataLoader(numbered(4).subset([]))).toThrow(/dataset is empty/);
    expect(() => new DataLoader(numbered(4), { seed: -1 })).toThrow(/seed must be an integer/);
    expect(() => new DataLoader(numbered(4), { batchSize: 5, dropLast: true })).toThrow(/dropLast leaves no batch/);
    const loader = new DataLoader(numbered(4));
    expect(() => (loader.epoch = -1)).toThrow(DataError);
  });
});
