/** Batches in a seeded order, as arrays or as tensors. */
import { tensor, type Tensor } from '@hebb/tensor';
import type { NumericArray } from './arrays.ts';
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
  /** An integer from 0; with the epoch it determines the order, on every platform. Default 0. */
  seed?: number;
  /** Leave out the last batch if it is smaller than the others. Default `false`. */
  dropLast?: boolean;
  /** Changes a batch before it is handed out, e.g. augmentation. The arrays are its own, to be changed in place. */
  transform?: (batch: Batch<F>, context: TransformContext) => B;
}

/** A batch as tensors: an Int32Array becomes int32, every other array float32. */
export type TensorBatch<B extends ArrayBatch = ArrayBatch> = { readonly [K in keyof B]: Tensor };

/**
 * Iterates over a dataset in batches. Every `for … of` is one epoch; with `shuffle` each epoch has its own
 * permutation: Fisher–Yates on the {@link Random} stream `epoch` of `seed`.
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
 * for (const { x, y } of loader.batches()) {
 *   x.data; // the same as typed arrays, in the order of the second epoch
 * }
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
   * @throws DataError if `batchSize` is not a positive integer, if `seed` is not an integer from 0, if the dataset is
   *   empty, or if `dropLast` would leave no batch.
   */
  constructor(dataset: Dataset<F>, options: DataLoaderOptions<F, B> = {}) {
    const { batchSize = 32, shuffle = false, seed = 0, dropLast = false, transform } = options;
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new DataError(`[DataLoader] batchSize must be a positive integer, got ${show(batchSize)}.`, {
        hint: `Use e.g. { batchSize: 32 }; { batchSize: ${Math.max(1, dataset.length)} } takes the whole dataset at once.`,
      });
    }
    requireSeed('DataLoader', 'seed', seed);
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

  /** The epoch that the next iteration will be, from 0; set it to go on after a checkpoint. */
  get epoch(): number {
    return this.#epoch;
  }
  set epoch(epoch: number) {
    requireSeed('DataLoader', 'epoch', epoch);
    this.#epoch = epoch;
  }

  /** The indices of the dataset in the order of an epoch (default: the next one). */
  order(epoch: number = this.#epoch): Uint32Array {
    if (this.shuffle) return new Random(this.seed, epoch).permutation(this.dataset.length);
    return Uint32Array.from({ length: this.dataset.length }, (_, i) => i);
  }

  /** One epoch as typed arrays with shapes, without tensors. */
  *batches(): Generator<B, void, undefined> {
    const epoch = this.#epoch++;
    const order = this.order(epoch);
    for (let batch = 0; batch < this.length; batch++) {
      const arrays = this.dataset.gather(order.subarray(batch * this.batchSize, (batch + 1) * this.batchSize));
      if (this.#transform === undefined) {
        yield arrays as unknown as B; // without a transform B is Batch<F>
        continue;
      }
      const random = new Random(this.seed, (epoch + 1) * 2 ** 32 + batch);
      yield this.#transform(arrays, { random, epoch, batch });
    }
  }

  /** One epoch as tensors. */
  *[Symbol.iterator](): Generator<TensorBatch<B>, void, undefined> {
    for (const batch of this.batches()) {
      const entries = Object.entries<NumericArray>(batch);
      yield Object.fromEntries(
        entries.map(([name, { data, shape }]) => [name, tensor(data, { shape })]),
      ) as unknown as TensorBatch<B>;
    }
  }
}
