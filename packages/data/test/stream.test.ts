/** Streams of iterables: their stages, their order, and that they go on anywhere. */
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import {
  DataError,
  endOfStream,
  stream,
  type ArrayBatch,
  type BatchStream,
  type Cursor,
  type LoadedBatch,
  type Stream,
  type StreamSource,
} from '../src/index.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Counts what is read and what is closed; `later` elements come in turns of their own. */
function watched(
  count: number,
  { later = false } = {},
): { readonly source: Stream<number>; read: number; opened: number; closed: number } {
  const log = {
    read: 0,
    opened: 0,
    closed: 0,
    source: later
      ? stream(async function* () {
          log.opened++;
          try {
            for (let i = 0; i < count; i++) {
              log.read++;
              yield await Promise.resolve(i);
            }
          } finally {
            log.closed++;
          }
        })
      : stream(function* () {
          log.opened++;
          try {
            for (let i = 0; i < count; i++) {
              log.read++;
              yield i;
            }
          } finally {
            log.closed++;
          }
        }),
  };
  return log;
}

async function collect<B>(batches: AsyncIterable<LoadedBatch<B>>): Promise<LoadedBatch<B>[]> {
  const found: LoadedBatch<B>[] = [];
  for await (const loaded of batches) found.push(loaded);
  return found;
}

/** Cuts after every batch and goes on with a stream made anew, from a cursor that has been through JSON. */
async function expectResumes<B extends ArrayBatch>(make: () => BatchStream<B>, epoch = 0): Promise<LoadedBatch<B>[]> {
  const whole = await collect(make().batches({ epoch, batch: 0 }));
  for (const [i, { next }] of whole.entries()) {
    const cursor = JSON.parse(JSON.stringify(next)) as Cursor;
    if (i === whole.length - 1) {
      expect(cursor).toEqual({ epoch: epoch + 1, batch: 0 });
      continue;
    }
    expect(await collect(make().batches(cursor))).toEqual(whole.slice(i + 1));
    const { epoch: cursorEpoch, batch } = cursor;
    expect(await collect(make().batches({ epoch: cursorEpoch, batch }))).toEqual(whole.slice(i + 1)); // and without the position
  }
  return whole;
}

