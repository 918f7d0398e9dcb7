/** Streams: descriptions of what comes one after another, and may be larger than memory. */
import { defaultGenerator } from '@hebb/tensor';
import {
  checkOptions,
  requireFunction,
  requireInteger,
  requireNumber,
  requireOptions,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { NumericArray } from '../arrays.ts';
import type { ArrayBatch, JsonValue } from '../batches.ts';
import { DataError, show } from '../errors.ts';
import { printable } from '../print.ts';
import { requireSeed } from '../random.ts';
import { BatchStream, type BatchOptions } from './batch-stream.ts';
import { iterableSource, requireRestartable, type Elements } from './iterables.ts';
import { prefetchReader } from './prefetch.ts';
import { end, type Reader, type StreamSource } from './reader.ts';
import { shuffleReader } from './shuffle.ts';
import { chainReader, filterReader, flatMapReader, mapReader, shareReader, sliceReader } from './stages.ts';

export interface ShuffleOptions {
  /** Elements held at a time: the more, the better the order is mixed, and the more memory it takes. */
  buffer: number;
  /** With the epoch it determines the order. Default: the seed of the default generator when the stage is made, which `manualSeed` sets. */
  seed?: number;
}

export interface StreamSplitOptions {
  /** Share of the test part, between 0 and 1. Default 0.25. */
  test?: number;
  /** Share of the validation part. Default: no validation part. */
  validation?: number;
  /** An integer from 0. Default 0. */
  seed?: number;
}

/** The parts of a stream that is split. */
export interface StreamSplit<T> {
  readonly train: Stream<T>;
  readonly test: Stream<T>;
}

/** The batch of elements of this kind: each field with one more axis in front. */
export type Collated<T> = {
  readonly [K in keyof T]: T[K] extends NumericArray
    ? T[K]
    : T[K] extends NumericArray['data']
      ? NumericArray<T[K]>
      : NumericArray;
};

const shuffleOptions: OptionNames<ShuffleOptions> = { buffer: true, seed: true };
const splitOptions: OptionNames<StreamSplitOptions> = { test: requireNumber, validation: requireNumber, seed: true };

/**
 * Elements one after another, in the order of their source, in constant memory. A stream is a description: its stages make new streams, and each
 * `for await` reads it anew, as long as it likes. {@link stream} makes one of an iterable or a generator, `csvStream`, `linesStream` and `textStream` of
 * files.
 *
 * ```ts
 * import { stream } from '@hebb/data';
 *
 * const squares = stream(function* () {
 *   for (let n = 0; n < 1000; n++) yield n;
 * })
 *   .filter((n) => n % 2 === 1)
 *   .map((n) => n * n);
 * await squares.take(3).toArray(); // [1, 9, 25]
 *
 * const batches = squares.map((n) => ({ x: [n, 1], y: n })).shuffle({ buffer: 100, seed: 1 }).batch(32);
 * for await (const { x, y } of batches) x.shape; // [32, 2], … [20, 2]
 * ```
 */
export class Stream<T> implements AsyncIterable<T> {
  readonly #source: StreamSource<T>;
  readonly #stages: readonly string[];

  /** @internal {@link stream} and the functions for files make streams. */
  constructor(source: StreamSource<T>, stages: readonly string[] = [source.type]) {
    this.#source = source;
    this.#stages = stages;
    printable(this);
  }

  /**
   * What `f` makes of each element, one after another. A promise is waited for; an error is told with the line of the file.
   *
   * ```ts
   * import { stream } from '@hebb/data';
   *
   * await stream([1, 2]).map((n) => n + 1).toArray(); // [2, 3]
   * ```
   */
  map<U>(f: (element: T) => U | PromiseLike<U>): Stream<U> {
    requireFunction('map', 'f', f);
    return this.#with('map', (epoch, position) => mapReader(this.#source.open(epoch, position), f));
  }

  /**
   * The elements for which `keep` gives true (or a promise of it).
   *
   * ```ts
   * import { stream } from '@hebb/data';
   *
   * await stream([1, 2, 3]).filter((n) => n !== 2).toArray(); // [1, 3]
   * ```
   */
  filter<S extends T>(keep: (element: T) => element is S): Stream<S>;
  filter(keep: (element: T) => boolean | PromiseLike<boolean>): Stream<T>;
  filter(keep: (element: T) => boolean | PromiseLike<boolean>): Stream<T> {
    requireFunction('filter', 'keep', keep);
    return this.#with('filter', (epoch, position) => filterReader(this.#source.open(epoch, position), keep));
  }

  /**
   * The elements of what `f` makes of each: none, one or many.
   *
   * ```ts
   * import { stream } from '@hebb/data';
   *
   * await stream(['a b', 'c']).flatMap((line) => line.split(' ')).toArray(); // ['a', 'b', 'c']
   * ```
   */
  flatMap<U>(f: (element: T) => Iterable<U>): Stream<U> {
    requireFunction('flatMap', 'f', f);
    return this.#with('flatMap', (epoch, position) => flatMapReader(this.#source, f, epoch, position));
  }

  /**
   * A random order, as far as a buffer of `buffer` elements can make it: an element comes at most that many places earlier than in the source. The order
   * is a function of seed and epoch alone.
   *
   * ```ts
   * import { stream } from '@hebb/data';
   *
   * await stream([1, 2, 3, 4, 5]).shuffle({ buffer: 3, seed: 1 }).toArray(); // [1, 4, 5, 3, 2]
   * ```
   *
   * @throws DataError if `buffer` is no positive integer
   */
  shuffle(options: ShuffleOptions): Stream<T> {
    requireOptions('shuffle', options, shuffleOptions);
    const { buffer, seed = defaultGenerator.seed } = options;
    requireInteger('shuffle', 'buffer', buffer, 1);
    requireSeed('shuffle', 'seed', seed);
    return this.#with(`shuffle(buffer ${buffer}, seed ${seed})`, (epoch, position) =>
      shuffleReader(this.#source, { buffer, seed }, epoch, position),
    );
  }

  /** Reads `count` elements ahead (default 64) while something else is waited for. Batches read ahead already: this is for slow stages in front of others. */
  prefetch(count: number = 64): Stream<T> {
    requireInteger('prefetch', 'count', count, 1);
    // The order is the same with and without: no stage to be compared with a saved one.
    return new Stream(
      { type: 'prefetch', open: (epoch, position) => prefetchReader(this.#source.open(epoch, position), count) },
      this.#stages,
    );
  }

  /**
   * The first `count` elements.
   *
   * ```ts
   * import { stream } from '@hebb/data';
   *
   * await stream([1, 2, 3]).take(2).toArray(); // [1, 2]
   * ```
   */
  take(count: number): Stream<T> {
    requireInteger('take', 'count', count, 0);
    return this.#with(`take(${count})`, (epoch, position) => sliceReader(this.#source, 0, count, epoch, position));
  }

  /**
   * All but the first `count` elements.
   *
   * ```ts
   * import { stream } from '@hebb/data';
   *
   * await stream([1, 2, 3]).skip(2).toArray(); // [3]
   * ```
   */
  skip(count: number): Stream<T> {
    requireInteger('skip', 'count', count, 0);
    return this.#with(`skip(${count})`, (epoch, position) =>
      sliceReader(this.#source, count, Infinity, epoch, position),
    );
  }

  /**
   * This stream, then the others.
   *
   * ```ts
   * import { stream } from '@hebb/data';
   *
   * await stream([1]).concat(stream([2]), stream([3])).toArray(); // [1, 2, 3]
   * ```
   */
  concat(...others: readonly Stream<T>[]): Stream<T> {
    others.forEach((other, i) => requireStream('concat', `stream ${i}`, other));
    const parts: readonly Stream<T>[] = [this, ...others];
    const name = `concat(${others.map((other) => other.#stages.join(' → ')).join(', ')})`;
    return this.#with(name, (epoch, position) =>
      chainReader(
        (index) => {
          const part = parts[index];
          return part && { source: part.#source, epoch };
        },
        { isEndless: false, position },
      ),
    );
  }

  /**
   * The stream `times` times in one epoch; without a number endlessly, for training by steps. Each round is shuffled anew.
   *
   * ```ts
   * import { stream } from '@hebb/data';
   *
   * await stream([1, 2]).repeat(2).toArray(); // [1, 2, 1, 2]
   * ```
   */
  repeat(times: number = Infinity): Stream<T> {
    if (times !== Infinity) requireInteger('repeat', 'times', times, 0);
    const isEndless = times === Infinity;
    const source = this.#source;
    return this.#with(`repeat(${isEndless ? '' : times})`, (epoch, position) =>
      chainReader(
        (round) => (round < times ? { source, epoch: isEndless ? round : epoch * times + round } : undefined),
        { isEndless, position },
      ),
    );
  }

  /**
   * Parts the elements at random into train and test (and validation) parts: a draw for each element, by seed and number, so the parts are the same in every
   * epoch and their sizes are the shares about. Each part reads the whole source. Split before shuffling.
   *
   * ```ts
   * import { stream } from '@hebb/data';
   *
   * const { train, test } = stream([1, 2, 3, 4, 5, 6]).split({ test: 0.3, seed: 1 });
   * await test.toArray(); // [4, 5]
   * await train.toArray(); // [1, 2, 3, 6]
   * ```
   *
   * @throws DataError unless the shares lie between 0 and 1 and leave something for training
   */
  split(options: StreamSplitOptions & { validation: number }): StreamSplit<T> & { readonly validation: Stream<T> };
  split(options?: StreamSplitOptions): StreamSplit<T>;
  split(options: StreamSplitOptions = {}): StreamSplit<T> & { readonly validation?: Stream<T> } {
    checkOptions('split', options, splitOptions);
    const { test = 0.25, validation = 0, seed = 0 } = options;
    requireSeed('split', 'seed', seed);
    if (!(test > 0 && (validation > 0 || options.validation === undefined) && test + validation < 1)) {
      throw new DataError(
        `[split] the shares must lie between 0 and 1 and leave something for training, got test ${show(test)}, validation ${show(validation)}.`,
        { hint: 'How many elements a stream has is not known before its end: give a share, 0.1, not a number.' },
      );
    }
    const part = (name: string, low: number, high: number): Stream<T> =>
      this.#with(`${name} of split(test ${test}, validation ${validation}, seed ${seed})`, (epoch, position) =>
        shareReader(this.#source, { seed, low, high }, epoch, position),
      );
    return {
      train: part('train', test + validation, 1),
      test: part('test', 0, test),
      ...(validation > 0 && { validation: part('validation', test, test + validation) }),
    };
  }

  /**
   * Batches of `size` elements, for `fit` and for loops of your own. Elements are objects of fields, numbers, booleans, arrays of numbers, typed arrays, or `{ data,
   * shape }` for more axes; the first axis of a batch counts them. Fields of numbers become float32 unless `types` says otherwise (labels are
   * `'int32'`).
   *
   * ```ts
   * import { stream } from '@hebb/data';
   *
   * const batches = stream(function* () {
   *   for (let n = 0; n < 100; n++) yield { x: [n, n * n], y: n % 3 };
   * })
   *   .shuffle({ buffer: 20, seed: 1 })
   *   .batch(8, { types: { y: 'int32' } });
   * for await (const { x, y } of batches) y.dtype; // 'int32'
   * ```
   *
   * @throws DataError if `size` is no positive integer; while it is read, for fields that do not fit
   */
  batch(
    size: number,
    options?: Omit<BatchOptions<T, Collated<T> & ArrayBatch>, 'collate'>,
  ): BatchStream<Collated<T> & ArrayBatch>;
  batch<B extends ArrayBatch>(size: number, options: BatchOptions<T, B>): BatchStream<B>;
  batch<B extends ArrayBatch>(size: number, options: BatchOptions<T, B> = {}): BatchStream<B> {
    return new BatchStream(this.#source, this.#stages, size, options);
  }

  /** `Stream: csvStream → map`, its source and stages, as `console.log` prints it. */
  toString(): string {
    return `Stream: ${this.#stages.join(' → ')}`;
  }

  /** Reads an epoch, from a position of it on; mostly for sources of your own. */
  open(epoch: number = 0, position?: JsonValue): Reader<T> {
    requireSeed('open', 'epoch', epoch);
    return this.#source.open(epoch, position);
  }

  /** The elements of an epoch, which the order of shuffled ones depends on. A loop that is left closes the files. */
  epoch(epoch: number): AsyncGenerator<T, void, undefined> {
    requireSeed('epoch', 'epoch', epoch);
    return this.#read(epoch);
  }

  async *#read(epoch: number): AsyncGenerator<T, void, undefined> {
    const reader = this.open(epoch);
    try {
      for (;;) {
        let step = reader.next();
        if (step instanceof Promise) step = await step;
        if (step === end) return;
        yield step;
      }
    } finally {
      await reader.close();
    }
  }

  /** The elements of epoch 0. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return this.epoch(0);
  }

  /** All elements of epoch 0, in memory. */
  async toArray(): Promise<T[]> {
    const elements: T[] = [];
    for await (const element of this) elements.push(element);
    return elements;
  }

  #with<U>(stage: string, open: StreamSource<U>['open']): Stream<U> {
    return new Stream({ type: stage, open }, [...this.#stages, stage]);
  }
}

/**
 * A stream of what JavaScript iterates: an array or another iterable that can be read again and again, or a function that makes one anew for
 * each epoch, a generator function say; asynchronous ones too. Or of a {@link StreamSource} of your own, which can begin in the middle; others
 * come to a cursor by passing over what lies in front of it.
 *
 * ```ts
 * import { stream } from '@hebb/data';
 *
 * const readings = stream(async function* ({ epoch }) {
 *   for (let n = 0; n < 3; n++) yield { x: n + epoch };
 * });
 * await readings.toArray(); // [{ x: 0 }, { x: 1 }, { x: 2 }]
 * ```
 *
 * @throws DataError for an iterator, which can be read once only, and for anything else
 */
export function stream<T>(
  source: Elements<T> | ((context: { readonly epoch: number }) => Elements<T>) | StreamSource<T>,
): Stream<T> {
  if (typeof source === 'function') return new Stream(iterableSource(source));
  if (isSource(source)) return new Stream(source);
  requireRestartable(source);
  return new Stream(iterableSource(() => source));
}

function isSource<T>(source: Elements<T> | StreamSource<T>): source is StreamSource<T> {
  return typeof source === 'object' && source !== null && typeof (source as StreamSource<T>).open === 'function';
}

function requireStream(where: string, name: string, value: unknown): void {
  if (!(value instanceof Stream)) {
    throw new DataError(`[${where}] ${name} must be a stream, got ${show(value)}.`, {
      hint: 'stream(values) makes one of an iterable or a generator function.',
    });
  }
}
