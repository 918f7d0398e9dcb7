/** Datasets one after the other. */
import { requireArray } from '@hebb/tensor/arguments';
import { emptyLike, format, sizeOf, type NumericArray } from './arrays.ts';
import type { ArrayBatch } from './batches.ts';
import { isPromise, requireDataset, requireIndices, type Dataset } from './dataset.ts';
import { DataError, show } from './errors.ts';
import { Subset } from './subset.ts';

/**
 * Datasets one after the other as one. They have the same fields: names, kinds of arrays, shapes of an example.
 *
 * ```ts
 * import { ArrayDataset, concatDatasets } from '@hebb/data';
 *
 * const first = new ArrayDataset({ y: { data: Int32Array.of(0, 1), shape: [] } });
 * const second = new ArrayDataset({ y: { data: Int32Array.of(2), shape: [] } });
 * const both = concatDatasets([first, second]);
 * both.length; // 3
 * (await both.gather(Uint32Array.of(2, 0))).y.data; // Int32Array [2, 0]
 * ```
 *
 * @throws DataError for none, for a dataset with fields that do not count examples (graphs), and, when examples are gathered, for fields that differ
 */
export function concatDatasets<B extends ArrayBatch>(datasets: readonly Dataset<B>[]): Dataset<B> {
  const where = 'concatDatasets';
  requireArray(where, 'the datasets', datasets);
  const [first] = datasets;
  if (first === undefined) throw new DataError(`[${where}] expected at least one dataset.`);
  for (const dataset of datasets) {
    requireDataset(where, dataset);
    if (dataset.unaligned === undefined || dataset.unaligned.length === 0) continue;
    throw new DataError(
      `[${where}] a field that does not count examples (${dataset.unaligned.join(', ')}) cannot be put together by examples.`,
      { hint: 'Make one dataset of both lists, e.g. new GraphDataset([...first, ...second]).' },
    );
  }
  const starts: number[] = [];
  let length = 0;
  for (const dataset of datasets) {
    starts.push(length);
    length += dataset.length;
  }
  const lengths = datasets.every((dataset) => dataset.lengths !== undefined)
    ? Uint32Array.from(datasets.flatMap((dataset) => Array.from(dataset.lengths ?? [])))
    : undefined;
  const workers = Math.max(...datasets.map((dataset) => dataset.workers ?? 0));
  const joined: Dataset<B> = {
    length,
    lengths,
    workers: workers === 0 ? undefined : workers,
    gather: (indices, paddedLength) => {
      const given = requireIndices(`${where}, gather`, indices, length);
      // All parts are padded alike.
      const padded =
        paddedLength ?? (lengths && given.reduce((longest, index) => Math.max(longest, lengths[index] ?? 0), 1));
      const places = datasets.map((): number[] => []);
      given.forEach((index, place) => places[partOf(starts, index)]?.push(place));
      const asked = places.flatMap((own, part) => (own.length > 0 ? [{ part, own }] : []));
      const batches = asked.map(({ part, own }) => {
        const rows = Uint32Array.from(own, (place) => (given[place] ?? 0) - (starts[part] ?? 0));
        return (datasets[part] ?? first).gather(rows, padded);
      });
      const merge = (all: readonly B[]): B =>
        merged(
          all.map((batch, i) => ({ batch, part: asked[i]?.part ?? 0, places: asked[i]?.own ?? [] })),
          given.length,
        );
      return batches.some(isPromise)
        ? Promise.all(batches.map(async (batch) => await batch)).then(merge)
        : merge(batches as B[]);
    },
    subset: (indices) => new Subset(joined, indices),
  };
  return joined;
}

/** The last part that starts at or before that example. */
function partOf(starts: readonly number[], index: number): number {
  let part = starts.length - 1;
  while ((starts[part] ?? 0) > index) part--;
  return part;
}

interface Part<B> {
  readonly batch: B;
  /** Number of its dataset, and which examples of the whole these are. */
  readonly part: number;
  readonly places: readonly number[];
}

function merged<B extends ArrayBatch>(parts: readonly Part<B>[], count: number): B {
  const [first] = parts;
  if (first === undefined || (parts.length === 1 && first.places.every((place, i) => place === i)))
    return (first?.batch ?? {}) as B;
  const names = Object.keys(first.batch);
  return Object.fromEntries(names.map((name) => [name, mergedField(name, first, parts, count)])) as unknown as B;
}

function mergedField<B extends ArrayBatch>(
  name: string,
  first: Part<B>,
  parts: readonly Part<B>[],
  count: number,
): NumericArray {
  const model: NumericArray | undefined = first.batch[name];
  if (model === undefined) throw new DataError(`[concatDatasets] there is no field ${show(name)}.`);
  const shape = model.shape.slice(1);
  const size = sizeOf(shape);
  const data = emptyLike(model.data, count * size);
  for (const { batch, part, places } of parts) {
    const field = Object.hasOwn(batch, name) ? batch[name] : undefined;
    const kind = (array: NumericArray): string =>
      `${array.dtype ?? ''} ${format({ ...array, shape: array.shape.slice(1) })}`;
    const names = Object.keys(batch).length;
    if (field === undefined || names !== Object.keys(first.batch).length || kind(field) !== kind(model)) {
      const list = (each: ArrayBatch): string =>
        Object.entries(each)
          .map(([key, array]) => `${key}: ${kind(array).trim()}`)
          .join(', ');
      throw new DataError(
        `[concatDatasets] an example has other fields in dataset ${part} than in dataset ${first.part}: { ${list(batch)} } and { ${list(first.batch)} }.`,
        { hint: 'Make them alike first, with mapDataset.' },
      );
    }
    places.forEach((place, row) => data.set(field.data.subarray(row * size, (row + 1) * size), place * size));
  }
  return { ...model, data, shape: [count, ...shape] };
}