describe('stages', () => {
  const ten = stream(numbers(10));

  it('map, filter, flatMap, take, skip, concat, repeat', async () => {
    expect(await ten.map((n) => n * n).toArray()).toEqual(numbers(10).map((n) => n * n));
    expect(await ten.map((n) => Promise.resolve(n + 1)).toArray()).toEqual(numbers(10).map((n) => n + 1));
    expect(await ten.filter((n) => n % 3 === 0).toArray()).toEqual([0, 3, 6, 9]);
    expect(await ten.filter((n) => Promise.resolve(n % 3 === 0)).toArray()).toEqual([0, 3, 6, 9]);
    expect(await ten.flatMap((n) => new Array<number>(n % 3).fill(n)).toArray()).toEqual([1, 2, 2, 4, 5, 5, 7, 8, 8]);
    expect(await ten.take(3).toArray()).toEqual([0, 1, 2]);
    expect(await ten.skip(7).toArray()).toEqual([7, 8, 9]);
    expect(await ten.skip(2).take(2).concat(ten.take(1), stream<number>([])).toArray()).toEqual([2, 3, 0]);
    expect(await ten.take(2).repeat(2).toArray()).toEqual([0, 1, 0, 1]);
    expect(await ten.take(2).repeat().take(5).toArray()).toEqual([0, 1, 0, 1, 0]);
    expect(await ten.take(0).toArray()).toEqual([]);
    expect(await ten.take(0).repeat().toArray()).toEqual([]); // and does not hang
    expect(await ten.prefetch(3).toArray()).toEqual(numbers(10));
  });

  it('say what flatMap needs', async () => {
    for (const wrong of [() => 3, () => undefined, () => null, () => stream([1])])
      await expect(ten.flatMap(wrong as never).toArray()).rejects.toThrow(
        /\[flatMap\] the function must return an array or another iterable, got [^]*map/,
      );
  });

  it('are descriptions: each loop reads anew, and an unfinished one reads no more', async () => {
    const log = watched(100);
    const doubled = log.source.map((n) => n * 2);
    expect(log.opened).toBe(0);
    for await (const n of doubled) if (n === 6) break;
    expect(log).toMatchObject({ opened: 1, closed: 1, read: 4 });
    expect(await doubled.take(2).toArray()).toEqual([0, 2]);
    expect(log).toMatchObject({ opened: 2, closed: 2, read: 6 });
  });

  it.each([false, true])('wait until they are asked (later: %s)', async (later) => {
    const log = watched(1000, { later });
    const batches = log.source.map((x) => ({ x })).batch(10, { prefetch: 3 });
    for await (const { batch } of batches.batches()) {
      expect(batch.x.shape).toEqual([10]);
      await vi.waitFor(() => expect(log.read).toBeGreaterThanOrEqual(50));
      await new Promise((resolve) => setTimeout(resolve, 5));
      break;
    }
    // The first, the one behind it, and three read ahead.
    expect(log.read).toBe(50);
    expect(log).toMatchObject({ opened: 1, closed: 1 });
  });

  it('read ahead while something else is waited for', async () => {
    const events: string[] = [];
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
    const slow = stream(async function* () {
      for (let i = 0; i < 4; i++) {
        await pause();
        events.push(`read ${i}`);
        yield i;
      }
    });
    for await (const n of slow.prefetch(2)) {
      await vi.waitFor(() => expect(events).toContain(`read ${Math.min(3, n + 2)}`), { timeout: 10_000, interval: 1 });
      await new Promise((resolve) => setTimeout(resolve, 20));
      events.push(`used ${n}`);
    }
    expect(events).toEqual(['read 0', 'read 1', 'read 2', 'used 0', 'read 3', 'used 1', 'used 2', 'used 3']);
  });

  it('split by a draw per element: the parts are disjoint and together whole, in every epoch', async () => {
    const thousand = stream(numbers(1000));
    const { train, test, validation } = thousand.split({ test: 0.2, validation: 0.1, seed: 3 });
    const parts = await Promise.all([train, test, validation].map((part) => part.toArray()));
    expect(parts.flat().sort((a, b) => a - b)).toEqual(numbers(1000));
    // Five standard deviations of a binomial distribution.
    for (const [i, share] of [0.7, 0.2, 0.1].entries())
      expect(Math.abs((parts[i]?.length ?? 0) - 1000 * share)).toBeLessThan(5 * Math.sqrt(1000 * share * (1 - share)));
    const again: number[] = [];
    for await (const n of test.epoch(7)) again.push(n);
    expect(again).toEqual(parts[1]);
    expect(Object.keys(thousand.split())).toEqual(['train', 'test']);
    for (const wrong of [{ test: 0 }, { test: 1 }, { test: 0.6, validation: 0.4 }, { test: 12 }, { validation: 0 }])
      expect(() => thousand.split(wrong)).toThrow(/shares must lie between 0 and 1/);
  });
});

describe('shuffle', () => {
  it('gives every element once, no earlier than the buffer allows, and another order in every epoch', async () => {
    const shuffled = stream(numbers(500)).shuffle({ buffer: 50, seed: 5 });
    const orders: number[][] = [];
    for (const epoch of [0, 1, 0]) {
      const order: number[] = [];
      for await (const n of shuffled.epoch(epoch)) order.push(n);
      orders.push(order);
      expect([...order].sort((a, b) => a - b)).toEqual(numbers(500));
      for (const [place, n] of order.entries()) expect(n - place).toBeLessThan(50);
    }
    expect(orders[2]).toEqual(orders[0]);
    expect(orders[1]).not.toEqual(orders[0]);
    expect(await stream(numbers(500)).shuffle({ buffer: 50, seed: 6 }).toArray()).not.toEqual(orders[0]);
  });

  it('draws uniformly: with a buffer for all, each element is as likely in each place', async () => {
    const counts = numbers(4).map(() => [0, 0, 0, 0]);
    for (let seed = 0; seed < 2000; seed++) {
      const order = await stream(numbers(4)).shuffle({ buffer: 4, seed }).toArray();
      for (const [place, n] of order.entries()) (counts[n] as number[])[place]!++;
    }
    // Chi-squared with 9 degrees of freedom: beyond 40 once in a hundred thousand.
    const chi = counts.flat().reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
    expect(chi).toBeLessThan(40);
  });

  it('holds no more than its buffer', async () => {
    const log = watched(1000);
    const reader = log.source.shuffle({ buffer: 20, seed: 0 }).open();
    for (let i = 1; i <= 100; i++) {
      await reader.next();
      expect(log.read).toBe(i + 19);
    }
    await reader.close();
    expect(log.closed).toBe(1);
  });
});

