/** Datasets made of others: changed, with the fields of two, or with some of their examples only. */
import { checkOptions, listOf, requireFunction, requireString, type OptionNames } from '@hebb/tensor/arguments';
import { sizeOf, type NumericArray } from './arrays.ts';
import { requireBatch, type ArrayBatch } from './batches.ts';
import { isPromise, requireDataset, type Dataset } from './dataset.ts';
import { DataError, show } from './errors.ts';
import { readInParts } from './read.ts';
import { Subset } from './subset.ts';

export interface MapDatasetOptions {
  /** Fields of what `change` returns whose first axis does not count examples. Default: those of the dataset. */
  unaligned?: readonly string[];
}

const mapOptions: OptionNames<MapDatasetOptions> = { unaligned: listOf(requireString) };

/**
 * The same examples, each batch changed by a function as it is gathered: scaled, decoded, renamed. The same for the same examples; what is to differ from epoch
 * to epoch belongs into the `transform` of a `DataLoader`, which has a seeded generator.
 *
 * ```ts
 * import { ArrayDataset, mapDataset } from '@hebb/data';
 *
 * const bytes = new ArrayDataset({ pixels: { data: Uint8Array.of(0, 51, 255), shape: [] } });
 * const scaled = mapDataset(bytes, ({ pixels }) => ({ x: { ...pixels, data: Float32Array.from(pixels.data, (p) => p / 255) } }));
 * (await scaled.gather(Uint32Array.of(1))).x.data; // Float32Array [0.2]
 * ```
 *
 * @param change gets the batch (its arrays are its own, to be changed in place) and returns the new one, or a promise of it
 * @throws DataError when examples are gathered, if `change` returns anything else
 */
export function mapDataset<B extends ArrayBatch, T extends ArrayBatch>(
  dataset: Dataset<B>,
  change: (batch: B) => T | Promise<T>,
  options: MapDatasetOptions = {},
): Dataset<T> {
  checkOptions('mapDataset', options, mapOptions);
  requireDataset('mapDataset', dataset);
  requireFunction('mapDataset', 'the change', change);
  const changed = (batch: B): T | Promise<T> => {
    const result = change(batch);
    return isPromise(result) ? result.then(checked) : checked(result);
  };
  const mapped: Dataset<T> = {
    length: dataset.length,
    lengths: dataset.lengths,
    unaligned: options.unaligned ?? dataset.unaligned,
    workers: dataset.workers,
    gather: (indices, paddedLength) => {
      const batch = dataset.gather(indices, paddedLength);
      return isPromise(batch) ? batch.then(changed) : changed(batch);
    },
    subset: (indices) => new Subset(mapped, indices),
  };
  return mapped;
}

function checked<T extends ArrayBatch>(batch: T): T {
  const expected = '[mapDataset] the function must return the batch, typed arrays with shapes by name';
  requireBatch(expected, batch, 'Return it also where the arrays are changed in place.');
  return batch;
}

/**
 * The fields of two datasets for the same examples, e.g. images from files and labels in memory. Both hold equally many examples; no field has the same name in
 * both.
 *
 * ```ts
 * import { ArrayDataset, zipDatasets } from '@hebb/data';
 *
 * const x = new ArrayDataset({ x: { data: Float32Array.of(0.5, 0.7), shape: [] } });
 * const y = new ArrayDataset({ y: { data: Int32Array.of(1, 0), shape: [] } });
 * Object.keys(await zipDatasets(x, y).gather(Uint32Array.of(1))); // ['x', 'y']
 * ```
 *
 * @throws DataError for other numbers of examples, and, when examples are gathered, for a field that both have
 */
export function zipDatasets<A extends ArrayBatch, B extends ArrayBatch>(
  first: Dataset<A>,
  second: Dataset<B>,
): Dataset<A & B> {
  requireDataset('zipDatasets', first);
  requireDataset('zipDatasets', second);
  if (first.length !== second.length) {
    throw new DataError(
      `[zipDatasets] the datasets must hold equally many examples, got ${first.length} and ${second.length}.`,
    );
  }
  const both = ([a, b]: readonly [A, B]): A & B => {
    const twice = Object.keys(a).filter((name) => Object.hasOwn(b, name));
    if (twice.length === 0) return { ...a, ...b };
    throw new DataError(`[zipDatasets] both datasets have the field ${twice.map(show).join(', ')}.`, {
      hint: 'Rename it in one of them, with mapDataset.',
    });
  };
  const [a, b] = [first.lengths, second.lengths];
  const lengths = a && b ? Uint32Array.from(a, (length, i) => Math.max(length, b[i] ?? 0)) : (a ?? b);
  const unaligned = [...(first.unaligned ?? []), ...(second.unaligned ?? [])];
  const workers = Math.max(first.workers ?? 0, second.workers ?? 0);
  const zipped: Dataset<A & B> = {
    length: first.length,
    lengths,
    unaligned,
    workers: workers === 0 ? undefined : workers,
    gather: (indices, paddedLength) => {
      const [left, right] = [first.gather(indices, paddedLength), second.gather(indices, paddedLength)];
      return isPromise(left) || isPromise(right) ? Promise.all([left, right]).then(both) : both([left, right]);
    },
    subset: (indices) => new Subset(zipped, indices),
  };
  return zipped;
}

/**
 * The examples of which `keep` says so, as a subset. All examples are read once, some at a time.
 *
 * ```ts
 * import { ArrayDataset, filterDataset } from '@hebb/data';
 *
 * const dataset = new ArrayDataset({ y: { data: Int32Array.of(5, 6, 7, 8), shape: [] } });
 * const even = await filterDataset(dataset, ({ y }) => y.data[0] % 2 === 0);
 * even.length; // 2
 * ```
 *
 * @param keep gets one example, a batch of one (every shape begins with 1), and its index
 * @throws DataError if `keep` returns anything but true or false
 */
export async function filterDataset<B extends ArrayBatch>(
  dataset: Dataset<B>,
  keep: (example: B, index: number) => boolean,
): Promise<Dataset<B>> {
  requireDataset('filterDataset', dataset);
  requireFunction('filterDataset', 'the condition', keep);
  const kept: number[] = [];
  const isAligned = dataset.unaligned === undefined || dataset.unaligned.length === 0;
  for await (const { batch, start, count } of readInParts<B>('filterDataset', dataset, isAligned ? undefined : 1)) {
    for (let i = 0; i < count; i++) {
      const result: unknown = keep(count === 1 ? batch : exampleOf(batch, i), start + i);
      if (typeof result !== 'boolean') {
        throw new DataError(
          `[filterDataset] the condition must return true or false, got ${show(result)} for example ${start + i}.`,
          {
            hint: 'Compare: ({ y }) => y.data[0] === 3.',
          },
        );
      }
      if (result) kept.push(start + i);
    }
  }
  return dataset.subset(kept);
}

function exampleOf<B extends ArrayBatch>(batch: B, i: number): B {
  return Object.fromEntries(
    Object.entries<NumericArray>(batch).map(([name, array]) => {
      const shape = [1, ...array.shape.slice(1)];
      const size = sizeOf(shape);
      return [name, { ...array, data: array.data.subarray(i * size, (i + 1) * size), shape }];
    }),
  ) as unknown as B;
}
