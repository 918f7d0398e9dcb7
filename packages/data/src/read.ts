/** Reading a dataset through, some examples at a time. */
import { madeAhead } from './ahead.ts';
import { emptyLike, format, whole, type NumericArray, type TypedArray } from './arrays.ts';
import { requireBatch, type ArrayBatch } from './batches.ts';
import { isPromise, requireDataset, requireGathered, type Dataset } from './dataset.ts';
import { DataError, show } from './errors.ts';

interface DatasetPart<B> {
  readonly batch: B;
  /** The first example in it, and how many there are. */
  readonly start: number;
  readonly count: number;
}

/** All examples in order; the next ones are gathered meanwhile where that is asynchronous. */
export function readInParts<B extends ArrayBatch>(
  where: string,
  dataset: Dataset<B>,
  size = 256,
): AsyncGenerator<DatasetPart<B>, void, undefined> {
  const load = (part: number): DatasetPart<B> | Promise<DatasetPart<B>> => {
    const start = part * size;
    const indices = rangeOf(start, Math.min(dataset.length, start + size));
    const checked = (batch: B): DatasetPart<B> => {
      requireGathered(where, batch, indices.length, dataset.unaligned);
      return { batch, start, count: indices.length };
    };
    const batch = dataset.gather(indices);
    return isPromise(batch) ? batch.then(checked) : checked(batch);
  };
  const options = { workers: dataset.workers ?? 1, prefetch: undefined };
  return madeAhead(0, Math.ceil(dataset.length / size), load, options);
}

function rangeOf(start: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - start }, (_, i) => start + i);
}

/**
 * One field of all examples, e.g. the labels, to split by or to count. The other fields are gathered, too, and forgotten, some examples at a time.
 *
 * ```ts
 * import { ArrayDataset, mapDataset, readField, stratifiedSplit } from '@hebb/data';
 *
 * const arrays = new ArrayDataset({ y: { data: Int32Array.of(0, 0, 0, 1, 1, 1), shape: [] } });
 * const later = mapDataset(arrays, async (batch) => batch); // asynchronous
 * const labels = await readField(later, 'y');
 * labels.data; // Int32Array [0, 0, 0, 1, 1, 1]
 * const { train, test } = stratifiedSplit(later, { by: labels.data, test: 1 / 3 });
 * test.length; // 2
 * ```
 *
 * @throws DataError if there is no such field, or if its examples have several shapes
 */
export async function readField<B extends ArrayBatch, K extends keyof B & string>(
  dataset: Dataset<B>,
  name: K,
): Promise<NumericArray<B[K]['data']>> {
  requireDataset('readField', dataset);
  const joiner = new FieldJoiner('readField', dataset, name);
  for await (const { batch, start } of readInParts('readField', dataset)) joiner.add(batch, start);
  return joiner.whole;
}

/** One field of all examples of a dataset that gathers at once; undefined where it is asynchronous. */
export function readFieldAtOnce(where: string, dataset: Dataset, name: string): NumericArray | undefined {
  const joiner = new FieldJoiner(where, dataset, name);
  const size = 256;
  for (let start = 0; start < dataset.length; start += size) {
    const batch = dataset.gather(rangeOf(start, Math.min(dataset.length, start + size)));
    if (isPromise(batch)) {
      batch.catch(() => undefined); // nobody will wait for it
      return undefined;
    }
    joiner.add(batch, start);
  }
  return joiner.whole;
}

class FieldJoiner {
  readonly #where: string;
  readonly #length: number;
  readonly #name: string;
  #data: TypedArray | undefined;
  #first: NumericArray | undefined;
  #filled = 0;

  constructor(where: string, dataset: Dataset, name: string) {
    this.#where = where;
    this.#length = dataset.length;
    this.#name = name;
    if (dataset.unaligned?.includes(name) === true)
      throw new DataError(`[${where}] the first axis of field '${name}' does not count examples.`);
  }

  add(batch: ArrayBatch, start: number): void {
    requireBatch(`[${this.#where}] gather(indices) of the dataset must return typed arrays with shapes by name`, batch);
    const field = Object.hasOwn(batch, this.#name) ? batch[this.#name] : undefined;
    if (field === undefined) {
      const names = Object.keys(batch).join(', ') || 'none';
      throw new DataError(`[${this.#where}] there is no field ${show(this.#name)}; there are ${names}.`);
    }
    this.#first ??= field;
    const [count = 0, ...shape] = field.shape;
    const size = count === 0 ? 0 : field.data.length / count;
    if (shape.join() !== this.#first.shape.slice(1).join() || field.data.constructor !== this.#first.data.constructor) {
      throw new DataError(
        `[${this.#where}] the examples of field '${this.#name}' have several shapes: ${format(this.#first)} at the beginning, ${format(field)} from example ${start} on.`,
        { hint: 'Fields of varying length are not one array.' },
      );
    }
    this.#data ??= emptyLike(field.data, this.#length * size);
    this.#data.set(field.data, this.#filled);
    this.#filled += field.data.length;
  }

  get whole(): NumericArray {
    const first = this.#first;
    if (first === undefined || this.#data === undefined)
      throw new DataError(`[${this.#where}] the dataset is empty: it has no field ${show(this.#name)}.`);
    return whole({ ...first, data: this.#data, shape: [this.#length, ...first.shape.slice(1)] });
  }
}