describe('resuming', () => {
  const pipelines: Record<string, (source: Stream<number>) => Stream<number>> = {
    plain: (source) => source,
    map: (source) => source.map((n) => n + 1),
    filter: (source) => source.filter((n) => n % 3 !== 1),
    flatMap: (source) => source.flatMap((n) => new Array<number>(n % 4).fill(n)),
    take: (source) => source.take(17),
    skip: (source) => source.skip(17),
    concat: (source) => source.take(11).concat(source.skip(5)),
    repeat: (source) => source.repeat(2),
    shuffle: (source) => source.shuffle({ buffer: 7, seed: 1 }),
    'a shuffle larger than the stream': (source) => source.shuffle({ buffer: 100, seed: 1 }),
    prefetch: (source) => source.prefetch(5).map((n) => n),
    split: (source) => source.split({ test: 0.4, seed: 1 }).train,
    'many stages': (source) =>
      source
        .shuffle({ buffer: 5, seed: 1 })
        .repeat(2)
        .filter((n) => n !== 3)
        .flatMap((n) => [n, -n])
        .prefetch(4)
        .shuffle({ buffer: 9, seed: 2 })
        .concat(source)
        .skip(3)
        .map((n) => Promise.resolve(n)),
  };
  const sources: Record<string, () => Stream<number>> = {
    'an array': () => stream(numbers(30)),
    'an asynchronous generator': () => watched(30, { later: true }).source,
    'a generator that follows the epoch': () =>
      stream(function* ({ epoch }) {
        for (let i = 0; i < 30; i++) yield i + 100 * epoch;
      }),
  };

  it.each(
    Object.entries(pipelines).flatMap(([stage, pipeline]) =>
      Object.entries(sources).map(([kind, source]) => [stage, kind, pipeline, source] as const),
    ),
  )('goes on behind %s of %s after every batch', async (_, __, pipeline, source) => {
    for (const epoch of [0, 3])
      await expectResumes(
        () =>
          pipeline(source())
            .map((x) => ({ x }))
            .batch(4),
        epoch,
      );
    await expectResumes(() =>
      pipeline(source())
        .map((x) => ({ x }))
        .batch(5, { dropLast: true, prefetch: 0 }),
    );
  });

  it('draws in transform by seed, epoch and batch', async () => {
    const make = (seed: number): BatchStream =>
      stream(numbers(10))
        .map((x) => ({ x }))
        .batch(3, {
          seed,
          transform: ({ x }, { random, epoch, batch }) => ({
            x: { ...x, data: x.data.map((n) => n + random.float()) },
            place: { data: Float32Array.of(epoch, batch), shape: [2] },
          }),
        });
    const whole = await expectResumes(() => make(1), 2);
    expect(whole.map(({ batch }) => [...(batch['place']?.data ?? [])])).toEqual(
      [0, 1, 2, 3].map((batch) => [2, batch]),
    );
    expect(await collect(make(2).batches({ epoch: 2, batch: 0 }))).not.toEqual(whole);
  });

  it('costs a shuffle only what lies in its buffer', async () => {
    const log = watched(100_000);
    // A source that seeks: positions are numbers.
    const seeking: StreamSource<number> = {
      type: 'numbers',
      open: (_, position) => {
        let at = (position as number | undefined) ?? 0;
        return {
          next: () => {
            log.read++;
            return at < 100_000 ? at++ : endOfStream;
          },
          position: () => at,
          close: () => undefined,
        };
      },
    };
    const make = (): BatchStream =>
      stream(seeking)
        .shuffle({ buffer: 1000, seed: 1 })
        .map((x) => ({ x }))
        .batch(100, { prefetch: 0 });
    const whole = await collect(make().batches());
    const cursor = whole[899]?.next;
    expect(JSON.stringify(cursor).length).toBeLessThan(200);
    log.read = 0;
    expect(await collect(make().batches(cursor))).toEqual(whole.slice(900));
    // The last 10,000, and the buffer's: n ln n = 6,900 elements back in the mean.
    expect(log.read).toBeLessThan(10_000 + 20_000);
  });

  it('refuses the cursor of another stream, and states that differ', async () => {
    const make = (size: number, seed = 1): BatchStream =>
      stream(numbers(30))
        .shuffle({ buffer: 4, seed })
        .map((x) => ({ x }))
        .batch(size);
    const [first] = await collect(make(4).batches());
    const plain = stream(numbers(30))
      .map((x) => ({ x }))
      .batch(4);
    await expect(collect(plain.batches(first?.next))).rejects.toThrow(
      /cursor is not one of this stream[^]*same stages/,
    );
    expect(() => make(4).batches({ epoch: 0, batch: -1 })).toThrow(DataError);
    expect(make(4).differences(make(4).stateDict())).toEqual([]);
    expect(make(4).differences(plain.stateDict())).toEqual([
      'its stages were iterable → map, here they are iterable → shuffle(buffer 4, seed 1) → map',
    ]);
    expect(() => make(5, 2).loadStateDict(make(4).stateDict())).toThrow(
      /seed 1[^]*here they are[^]*seed 2[^]*batchSize was 4, here it is 5/,
    );
    const taken = plain;
    taken.loadStateDict({ ...plain.stateDict(), epoch: 5, seed: 9 });
    expect([taken.epoch, taken.seed]).toEqual([5, 9]);
    const short = stream(numbers(5))
      .shuffle({ buffer: 4, seed: 1 })
      .map((x) => ({ x }))
      .batch(4);
    await expect(collect(short.batches({ ...first!.next, batch: 1 }))).rejects.toThrow(/ended before its element/);
  });
});

