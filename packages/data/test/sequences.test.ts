import { describe, expect, it } from 'vitest';
import {
  concatDatasets,
  DataLoader,
  mapDataset,
  Random,
  SequenceDataset,
  Subset,
  toTensors,
  zipDatasets,
  type ArrayBatch,
  type Dataset,
} from '../src/index.ts';
import { read } from './support/read.ts';

const ids = [Int32Array.of(5, 6, 7), Int32Array.of(8), Int32Array.of(9, 4), new Int32Array(0)];

describe('SequenceDataset', () => {
  it('pads to the longest example, and says what is padding', () => {
    const dataset = new SequenceDataset({
      ids: { sequences: ids, padding: -100 },
      y: { data: Uint8Array.of(1, 0, 1, 1), shape: [], dtype: 'bool' },
    });
    expect(dataset.length).toBe(4);
    expect([...dataset.lengths]).toEqual([3, 1, 2, 0]);
    expect(dataset.gather([2, 1, 3])).toEqual({
      ids: { data: Int32Array.of(9, 4, 8, -100, -100, -100), shape: [3, 2] },
      y: { data: Uint8Array.of(1, 0, 1), shape: [3], dtype: 'bool' },
      mask: { data: Uint8Array.of(1, 1, 1, 0, 0, 0), shape: [3, 2], dtype: 'bool' },
      length: { data: Int32Array.of(2, 1, 0), shape: [3] },
    });
    // An axis of no extent is none: a batch of empty sequences has one place.
    expect(dataset.gather([3])).toMatchObject({ ids: { shape: [1, 1] }, mask: { data: Uint8Array.of(0) } });
    expect(dataset.gather([1], 4).ids).toEqual({ data: Int32Array.of(8, -100, -100, -100), shape: [1, 4] });
    expect(() => dataset.gather([0, 1], 2)).toThrow(/an example of length 3 does not fit into the padded length 2/);
    expect(() => dataset.gather([0, 1], 2 ** 30)).toThrow(
      /2 examples padded to 1073741824 have \d+ elements, more than/,
    );
    expect(() => dataset.gather([4])).toThrow(/index 4 is not an integer from 0 to 3/);
  });

  it('gives tensors of the dtypes that ids and masks have', () => {
    const dataset = new SequenceDataset({
      ids: { sequences: [Uint32Array.of(1, 2)] },
      y: { data: Int32Array.of(1), shape: [] },
    });
    const tensors = toTensors(dataset.gather([0]));
    expect(Object.entries(tensors).map(([name, { dtype }]) => [name, dtype])).toEqual([
      ['ids', 'int32'],
      ['y', 'int32'],
      ['mask', 'bool'],
      ['length', 'int32'],
    ]);
  });

  it('holds series with several channels, and several fields of one length', () => {
    const dataset = new SequenceDataset(
      {
        track: { sequences: [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6)], shape: [2], padding: Number.NaN },
        tags: { sequences: [Uint8Array.of(1, 2), Uint8Array.of(3)], dtype: 'int32' },
      },
      { mask: 'there', length: 'steps' },
    );
    expect(dataset.gather([0, 1])).toEqual({
      track: { data: Float32Array.of(1, 2, 3, 4, 5, 6, NaN, NaN), shape: [2, 2, 2] },
      tags: { data: Uint8Array.of(1, 2, 3, 0), shape: [2, 2], dtype: 'int32' },
      there: { data: Uint8Array.of(1, 1, 1, 0), shape: [2, 2], dtype: 'bool' },
      steps: { data: Int32Array.of(2, 1), shape: [2] },
    });
  });

  it('cuts what is too long', () => {
    const dataset = new SequenceDataset({ ids: { sequences: ids } }, { maxLength: 2 });
    expect([...dataset.lengths]).toEqual([2, 1, 2, 0]);
    expect(dataset.gather([0]).ids).toEqual({ data: Int32Array.of(5, 6), shape: [1, 2] });
  });

  it('is zipped where two sequences of an example differ in length', async () => {
    const source = new SequenceDataset({ source: { sequences: ids } }, { mask: 'sourceMask', length: 'sourceLength' });
    const target = new SequenceDataset({ target: { sequences: [...ids].reverse() } });
    const pairs = zipDatasets(source, target);
    expect(Array.from(pairs.lengths ?? [])).toEqual([3, 2, 2, 3]);
    const { source: s, target: t, sourceMask, mask } = await pairs.gather(Uint32Array.of(1), 4);
    expect([s.data, t.data]).toEqual([Int32Array.of(8, 0, 0, 0), Int32Array.of(9, 4, 0, 0)]);
    expect([sourceMask.data, mask.data]).toEqual([Uint8Array.of(1, 0, 0, 0), Uint8Array.of(1, 1, 0, 0)]);
  });

  it('is put together with others, padded alike', async () => {
    const first = new SequenceDataset({ ids: { sequences: ids.slice(0, 2) } });
    const second = new SequenceDataset({ ids: { sequences: ids.slice(2) } });
    const whole = new SequenceDataset({ ids: { sequences: ids } });
    const indices = Uint32Array.of(2, 0, 3, 1);
    expect(await concatDatasets([first, second]).gather(indices)).toEqual(whole.gather(indices));
  });

  it('names what does not fit', () => {
    const make =
      (fields: unknown, options?: object): (() => unknown) =>
      () =>
        new SequenceDataset(fields as never, options);
    const one = { sequences: [Int32Array.of(1)] };
    for (const [given, message] of [
      [make({}), /at least one field of sequences/],
      [make({ y: { data: Int32Array.of(1), shape: [] } }), /at least one field of sequences[^]*ArrayDataset/],
      [
        make({ ids: { sequences: Int32Array.of(1) } }),
        /field 'ids' must have its sequences in an array, got a.* Int32Array/,
      ],
      [
        make({ ids: { sequences: [[1, 2]] } }),
        /field 'ids': sequence 0 must be a typed array, got an array[^]*Int32Array\.from/,
      ],
      [
        make({ ids: { sequences: [Int32Array.of(1), Float32Array.of(1)] } }),
        /sequence 1 is a Float32Array, sequence 0 a Int32Array/,
      ],
      [
        make({ t: { sequences: [new Float32Array(3)], shape: [2] } }),
        /sequence 0 has 3 values, not a multiple of the 2/,
      ],
      [
        make({ t: { sequences: [new Float32Array(3)], shape: [0] } }),
        /the shape of one element, positive integers, got an array/,
      ],
      [make({ ids: { ...one, padding: 0.5 } }), /a Int32Array cannot hold the padding 0\.5/],
      [make({ ids: { sequences: [Uint32Array.of(1)], padding: -100 } }), /a Uint32Array cannot hold the padding -100/],
      [make({ ids: { ...one, padding: '0' } }), /the padding must be a number, got "0"/],
      [make({ ids: one, y: { data: new Int32Array(2), shape: [] } }), /equally many examples, got ids: 1, y: 2/],
      [
        make({ a: { sequences: [Int32Array.of(1)] }, b: { sequences: [Int32Array.of(1, 2)] } }),
        /sequences of example 0 must be equally long, got a: 1, b: 2[^]*zipDatasets\(.*mask: 'bMask'/,
      ],
      [make({ mask: one }), /the name "mask" stands for two things/],
      [make({ ids: one }, { mask: 'length' }), /the name "length" stands for two things/],
      [make({ ids: one }, { maxLength: 0 }), /maxLength/],
    ] as const)
      expect(given).toThrow(message);
  });
});

