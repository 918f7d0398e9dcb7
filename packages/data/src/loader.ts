/** Batches in a seeded order, as arrays or as tensors. */
import { defaultGenerator, tensor, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireFunction, type OptionNames } from '@hebb/tensor/arguments';
import { isTypedArray, type NumericArray } from './arrays.ts';
import type { Batch, Dataset, Fields } from './dataset.ts';
import { DataError, show } from './errors.ts';
import { Random, requireSeed } from './random.ts';

export interface TransformContext {
  /** Seeded by the seed, the epoch and the number of the batch: the same augmentation on every run. */
  readonly random: Random;
  readonly epoch: number;
  /** Number of the batch in its epoch, from 0. */
  readonly batch: number;
}

/** Named arrays whose first axis counts the examples. */
export type ArrayBatch = Readonly<Record<string, NumericArray>>;

export interface DataLoaderOptions<F extends Fields, B extends ArrayBatch = Batch<F>> {
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
  transform?: (batch: Batch<F>, context: TransformContext) => B;
}

const loaderOptions: OptionNames<DataLoaderOptions<Fields>> = {
  batchSize: true,
  shuffle: true,
  seed: true,
  dropLast: true,
  transform: true,
};

/** A batch as tensors: an Int32Array becomes int32, every other array float32. */
export type TensorBatch<B extends ArrayBatch = ArrayBatch> = { readonly [K in keyof B]: Tensor };

/**
 * Hands out a dataset in batches. The batches of an epoch, and with `shuffle` their order (Fisher–Yates on the {@link Random} stream `epoch`
 * of `seed`), are a function of seed and epoch alone. Every `for … of` is the next epoch, also one that is broken off; `batches(epoch)` is the
 * epoch that it says, as often as you like, and moves nothing.
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
 * for (const { x, y } of loader.batches(0)) {
 *   x.data; // the same once more, as typed arrays
 * }
 * loader.epoch; // 1: what the next for … of will be
 * ```
 */
export class DataLoader<F extends Fields, B extends ArrayBatch = Batch<F>> implements Iterable<TensorBatch<B>> {
  readonly dataset: Dataset<F>;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly dropLast: boolean;
  readonly #transform: ((batch: Batch<F>, context: TransformContext) => B) | undefined;
  #epoch = 0;

  /**
   * @throws DataError if there is no dataset, if `batchSize` is not a positive integer, if `seed` is not an integer from 0, if the dataset is
   *   empty, or if `dropLast` would leave no batch.
   */
  constructor(dataset: Dataset<F>, options: DataLoaderOptions<F, B> = {}) {
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
    this.seed = seed;
    this.dropLast = dropLast;
    this.#transform = transform;
  }

  /** Number of batches in an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
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
   * The batches of an epoch (from 0) as typed arrays with shapes, without tensors. Leaves {@link epoch} as it is.
   *
   * @throws DataError if `epoch` is not an integer from 0.
   */
  batches(epoch: number): Generator<B, void, undefined> {
    if (!Number.isSafeInteger(epoch) || epoch < 0) {
      throw new DataError(`[DataLoader.batches] the epoch must be an integer from 0, got ${show(epoch)}.`, {
        hint: 'batches(0), batches(1), … are the epochs; `for (const batch of loader)` takes the next one each time.',
      });
    }
    return this.#arraysOf(epoch);
  }

  *#arraysOf(epoch: number): Generator<B, void, undefined> {
    const order = this.order(epoch);
    for (let batch = 0; batch < this.length; batch++) {
      const arrays = this.dataset.gather(order.subarray(batch * this.batchSize, (batch + 1) * this.batchSize));
      if (this.#transform === undefined) {
        yield arrays as unknown as B; // without a transform B is Batch<F>
        continue;
      }
      const random = new Random(this.seed, (epoch + 1) * 2 ** 32 + batch);
      const changed: unknown = this.#transform(arrays, { random, epoch, batch });
      requireBatch(changed);
      yield changed as B;
    }
  }

  /** The next epoch as tensors. */
  [Symbol.iterator](): Generator<TensorBatch<B>, void, undefined> {
    return this.#tensorsOf(this.#epoch++);
  }

  *#tensorsOf(epoch: number): Generator<TensorBatch<B>, void, undefined> {
    for (const batch of this.#arraysOf(epoch)) {
      const entries = Object.entries<NumericArray>(batch);
      yield Object.fromEntries(
        entries.map(([name, { data, shape }]) => [name, tensor(data, { shape })]),
      ) as unknown as TensorBatch<B>;
    }
  }
}

function requireDataset(dataset: unknown): asserts dataset is Dataset {
  const { length, gather } = Object(dataset) as Partial<Record<keyof Dataset, unknown>>;
  if (typeof gather === 'function' && Number.isSafeInteger(length) && (length as number) >= 0) return;
  throw new DataError(`[DataLoader] expected a dataset, with a length and gather(indices), got ${show(dataset)}.`, {
    hint: 'Arrays become one with new ArrayDataset({ x: { data, shape }, y: { data, shape } }), where shape is that of one example.',
  });
}

function requireBatch(batch: unknown): void {
  const expected = 'transform must return the batch, typed arrays with shapes by name';
  if (typeof batch !== 'object' || batch === null) {
    throw new DataError(`[DataLoader] ${expected}, got ${show(batch)}.`, {
      hint: 'Return it also where the arrays are changed in place.',
    });
  }
  for (const [name, field] of Object.entries(batch)) {
    const { data, shape } = Object(field) as { data?: unknown; shape?: unknown };
    if (!isTypedArray(data) || !Array.isArray(shape))
      throw new DataError(`[DataLoader] ${expected}; '${name}' is ${show(field)}.`);
  }
}