describe('batches', () => {
  it('put fields side by side and keep their kinds', async () => {
    const batches = stream([
      {
        a: 1,
        flag: true,
        row: [1, 2],
        ids: Int32Array.of(3, 4),
        image: { data: Uint8Array.of(1, 2), shape: [1, 2] },
        mask: { data: Uint8Array.of(1), shape: [1], dtype: 'bool' as const },
      },
      {
        a: 0.5,
        flag: false,
        row: [3, NaN],
        ids: Int32Array.of(5, 6),
        image: { data: Uint8Array.of(3, 4), shape: [1, 2] },
        mask: { data: Uint8Array.of(0), shape: [1], dtype: 'bool' as const },
      },
    ]).batch(8);
    const [loaded] = await collect(batches.batches());
    expect(loaded?.count).toBe(2);
    expect(loaded?.batch).toEqual({
      a: { data: Float32Array.of(1, 0.5), shape: [2], dtype: 'float32' },
      flag: { data: Uint8Array.of(1, 0), shape: [2], dtype: 'bool' },
      row: { data: Float32Array.of(1, 2, 3, NaN), shape: [2, 2], dtype: 'float32' },
      ids: { data: Int32Array.of(3, 4, 5, 6), shape: [2, 2] },
      image: { data: Uint8Array.of(1, 2, 3, 4), shape: [2, 1, 2] },
      mask: { data: Uint8Array.of(1, 0), shape: [2, 1], dtype: 'bool' },
    });
    expectTypeOf(loaded!.batch.ids.data).toExtend<Int32Array>();
    for await (const { a, flag, ids } of batches)
      expect([a.dtype, flag.dtype, ids.dtype]).toEqual(['float32', 'bool', 'int32']);
    expect(batches.epoch).toBe(1);
  });

  it('take types for numbers', async () => {
    const labelled = stream([
      { y: 2, m: 1 },
      { y: -1, m: 0 },
    ]);
    const [loaded] = await collect(labelled.batch(2, { types: { y: 'int32', m: 'bool' } }).batches());
    expect(loaded?.batch.y).toEqual({ data: Int32Array.of(2, -1), shape: [2], dtype: 'int32' });
    expect(loaded?.batch.m).toEqual({ data: Uint8Array.of(1, 0), shape: [2], dtype: 'bool' });
    for (const wrong of [0.5, NaN, 2 ** 31])
      await expect(
        collect(
          stream([{ y: wrong }])
            .batch(1, { types: { y: 'int32' } })
            .batches(),
        ),
      ).rejects.toThrow(`field 'y' holds ${wrong}, which int32 cannot`);
    await expect(collect(labelled.batch(1, { types: { z: 'int32' } }).batches())).rejects.toThrow(
      /names the field "z"; it has y, m/,
    );
  });

  it('collate as they are told', async () => {
    const batches = stream(['a', 'bcd']).batch(2, {
      collate: (words) => ({ length: { data: Int32Array.from(words, (word) => word.length), shape: [words.length] } }),
    });
    const [loaded] = await collect(batches.batches());
    expect(loaded).toEqual({
      batch: { length: { data: Int32Array.of(1, 3), shape: [2] } },
      count: 2,
      next: { epoch: 1, batch: 0 },
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['text', [{ x: 'cat' }], /field 'x' must hold numbers, got "cat"[^]*classNames\.indexOf/],
    ['nothing', [{ x: null }], /field 'x' has no value \(null\)[^]*filter/],
    ['nothing in an array', [{ x: [1, undefined] }], /field 'x' has no value \(undefined\)/],
    ['numbers without names', [1], /must be an object of fields, got 1[^]*\.map\(\(value\) => \(\{ x: value \}\)\)/],
    ['what map forgot to return', [undefined], /must be an object of fields, got undefined/],
    ['other fields', [{ x: 1 }, { x: 1, y: 2 }], /element 1 of the batch has the fields x, y; the first has x/],
    ['other names', [{ x: 1 }, { y: 2 }], /element 1 of the batch has the fields y; the first has x/],
    [
      'other shapes',
      [{ x: [1, 2] }, { x: [1] }],
      /field 'x' has the shape \[1\], in the first element of the batch \[2\][^]*pad/,
    ],
    ['a wrong shape', [{ x: { data: Float32Array.of(1), shape: [2] } }], /shape \[2\] and 1 values/],
    ['no fields', [{}], /no fields/],
    ['no element', [], /gave no batch in epoch 0: iterable[^]*is the file empty/],
  ])('refuse %s', async (_, elements, message) => {
    await expect(
      collect(
        stream(elements as object[])
          .batch(2)
          .batches(),
      ),
    ).rejects.toThrow(message);
    await expect(
      collect(
        stream(elements as object[])
          .batch(2)
          .batches(),
      ),
    ).rejects.toThrow(DataError);
  });

  it('give evaluation every element in the order of the stream, and move nothing', async () => {
    const batches = stream(numbers(11).map((x) => ({ x }))).batch(4, { dropLast: true });
    const values: number[] = [];
    for await (const { batch } of batches.inOrder().batches()) values.push(...(batch['x']?.data ?? []));
    expect(values).toEqual(Array.from({ length: 11 }, (_, i) => i));
    expect([batches.epoch, batches.dropLast]).toEqual([0, true]);
  });

  it('say when dropLast leaves nothing', async () => {
    await expect(
      collect(
        stream([{ x: 1 }])
          .batch(2, { dropLast: true })
          .batches(),
      ),
    ).rejects.toThrow(/no batch of 2 in epoch 0[^]*smaller batch/);
  });

  it.each([0, 1, 3])('give what lies in front of an error first (prefetch %i), then close', async (prefetch) => {
    const log = watched(100);
    const failing = log.source.map((x) => {
      if (x === 7) throw new RangeError('seven');
      return { x };
    });
    const found: number[][] = [];
    const read = async (): Promise<void> => {
      for await (const { batch } of failing.batch(2, { prefetch }).batches()) found.push([...batch.x.data]);
    };
    await expect(read()).rejects.toThrow(new RangeError('seven'));
    expect(found).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(log).toMatchObject({ opened: 1, closed: 1 });
  });
});

describe('sources', () => {
  it('refuse what can be read once only, and what cannot be read', async () => {
    expect(() => stream([1, 2].values())).toThrow(/an iterator, which can be read once only[^]*Pass the function/);
    expect(() =>
      stream(
        (async function* () {
          yield await Promise.resolve(1);
        })(),
      ),
    ).toThrow(/read once only/);
    expect(() => stream(3 as never)).toThrow(DataError);
    expect(() => stream(null as never)).toThrow(DataError);
    await expect(stream(() => 3 as never).toArray()).rejects.toThrow(/must return an iterable[^]*generator function/);
    expect(await stream(new Set([1, 2])).toArray()).toEqual([1, 2]);
    expect(() => stream([1]).concat([2] as never)).toThrow(/stream 0 must be a stream/);
  });
});
