/** Examples of IDX files, read from disk as they are asked for. */
import { requirePlain } from '@hebb/tensor/arguments';
import { sizeOf, type NumericArray } from './arrays.ts';
import { requireIndices, type Dataset } from './dataset.ts';
import { DataError } from './errors.ts';
import type { Source } from './files.ts';
import { cutShort, fault, readHeader, trailing, type IdxArray, type IdxHeader } from './idx.ts';
import { rangedSource, type RangedSource } from './ranges.ts';
import { Subset } from './subset.ts';

/** The fields of IDX files by name, as they are in the files: bytes stay bytes. */
export type IdxBatch<Name extends string = string> = { readonly [K in Name]: NumericArray<IdxArray> };

/** What errors call the function. */
const where = 'openIdxDataset';

/** Longest header: 255 axes. */
const headerBytes = 4 + 4 * 255;

/**
 * A dataset of IDX files, one a field, of which only the headers are read now; examples are read when they are asked for, the ranges of a batch at once. So the
 * files may be larger than memory. The first axis of each counts the examples.
 *
 * ```ts
 * import { mapDataset, openIdxDataset } from '@hebb/data';
 *
 * const files = await openIdxDataset({ x: 'mnist/train-images-idx3-ubyte', y: 'mnist/train-labels-idx1-ubyte' });
 * const dataset = mapDataset(files, ({ x, y }) => ({
 *   x: { data: Float32Array.from(x.data, (pixel) => pixel / 255), shape: x.shape },
 *   y: { ...y, dtype: 'int32' },
 * }));
 * (await dataset.gather(Uint32Array.of(1))).x.shape; // [1, 28, 28]
 * ```
 *
 * @param sources a path (Node), a `Blob` or `File`, or bytes for each field; not an address, and not a compressed file
 * @throws DataError naming the file that cannot be read or is not what its header says, and files that hold different numbers of examples
 */
export async function openIdxDataset<Name extends string>(
  sources: Readonly<Record<Name, Source>>,
): Promise<Dataset<IdxBatch<Name>>> {
  requirePlain(where, 'the sources', sources);
  const names = Object.keys(sources) as Name[];
  if (names.length === 0) throw new DataError(`[${where}] expected at least one file.`);
  const files = await Promise.all(names.map(async (name) => ({ name, ...(await openIdx(sources[name])) })));
  const [first] = files;
  const length = first?.header.shape[0] ?? 0;
  if (files.some(({ header }) => header.shape[0] !== length)) {
    const list = files.map(
      ({ name, source, header }) => `${name}: ${header.shape[0] ?? 'one number'} (${source.name})`,
    );
    throw new DataError(`[${where}] the files must hold equally many examples, got ${list.join(', ')}.`, {
      hint: 'The files must come from the same data set and part.',
    });
  }
  const dataset: Dataset<IdxBatch<Name>> = {
    length,
    gather: async (indices) => {
      const rows = requireIndices(`${where}, gather`, indices, length);
      const arrays = files.map(async (file) => [file.name, await readRows(file, rows)] as const);
      return Object.fromEntries(await Promise.all(arrays)) as IdxBatch<Name>;
    },
    subset: (indices) => new Subset(dataset, indices),
  };
  return dataset;
}

interface IdxFile {
  readonly source: RangedSource;
  readonly header: IdxHeader;
}

async function openIdx(given: Source): Promise<IdxFile> {
  const source = rangedSource(where, given);
  const { name, size } = source;
  const [start = new Uint8Array(0)] = await source.read([{ start: 0, length: Math.min(size, headerBytes) }]);
  if (start[0] === 0x1f && start[1] === 0x8b) {
    throw fault(
      name,
      'it is compressed (gzip), and examples in the middle of it cannot be read.',
      'Unpack it once (gunzip -k), or read it whole: loadIdx.',
    );
  }
  const header = readHeader(start, name);
  if (header === undefined) throw fault(name, `it ends after ${size} bytes, inside its header.`);
  if (size < header.end) throw cutShort(name, header, size);
  if (size > header.end) throw trailing(name, header, size);
  if (header.shape.length === 0) throw fault(name, 'it holds one number and no axis that counts examples.');
  return { source, header };
}

async function readRows({ source, header }: IdxFile, rows: Uint32Array): Promise<NumericArray<IdxArray>> {
  const shape = header.shape.slice(1);
  const size = sizeOf(shape);
  const { type } = header;
  const length = size * type.bytes;
  const ranges = Array.from(rows, (row) => ({ start: header.start + row * length, length }));
  const data = type.make(rows.length * size);
  (await source.read(ranges)).forEach((bytes, i) => {
    if (data instanceof Uint8Array) data.set(bytes, i * size);
    else {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let k = 0; k < size; k++) data[i * size + k] = type.read(view, k * type.bytes);
    }
  });
  return { data, shape: [rows.length, ...shape] };
}
