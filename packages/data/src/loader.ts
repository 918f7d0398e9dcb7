/** Batches in a seeded order, as arrays or as tensors. */
import { defaultGenerator } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireFunction, type OptionNames } from '@hebb/tensor/arguments';
import {
  requireBatch,
  requireCursor,
  toTensors,
  type ArrayBatch,
  type Batches,
  type Cursor,
  type JsonValue,
  type LoadedBatch,
  type TensorBatch,
} from './batches.ts';
import type { Dataset } from './dataset.ts';
import { DataError, show } from './errors.ts';
import { Random, requireSeed } from './random.ts';

export interface TransformContext {
  /** Seeded by the seed, the epoch and the number of the batch: the same augmentation on every run. */
  readonly random: Random;
  readonly epoch: number;
  /** Number of the batch in its epoch, from 0. */
  readonly batch: number;
}

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
}

const loaderOptions: OptionNames<DataLoaderOptions<ArrayBatch>> = {
  batchSize: true,
  shuffle: true,
  seed: true,
  dropLast: true,
  transform: true,
};

/** What the order of a loader depends on. */
export type LoaderState = {
  readonly exampleCount: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly shuffle: boolean;
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
  implements Batches<T>, Iterable<TensorBatch<T>>, AsyncIterable<TensorBatch<T>>
{
  readonly dataset: Dataset<B>;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly #transform: ((batch: B, context: TransformContext) => T) | undefined;
  #seed: number;
  #epoch = 0;

  /**
   * @throws DataError if there is no dataset, if `batchSize` is not a positive integer, if `seed` is not an integer from 0, if the dataset is
   *   empty, or if `dropLast` would leave no batch.
   */
  constructor(dataset: Dataset<B>, options: DataLoaderOptions<B, T> = {}) {
    checkOptions('DataLoader', options, loaderOptions);
    requireDataset(dataset);
    const { batchSize = 32, shuffle = false, seed = defaultGenerator.seed, dropLast = false, transform } = options;
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new DataError(`[DataLoader] batchSize must be a positive integer, got ${show(batchSize)}.`, {
        hint: `Use e.g. { batchSize: 32 }; { batchSize: ${Math.max(1, dataset.length)} } takes the whole dataset at once.`,
      });
    }
    requireSeed('DataLoader', 'seed', seed);
    requireBoolean('DataLoader', 'shuffle', shuffle);
    requireBoolean('DataLoader', 'dropLast', dropLast);
    if (transform !== undefined) requireFunction('DataLoader', 'transform', transform);
    if (dataset.length === 0) throw new DataError('[DataLoader] the dataset is empty.');
    if (dropLast && dataset.length < batchSize) {
      throw new DataError(
        `[DataLoader] dropLast leaves no batch: the dataset has ${dataset.length} examples, batchSize is ${batchSize}.`,
        { hint: `Use { batchSize: ${dataset.length} } or less, or dropLast: false.` },
      );
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.#seed = seed;
    this.#transform = transform;
  }

  /** Number of batches in an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** Number of examples in an epoch: those of the dataset, without the ones that `dropLast` leaves out. */
  get exampleCount(): number {
    return this.dropLast ? this.length * this.batchSize : this.dataset.length;
  }

  get seed(): number {
    return this.#seed;
  }

  /**
   * The epoch with which the next `for … of` and `fit` begin, from 0. A `for … of` moves it on as it begins; nothing else does. Set it to go on
   * after a checkpoint.
   */
  get epoch(): number {
    return this.#epoch;
  }
  set epoch(epoch: number) {
    requireSeed('DataLoader', 'epoch', epoch);
    this.#epoch = epoch;
  }

  /** The indices of the dataset in the order of an epoch (default: the next one). */
  order(epoch: number = this.#epoch): Uint32Array {
    requireSeed('DataLoader', 'epoch', epoch);
    if (this.shuffle) return new Random(this.seed, epoch).permutation(this.dataset.length);
    return Uint32Array.from({ length: this.dataset.length }, (_, i) => i);
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
    const order = this.order(epoch);
    const { length } = this;
    for (let batch = start; batch < length; batch++) {
      const indices = this.#indices(order, batch);
      const arrays = this.#finish(await this.dataset.gather(indices), { epoch, batch, count: indices.length });
      const next = batch + 1 < length ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 };
      yield { batch: arrays, count: indices.length, next };
    }
  }

  /** The next epoch as tensors, where the dataset gives its batches at once. */
  [Symbol.iterator](): Generator<TensorBatch<T>, void, undefined> {
    return this.#tensors(this.#epoch++);
  }

  /** The next epoch as tensors. */
  [Symbol.asyncIterator](): AsyncGenerator<TensorBatch<T>, void, undefined> {
    return this.#tensorsLater(this.#epoch++);
  }

  /** What the order depends on, as JSON. */
  stateDict(): LoaderState {
    return {
      exampleCount: this.dataset.length,
      batchSize: this.batchSize,
      dropLast: this.dropLast,
      shuffle: this.shuffle,
      seed: this.#seed,
      epoch: this.#epoch,
    };
  }

  /** Takes over seed and epoch. @throws DataError that lists the {@link differences}, changing nothing, where there are any. */
  loadStateDict(state: JsonValue): void {
    const differences = this.differences(state);
    if (differences.length > 0) {
      throw new DataError('[DataLoader] the state is that of another loader:', {
        problems: differences.map((message) => ({ message })),
        hint: 'Make the loader as it was made then, of the same data.',
      });
    }
    const { seed, epoch } = state as LoaderState;
    this.#seed = seed;
    this.#epoch = epoch;
  }

  /** Every reason why a cursor of the loader with that state means nothing here, in words; none where it fits. */
  differences(state: JsonValue): readonly string[] {
    if (typeof state !== 'object' || state === null || Array.isArray(state))
      return [`expected the state of a DataLoader, got ${show(state)}`];
    const saved = state as Readonly<Record<string, JsonValue>>;
    const own = this.stateDict();
    const found: string[] = [];
    if (saved['exampleCount'] !== own.exampleCount)
      found.push(`its dataset had ${show(saved['exampleCount'])} examples, this one has ${own.exampleCount}`);
    for (const name of ['batchSize', 'dropLast', 'shuffle'] as const)
      if (saved[name] !== own[name]) found.push(`its ${name} was ${show(saved[name])}, here it is ${own[name]}`);
    for (const name of ['seed', 'epoch'] as const)
      if (!Number.isSafeInteger(saved[name]) || (saved[name] as number) < 0)
        found.push(`its ${name} must be an integer from 0, it is ${show(saved[name])}`);
    return found;
  }

  *#tensors(epoch: number): Generator<TensorBatch<T>, void, undefined> {
    const order = this.order(epoch);
    for (let batch = 0; batch < this.length; batch++) {
      const indices = this.#indices(order, batch);
      const arrays = this.dataset.gather(indices);
      if (arrays instanceof Promise) {
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

  #indices(order: Uint32Array, batch: number): Uint32Array {
    return order.slice(batch * this.batchSize, (batch + 1) * this.batchSize);
  }

  /** What was gathered, checked and transformed. */
  #finish(gathered: B, { epoch, batch, count }: { epoch: number; batch: number; count: number }): T {
    requireGathered(gathered, count);
    if (this.#transform === undefined) return gathered as unknown as T; // without a transform T is B
    const random = new Random(this.seed, (epoch + 1) * 2 ** 32 + batch);
    const changed: unknown = this.#transform(gathered, { random, epoch, batch });
    const expected = '[DataLoader] transform must return the batch, typed arrays with shapes by name';
    requireBatch(expected, changed, 'Return it also where the arrays are changed in place.');
    return changed as T;
  }
}

function requireDataset(dataset: unknown): asserts dataset is Dataset {
  const { length, gather } = Object(dataset) as Partial<Record<keyof Dataset, unknown>>;
  if (typeof gather === 'function' && Number.isSafeInteger(length) && (length as number) >= 0) return;
  throw new DataError(`[DataLoader] expected a dataset, with a length and gather(indices), got ${show(dataset)}.`, {
    hint: 'Arrays become one with new ArrayDataset({ x: { data, shape }, y: { data, shape } }), where shape is that of one example.',
  });
}

/** Throws DataError unless every field holds as many examples as were asked for. */
function requireGathered(batch: unknown, count: number): void {
  requireBatch('[DataLoader] gather(indices) of the dataset must return typed arrays with shapes by name', batch);
  for (const [name, { shape }] of Object.entries(batch)) {
    if (shape[0] === count) continue;
    throw new DataError(
      `[DataLoader] the dataset was asked for ${count} examples, and its field '${name}' has the shape [${shape.join(', ')}].`,
      { hint: 'gather(indices) must return one example for each index: the first axis of every field counts them.' },
    );
  }
}
