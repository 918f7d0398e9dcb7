/** A part of any dataset. */
import type { ArrayBatch } from './batches.ts';
import { requireDataset, requireIndices, type Dataset } from './dataset.ts';

/**
 * Some examples of a dataset, in an order of their own: what `subset` of a dataset of your own returns. It holds indices only.
 *
 * ```ts
 * import { ArrayDataset, Subset } from '@hebb/data';
 *
 * const dataset = new ArrayDataset({ y: { data: Int32Array.of(5, 6, 7, 8), shape: [] } });
 * const odd = new Subset(dataset, [3, 1]);
 * (await odd.gather(Uint32Array.of(0, 1))).y.data; // Int32Array [8, 6]
 * ```
 */
export class Subset<B extends ArrayBatch = ArrayBatch> implements Dataset<B> {
  readonly length: number;
  readonly #dataset: Dataset<B>;
  readonly #indices: Uint32Array;
  #lengths: ArrayLike<number> | undefined;

  /** @throws DataError for what is no dataset, and for an index that is not one of its examples */
  constructor(dataset: Dataset<B>, indices: ArrayLike<number>) {
    requireDataset('Subset', dataset);
    this.#dataset = dataset;
    this.#indices = requireIndices('Subset', indices, dataset.length);
    this.length = this.#indices.length;
  }

  gather(indices: ArrayLike<number>, paddedLength?: number): B | Promise<B> {
    return this.#dataset.gather(this.#rows('Subset.gather', indices), paddedLength);
  }

  subset(indices: ArrayLike<number>): Subset<B> {
    return new Subset(this.#dataset, this.#rows('Subset.subset', indices));
  }

  get lengths(): ArrayLike<number> | undefined {
    const { lengths } = this.#dataset;
    if (lengths === undefined) return undefined;
    return (this.#lengths ??= Uint32Array.from(this.#indices, (index) => lengths[index] ?? 0));
  }

  get unaligned(): readonly string[] | undefined {
    return this.#dataset.unaligned;
  }

  get workers(): number | undefined {
    return this.#dataset.workers;
  }

  #rows(where: string, indices: ArrayLike<number>): Uint32Array {
    return requireIndices(where, indices, this.length).map((index) => this.#indices[index] ?? 0);
  }
}
