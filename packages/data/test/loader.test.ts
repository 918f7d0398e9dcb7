import { manualSeed, zeros, type Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  DataError,
  DataLoader,
  Random,
  fieldOf,
  type ArrayBatch,
  type Batches,
  type DataLoaderOptions,
  type Dataset,
} from '../src/index.ts';
import golden from './golden/random.json' with { type: 'json' };
import { read } from './support/read.ts';

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
    const whole = { data, shape: [2, 3] }; // counts the examples
    expect(() => new ArrayDataset({ x: whole, y: { data: data.subarray(2), shape: [2] } })).toThrow(
      /x: 1, y: 2\.\n {2}hint: The shape is that of one example[^]*\{ x: fieldOf\(array\) \}/,
    );
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
  /** The labels of one epoch, batch by batch. */
  const labels = async (loader: Batches, epoch = 0): Promise<number[][]> =>
    (await read(loader, { epoch, batch: 0 })).map(({ batch }) => [...(batch['y']?.data ?? [])]);
  const make = (length: number, options: DataLoaderOptions<ArrayBatch>): Batches =>
    new DataLoader<ArrayBatch>(numbered(length), options);

  /** The labels of one `for … of`. */
  const labelsOf = async (loader: Iterable<{ y: Tensor }>): Promise<number[]> => {
    const batches = await Promise.all([...loader].map(({ y }) => y.data()));
    return batches.flatMap((data) => [...data]);
  };

  it('keeps the order without shuffle, with a smaller last batch', async () => {
    expect(await labels(make(5, { batchSize: 2 }))).toEqual([[0, 1], [2, 3], [4]]);
    expect(await labels(make(5, { batchSize: 2, dropLast: true }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(await labels(make(4, { batchSize: 9 }))).toEqual([[0, 1, 2, 3]]);
    expect(new DataLoader(numbered(5), { batchSize: 2 }).length).toBe(3);
    expect(new DataLoader(numbered(5), { batchSize: 2, dropLast: true }).length).toBe(2);
    expect(new DataLoader(numbered(5)).batchSize).toBe(32);
  });

  it('visits every example once per epoch, in another order each time, repeatably', async () => {
    const options = { batchSize: 7, shuffle: true, seed: 5 };
    const loader = new DataLoader(numbered(50), options);
    const epochs = await Promise.all([0, 1, 2].map(async (epoch) => (await labels(loader, epoch)).flat()));
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual([...Array(50).keys()]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[1]).not.toEqual(epochs[2]);
    const again = new DataLoader(numbered(50), options);
    again.epoch = 2;
    expect(await labelsOf(again)).toEqual(epochs[2]);
    expect(again.epoch).toBe(3);
    const other = new DataLoader(numbered(50), { ...options, seed: 6 });
    expect((await labels(other)).flat()).not.toEqual(epochs[0]);
    expect([...new DataLoader(numbered(11), { shuffle: true, seed: 42 }).order(7)]).toEqual(
      golden.streams.find(({ seed, stream }) => seed === 42 && stream === 7)?.permutation,
    );
  });

  it('gives an epoch as a function of the seed and its number, whatever was read in between', async () => {
    const loader = new DataLoader(numbered(20), { batchSize: 6, shuffle: true, seed: 3 });
    const orders = [0, 1].map((epoch) => [...loader.order(epoch)]);
    const flat = async (epoch: number): Promise<number[]> => (await labels(loader, epoch)).flat();
    expect([await flat(1), await flat(0), await flat(1)]).toEqual([orders[1], orders[0], orders[1]]);
    expect(loader.epoch).toBe(0);
    expect(await labelsOf(loader)).toEqual(orders[0]);
    expect(await flat(0)).toEqual(orders[0]);
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

  it('begins at any batch of any epoch, and says after each where to go on', async () => {
    const loader = new DataLoader(numbered(20), { batchSize: 6, shuffle: true, seed: 3 });
    for (const epoch of [0, 7]) {
      const whole = await read(loader, { epoch, batch: 0 });
      expect(whole.map(({ count }) => count)).toEqual([6, 6, 6, 2]);
      expect(whole.map(({ next }) => next)).toEqual([
        { epoch, batch: 1 },
        { epoch, batch: 2 },
        { epoch, batch: 3 },
        { epoch: epoch + 1, batch: 0 },
      ]);
      for (let batch = 0; batch <= 4; batch++)
        expect(await read(loader, JSON.parse(JSON.stringify({ epoch, batch })))).toEqual(whole.slice(batch));
    }
    expect(await read(loader)).toEqual(await read(loader, { epoch: 0, batch: 0 }));
  });

  it('asks where to begin', () => {
    const loader = new DataLoader(numbered(4)) as unknown as { batches(from?: unknown): unknown };
    for (const from of [0, null, {}, { epoch: -1, batch: 0 }, { epoch: 0, batch: 0.5 }, { epoch: '0', batch: 0 }])
      expect(() => loader.batches(from)).toThrow(/expected a cursor, .* got [^]*hint: \{ epoch: 0, batch: 0 \}/);
    expect(() => loader.batches({ epoch: 0, batch: 2 })).toThrow(/there is no batch 2: an epoch has 1 batches/);
  });

  it('keeps fields together', async () => {
    for await (const { batch } of new DataLoader(numbered(9), { batchSize: 4, shuffle: true }).batches()) {
      batch.y.data.forEach((label, i) => expect(batch.x.data[4 * i]).toBe(4 * label));
    }
  });

  it('transforms batches, with seeded randomness, leaving the dataset alone', async () => {
    const dataset = numbered(4);
    const noisy = async (): Promise<number[][]> => {
      const loader = new DataLoader(dataset, {
        batchSize: 2,
        transform: ({ x, y }, { random, epoch, batch }) => ({
          x: { ...x, data: x.data.map(() => random.float()) },
          when: { data: Int32Array.of(epoch, batch), shape: [2] },
          y,
        }),
      });
      return (await read(loader)).map(({ batch: { x, when } }) => [...x.data, ...when.data]);
    };
    const [first, second] = await noisy();
    expect(await noisy()).toEqual([first, second]);
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

  it('refuses a transform that returns no batch, where it is read', async () => {
    const loader = (result: unknown) =>
      new DataLoader<ArrayBatch>(numbered(2), { transform: () => result as ArrayBatch });
    for (const [result, message] of [
      [undefined, /transform must return the batch, .*, got undefined[^]*in place/],
      [{ x: [1, 2] }, /transform must return the batch, .*; 'x' is an array/],
      [
        { x: { data: new Float32Array(3), shape: [2, 2] } },
        /'x' has the shape \[2, 2\], which is 4 values, and 3 values/,
      ],
    ] as const) {
      expect(() => [...loader(result)]).toThrow(message);
      await expect(read(loader(result))).rejects.toThrow(message);
    }
  });

  it('refuses empty datasets, seeds, and dropping the only batch', () => {
    expect(() => new DataLoader(numbered(4).subset([]))).toThrow(/dataset is empty/);
    expect(() => new DataLoader(numbered(4), { seed: -1 })).toThrow(/seed must be an integer/);
    expect(() => new DataLoader(numbered(4), { batchSize: 5, dropLast: true })).toThrow(/dropLast leaves no batch/);
    const loader = new DataLoader(numbered(4));
    expect(() => (loader.epoch = -1)).toThrow(DataError);
  });

  it('saves what its order depends on, and goes on from it', async () => {
    const loader = new DataLoader(numbered(20), { batchSize: 6, shuffle: true, seed: 3 });
    for (const _ of loader) break;
    const state = JSON.parse(JSON.stringify(loader.stateDict()));
    expect(state).toEqual({ exampleCount: 20, batchSize: 6, dropLast: false, shuffle: true, seed: 3, epoch: 1 });
    const other = new DataLoader(numbered(20), { batchSize: 6, shuffle: true, seed: 4 });
    expect(other.differences(state)).toEqual([]);
    other.loadStateDict(state);
    expect([other.seed, other.epoch]).toEqual([3, 1]);
    expect(await read(other, { epoch: 2, batch: 1 })).toEqual(await read(loader, { epoch: 2, batch: 1 }));
  });

  it('lists every difference of a state that is not its own, and takes nothing over', () => {
    const state = new DataLoader(numbered(20), { batchSize: 6, shuffle: true, seed: 3 }).stateDict();
    const other = new DataLoader(numbered(21), { batchSize: 7, dropLast: true, seed: 4 });
    expect(other.differences(state)).toEqual([
      'its dataset had 20 examples, this one has 21',
      'its batchSize was 6, here it is 7',
      'its dropLast was false, here it is true',
      'its shuffle was true, here it is false',
    ]);
    expect(() => other.loadStateDict(state)).toThrow(/does not fit: its dataset had 20[^]*shuffle was true/);
    expect(other.seed).toBe(4);
    expect(other.differences(null)).toEqual(['expected the state of a DataLoader, got null']);
    expect(other.differences({ ...other.stateDict(), seed: -1 })).toEqual([
      'its seed must be an integer from 0, it is -1',
    ]);
  });

  it('takes datasets that gather asynchronously', async () => {
    const arrays = numbered(5);
    const dataset: Dataset = {
      length: 5,
      gather: async (indices) => arrays.gather(indices),
      subset: () => dataset,
    };
    const loader = new DataLoader(dataset, { batchSize: 2 });
    expect(await labels(loader)).toEqual([[0, 1], [2, 3], [4]]);
    const shapes: unknown[] = [];
    for await (const { x } of loader) shapes.push(x?.shape);
    expect(shapes).toEqual([
      [2, 2, 2],
      [2, 2, 2],
      [1, 2, 2],
    ]);
    expect(loader.epoch).toBe(1);
    expect(() => [...loader]).toThrow(/dataset is asynchronous[^]*for await \(const \{ x, y \} of loader\)/);
  });

  it('refuses what a dataset gathers that is not what was asked for', async () => {
    const gathering = (gathered: unknown) => {
      const dataset: Dataset = { length: 4, gather: () => gathered as ArrayBatch, subset: () => dataset };
      return new DataLoader(dataset, { batchSize: 2 });
    };
    const x = { data: new Float32Array(4), shape: [2, 2] };
    for (const [gathered, message] of [
      [undefined, /gather\(indices\) of the dataset must return typed arrays .*, got undefined/],
      [[x], /must return typed arrays .*, got an array/],
      [{ x: [1, 2] }, /; 'x' is an array/],
      [
        { x: { data: new Float32Array(3), shape: [2, 2] } },
        /'x' has the shape \[2, 2\], which is 4 values, and 3 values/,
      ],
      [
        { x, y: { data: new Int32Array(3), shape: [3] } },
        /asked for 2 examples, and its field 'y' has the shape \[3\]/,
      ],
      [{ x, y: { data: new Int32Array(1), shape: [] } }, /asked for 2 examples, and its field 'y' has the shape \[\]/],
    ] as const) {
      expect(() => [...gathering(gathered)]).toThrow(message);
      await expect(read(gathering(gathered))).rejects.toThrow(message);
    }
  });
});

describe('inOrder', () => {
  const rows = new ArrayDataset({ x: { data: Float32Array.from({ length: 11 }, (_, i) => i), shape: [] } });

  it('gives every example once, in the order of the dataset, whatever the loader does, and moves nothing', async () => {
    const doubled = (batch: { x: { data: Float32Array; shape: readonly number[] } }) => ({
      x: { data: batch.x.data.map((value) => 2 * value), shape: batch.x.shape },
    });
    const loader = new DataLoader(rows, { batchSize: 4, shuffle: true, dropLast: true, seed: 3, transform: doubled });
    const values: number[] = [];
    for await (const { batch } of loader.inOrder().batches()) values.push(...batch.x.data);
    expect(values).toEqual(Array.from({ length: 11 }, (_, i) => 2 * i));
    expect(loader.epoch).toBe(0);
    expect([loader.length, loader.inOrder().length]).toEqual([2, 3]);
  });
});
