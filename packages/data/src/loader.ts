/** Batches in a seeded order, as arrays or as tensors. */
import { defaultGenerator } from '@hebb/tensor';
import {
  checkOptions,
  requireBoolean,
  requireFittingState,
  requireInteger,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { madeAhead } from './ahead.ts';
import { commonBatchOptions, contextOf, requireTransformed, type TransformContext } from './batch-options.ts';
import {
  requireCursor,
  toTensors,
  type ArrayBatch,
  type Batches,
  type Cursor,
  type LoadedBatch,
  type TensorBatch,
} from './batches.ts';
import { isPromise, requireDataset, requireGathered, type Dataset } from './dataset.ts';
import { Buckets, type PlannedBatch } from './buckets.ts';
import { Epochs } from './epochs.ts';
import { DataError, show } from './errors.ts';
import { count, printable } from './print.ts';
import { Random, requireSeed } from './random.ts';
import { stateDifferences } from './state.ts';

export interface DataLoaderOptions<B extends ArrayBatch, T extends ArrayBatch = B> {
  /** Examples per batch, a positive integer. Default 32. */
  batchSize?: number;
  /** A fresh order in every epoch. Default `false`: the order of the dataset. */
  shuffle?: boolean;
  /**
   * An integer from 0; with the epoch it determines the order and what `transform` draws, on every platform. Default: the seed of the
   * default generator when the loader is made, which `manualSeed` sets.
   */
  seed?: number;
  /** Leave out the last batch if it is smaller than the others. Default `false`. */
  dropLast?: boolean;
  /** Changes a batch before it is handed out, e.g. augmentation. The arrays are its own, to be changed in place. */
  transform?: (batch: B, context: TransformContext) => T;
  /**
   * Batches of examples of similar length: the greatest length of each bucket, ascending. A batch takes its examples from one bucket and is padded to the
   * bucket's length, so that there are as many shapes as buckets (each is compiled once) and little padding. For datasets with `lengths`.
   */
  buckets?: readonly number[];
  /**
   * How many batches the dataset is asked for at once, where its `gather` is asynchronous. The order of the batches, and what they hold, is the same for
   * any number. 0: a batch is gathered when it is asked for, and not before. Default: what the dataset says (`workers`), or 1.
   */
  workers?: number;
  /**
   * How many batches are prepared before they are asked for. Default: twice as many as `workers` where `gather` is asynchronous, else 0: what happens at once
   * gains nothing by happening earlier.
   */
  prefetch?: number;
}

const loaderOptions: OptionNames<DataLoaderOptions<ArrayBatch>> = {
  ...commonBatchOptions,
  batchSize: true,
  shuffle: requireBoolean,
  buckets: true,
  workers: true,
  prefetch: true,
};

/** What the order of a loader depends on. */
export type LoaderState = {
  readonly exampleCount: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly shuffle: boolean;
  readonly buckets?: readonly number[];
  readonly seed: number;
  /** The next epoch of its `for … of`. */
  readonly epoch: number;
};

/**
 * Hands out a dataset in batches. The batches of an epoch, and with `shuffle` their order (Fisher–Yates on the {@link Random} stream `epoch`
 * of `seed`), are a function of seed and epoch alone. Every `for … of` is the next epoch, also one that is broken off; `batches(cursor)` begins at any
 * batch of any epoch, as often as you like, and moves nothing.
 *
 * ```ts
 * import { ArrayDataset, DataLoader } from '@hebb/data';
 *
 * const dataset = new ArrayDataset({
 *   x: { data: Float32Array.of(0, 1, 2, 3, 4, 5), shape: [2] },
 *   y: { data: Int32Array.of(0, 1, 0), shape: [] },
 * });
 * const loader = new DataLoader(dataset, { batchSize: 2, shuffle: true, seed: 1 });
 * loader.length; // 2 batches
 * for (const { x, y } of loader) {
 *   x.shape; // [2, 2], then [1, 2]: tensors
 * }
 * for await (const { batch, count, next } of loader.batches({ epoch: 0, batch: 1 })) {
 *   batch.x.data; // the second batch of the first epoch once more, as typed arrays
 *   count; // 1 example
 *   next; // { epoch: 1, batch: 0 }: where to go on
 * }
 * loader.epoch; // 1: what the next for … of will be
 * ```
 *
 * A dataset whose `gather` is asynchronous is read with `for await (const { x, y } of loader)`.
 */
export class DataLoader<B extends ArrayBatch = ArrayBatch, T extends ArrayBatch = B>
  extends Epochs
  implements Batches<T>, Iterable<TensorBatch<T>>, AsyncIterable<TensorBatch<T>>
{
  static readonly type: string = 'DataLoader';
  readonly dataset: Dataset<B>;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly workers: number;
  readonly #transform: ((batch: B, context: TransformContext) => T) | undefined;
  readonly #buckets: Buckets | undefined;
  readonly #prefetch: number | undefined;
  readonly #options: DataLoaderOptions<B, T>;
  /** Batches and examples of an epoch. */
  readonly #count: { readonly batches: number; readonly examples: number };

  /**
   * @throws DataError if there is no dataset, if `batchSize` is not a positive integer, if `seed` is not an integer from 0, if the dataset is
   *   empty, if `dropLast` would leave no batch, or if an example fits in no bucket.
   */
  constructor(dataset: Dataset<B>, options: DataLoaderOptions<B, T> = {}) {
    checkOptions('DataLoader', options, loaderOptions);
    requireDataset('DataLoader', dataset);
    const { batchSize = 32, shuffle = false, seed = defaultGenerator.seed, dropLast = false, transform } = options;
    super('DataLoader', seed);
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new DataError(`[DataLoader] batchSize must be a positive integer, got ${show(batchSize)}.`, {
        hint: `Use e.g. { batchSize: 32 }; { batchSize: ${Math.max(1, dataset.length)} } takes the whole dataset at once.`,
      });
    }
    if (dataset.length === 0) throw new DataError('[DataLoader] the dataset is empty.');
    const { workers = dataset.workers ?? 1, prefetch } = options;
    requireInteger('DataLoader', 'workers', workers, 0);
    if (prefetch !== undefined) requireInteger('DataLoader', 'prefetch', prefetch, 0);
    if (workers === 0 && prefetch !== undefined && prefetch > 0) {
      throw new DataError(`[DataLoader] with 0 workers nobody prepares the ${prefetch} batches of prefetch.`, {
        hint: 'Use { workers: 1 } or more, or leave one of the two out.',
      });
    }
    this.#buckets =
      options.buckets === undefined
        ? undefined
        : new Buckets('DataLoader', options.buckets, dataset.lengths, dataset.length);
    this.#count = this.#buckets?.count(batchSize, dropLast) ?? countOf(dataset.length, batchSize, dropLast);
    if (this.#count.batches === 0) {
      const inBuckets = this.#buckets === undefined ? '' : ` in ${this.#buckets.bounds.length} buckets`;
      throw new DataError(
        `[DataLoader] dropLast leaves no batch: the dataset has ${dataset.length} examples${inBuckets}, batchSize is ${batchSize}.`,
        { hint: 'Use a smaller batchSize, or dropLast: false.' },
      );
    }
    this.#options = { ...options, seed };
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.workers = workers;
    this.#transform = transform;
    this.#prefetch = workers === 0 ? 0 : prefetch;
    printable(this);
  }

  /** Number of batches in an epoch. */
  get length(): number {
    return this.#count.batches;
  }

  /** Number of examples in an epoch: those of the dataset, without the ones that `dropLast` leaves out. */
  get exampleCount(): number {
    return this.#count.examples;
  }

  /** The greatest length of each bucket, where there are any. */
  get buckets(): readonly number[] | undefined {
    return this.#buckets?.bounds;
  }

  /**
   * A loader of the same batches in the order of the dataset, with the last one however small it is: what evaluation reads. With `buckets` their
   * order stays, by bucket.
   */
  inOrder(): DataLoader<B, T> {
    return new DataLoader(this.dataset, { ...this.#options, seed: this.seed, shuffle: false, dropLast: false });
  }

  /** The indices of the dataset in the order of an epoch (default: the next one), those included that `dropLast` leaves out. */
  order(epoch: number = this.epoch): Uint32Array {
    requireSeed('DataLoader', 'epoch', epoch);
    if (this.#buckets === undefined) return this.#examples(epoch).order;
    const whole = Uint32Array.from({ length: this.dataset.length }, (_, i) => i);
    const planned = this.#plan(epoch).flatMap(({ indices }) => [...indices]);
    const taken = new Set(planned);
    return Uint32Array.from([...planned, ...whole.filter((index) => !taken.has(index))]);
  }

  /**
   * The batches from a cursor to the end of its epoch as typed arrays with shapes, without tensors. Leaves {@link epoch} as it is.
   *
   * @throws DataError if that is not a place in an epoch of this loader.
   */
  batches(from: Cursor = { epoch: 0, batch: 0 }): AsyncGenerator<LoadedBatch<T>, void, undefined> {
    requireCursor('DataLoader.batches', from, this.length);
    return this.#load(from);
  }

  async *#load({ epoch, batch: start }: Cursor): AsyncGenerator<LoadedBatch<T>, void, undefined> {
    const planned = this.#plan(epoch);
    const { length } = planned;
    const load = (batch: number): LoadedBatch<T> | Promise<LoadedBatch<T>> => {
      const { indices, paddedLength } = planned[batch] ?? noBatch;
      const next = batch + 1 < length ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 };
      const count = indices.length;
      const finish = (gathered: B): LoadedBatch<T> => {
        return { batch: this.#finish(gathered, { epoch, batch, count }), count, next };
      };
      const gathered = this.dataset.gather(indices, paddedLength);
      return isPromise(gathered) ? gathered.then(finish) : finish(gathered);
    };
    yield* madeAhead(start, length, load, { workers: this.workers, prefetch: this.#prefetch });
  }

  /** The next epoch as tensors, where the dataset gives its batches at once. */
  [Symbol.iterator](): Generator<TensorBatch<T>, void, undefined> {
    return this.#tensors(this.begin());
  }

  /** The next epoch as tensors. */
  [Symbol.asyncIterator](): AsyncGenerator<TensorBatch<T>, void, undefined> {
    return this.#tensorsLater(this.begin());
  }

  /** `DataLoader of 10 examples, 3 batches of 4, shuffled with seed 1`, as `console.log` prints it. */
  override toString(): string {
    const { dropLast, shuffle, buckets, seed, dataset } = this;
    const parts = [
      `DataLoader of ${count(dataset.length, 'example')}`,
      `${count(this.length, 'batch')} of ${this.batchSize}`,
      ...(dropLast ? ['without a smaller last one'] : []),
      ...(buckets === undefined ? [] : [`in buckets up to ${buckets.join(', ')}`]),
      shuffle ? `shuffled with seed ${seed}` : 'in order',
    ];
    return parts.join(', ');
  }

  /** What the order depends on, as JSON. */
  stateDict(): LoaderState {
    return {
      exampleCount: this.dataset.length,
      batchSize: this.batchSize,
      dropLast: this.dropLast,
      shuffle: this.shuffle,
      ...(this.buckets !== undefined && { buckets: this.buckets }),
      seed: this.seed,
      epoch: this.epoch,
    };
  }

  /** Takes over seed and epoch. @throws ArgumentError that lists the {@link differences}, changing nothing, where there are any. */
  loadStateDict(state: LoaderState): void {
    requireFittingState(
      'DataLoader',
      this.differences(state),
      'Make the loader as it was made then, of the same data.',
    );
    this.continueFrom(state);
  }

  /** Every reason why a cursor of the loader with that state means nothing here, in words; none where it fits. */
  differences(state: unknown): readonly string[] {
    const own = this.stateDict();
    return stateDifferences(
      'DataLoader',
      state,
      own,
      ['batchSize', 'dropLast', 'shuffle'],
      ({ exampleCount, buckets }) => {
        const found: string[] = [];
        if (exampleCount !== own.exampleCount)
          found.push(`its dataset had ${show(exampleCount)} examples, this one has ${own.exampleCount}`);
        const [before, here] = [JSON.stringify(buckets) ?? 'none', JSON.stringify(own.buckets) ?? 'none'];
        if (before !== here) found.push(`its buckets were ${before}, here they are ${here}`);
        return found;
      },
    );
  }

  *#tensors(epoch: number): Generator<TensorBatch<T>, void, undefined> {
    for (const [batch, { indices, paddedLength }] of this.#plan(epoch).entries()) {
      const arrays = this.dataset.gather(indices, paddedLength);
      if (isPromise(arrays)) {
        arrays.catch(() => undefined); // nobody will wait for it
        throw new DataError('[DataLoader] the dataset is asynchronous: its gather returns a promise.', {
          hint: 'for await (const { x, y } of loader) waits for each batch.',
        });
      }
      yield toTensors(this.#finish(arrays, { epoch, batch, count: indices.length }));
    }
  }

  async *#tensorsLater(epoch: number): AsyncGenerator<TensorBatch<T>, void, undefined> {
    for await (const { batch } of this.#load({ epoch, batch: 0 })) yield toTensors(batch);
  }

  /** The order of an epoch, and the generator that drew it. */
  #examples(epoch: number): { order: Uint32Array; random: Random | undefined } {
    const { length } = this.dataset;
    if (!this.shuffle) return { order: Uint32Array.from({ length }, (_, i) => i), random: undefined };
    const random = new Random(this.seed, epoch);
    return { order: random.permutation(length), random };
  }

  /** The batches of an epoch. */
  #plan(epoch: number): readonly PlannedBatch[] {
    const { order, random } = this.#examples(epoch);
    if (this.#buckets !== undefined) return this.#buckets.plan(order, this.batchSize, this.dropLast, random);
    return Array.from({ length: this.length }, (_, batch) => ({
      indices: order.slice(batch * this.batchSize, (batch + 1) * this.batchSize),
    }));
  }

  /** What was gathered, checked and transformed. */
  #finish(gathered: B, { epoch, batch, count }: { epoch: number; batch: number; count: number }): T {
    requireGathered('DataLoader', gathered, count, this.dataset.unaligned);
    if (this.#transform === undefined) return gathered as unknown as T; // without a transform T is B
    const changed: unknown = this.#transform(gathered, contextOf(this.seed, epoch, batch));
    requireTransformed('DataLoader', changed);
    return changed as T;
  }
}

const noBatch: PlannedBatch = { indices: new Uint32Array(0) };

function countOf(length: number, batchSize: number, dropLast: boolean): { batches: number; examples: number } {
  const batches = dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
  return { batches, examples: dropLast ? batches * batchSize : length };
}