describe('buckets', () => {
  const random = new Random(8);
  const texts = new SequenceDataset({
    ids: { sequences: Array.from({ length: 203 }, (_, i) => new Int32Array(random.integer(33)).fill(i + 1)) },
    y: { data: Int32Array.from({ length: 203 }, (_, i) => i), shape: [] },
  });
  const buckets = [4, 16, 32];
  const bucketOf = (length: number): number => buckets.find((bound) => length <= bound) ?? NaN;

  it.each([false, true])('hold examples of similar length, each once in an epoch (shuffled: %s)', async (shuffle) => {
    const loader = new DataLoader(texts, { batchSize: 10, shuffle, seed: 3, buckets });
    const sizes = buckets.map((bound) => [...texts.lengths].filter((length) => bucketOf(length) === bound).length);
    expect(loader.length).toBe(sizes.reduce((sum, size) => sum + Math.ceil(size / 10), 0));
    expect([loader.exampleCount, loader.buckets]).toEqual([203, buckets]);
    for (const epoch of [0, 1]) {
      const batches = await read(loader, { epoch, batch: 0 });
      expect(batches).toHaveLength(loader.length);
      const labels = batches.flatMap(({ batch }) => [...batch.y.data]);
      expect(labels).toEqual([...loader.order(epoch)]);
      expect([...labels].sort((a, b) => a - b)).toEqual([...Array(203).keys()]);
      for (const { batch, count } of batches) {
        const [bound = NaN] = new Set([...batch.length.data].map(bucketOf));
        expect(new Set([...batch.length.data].map(bucketOf)).size).toBe(1);
        expect(batch.ids.shape).toEqual([count, bound]);
        expect(batch.mask.data.reduce((sum, bit) => sum + bit, 0)).toBe(
          batch.length.data.reduce((sum, n) => sum + n, 0),
        );
      }
      const small = batches.flatMap(({ count }, i) => (count < 10 ? [i] : []));
      expect(small.length).toBeLessThanOrEqual(3);
      expect(await read(loader, { epoch, batch: 5 })).toEqual(batches.slice(5));
    }
  });

  it('come in another order in each epoch, which the seed alone determines, for any number of workers', async () => {
    const options = { batchSize: 10, shuffle: true, seed: 3, buckets };
    const order = (seed: number, epoch: number): number[] => [
      ...new DataLoader(texts, { ...options, seed }).order(epoch),
    ];
    expect(order(3, 0)).toEqual(order(3, 0));
    expect(order(3, 0)).not.toEqual(order(3, 1));
    expect(order(3, 0)).not.toEqual(order(4, 0));
    const later: Dataset = { ...mapDataset<ArrayBatch, ArrayBatch>(texts, (batch) => Promise.resolve(batch)) };
    const expected = await read(new DataLoader(texts, options));
    for (const workers of [0, 1, 2, 4])
      expect(await read(new DataLoader(later, { ...options, workers }))).toEqual(expected);
    const tensors = [...new DataLoader(texts, options)];
    expect(tensors.map(({ ids: { shape } }) => shape)).toEqual(expected.map(({ batch }) => batch.ids.shape));
  });

  it('drop what does not fill a batch, and say how many are left', async () => {
    const loader = new DataLoader(texts, { batchSize: 10, buckets, dropLast: true, shuffle: true, seed: 1 });
    const batches = await read(loader);
    expect(batches.every(({ count }) => count === 10)).toBe(true);
    expect(batches).toHaveLength(loader.length);
    expect(loader.exampleCount).toBe(10 * loader.length);
    expect(new Set(loader.order(0)).size).toBe(203);
  });

  it('are part of the state', () => {
    const state = new DataLoader(texts, { buckets }).stateDict();
    expect(state).toMatchObject({ buckets });
    expect(new DataLoader(texts, { buckets }).differences(JSON.parse(JSON.stringify(state)))).toEqual([]);
    expect(new DataLoader(texts, { buckets: [32] }).differences(state)).toEqual([
      'its buckets were [4,16,32], here they are [32]',
    ]);
    expect(new DataLoader(texts).differences(state)).toEqual(['its buckets were [4,16,32], here they are none']);
  });

  it('refuse what makes no sense', () => {
    const make =
      (given: unknown, dataset: Dataset = texts): (() => unknown) =>
      () =>
        new DataLoader(dataset, { buckets: given as number[] });
    for (const given of [[4, 4], [0, 3], [8, 4], [2.5], ['4']])
      expect(make(given)).toThrow(
        /buckets must be the greatest lengths .* ascending positive integers[^]*\[16, 32, 64\]/,
      );
    expect(make([])).toThrow(/at least one length/);
    expect(make(16)).toThrow(/buckets/);
    expect(make([4, 8])).toThrow(/example \d+ has the length \d+, the largest bucket ends at 8[^]*maxLength/);
    const plain: Dataset = { length: 2, gather: () => ({}), subset: () => new Subset(plain, []) };
    expect(make([4], plain)).toThrow(/this one has no `lengths`[^]*SequenceDataset/);
    expect(make([4], { ...plain, lengths: [1] })).toThrow(/2 examples and 1 `lengths`/);
    expect(() => new DataLoader(texts, { buckets: [4, 32], batchSize: 203, dropLast: true })).toThrow(
      /dropLast leaves no batch: the dataset has 203 examples in 2 buckets/,
    );
  });
});
