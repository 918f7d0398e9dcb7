/** Examples as named fields, each a typed array with one shape per example. */
import { requireList } from '@hebb/tensor/arguments';
import {
  emptyLike,
  format,
  isTypedArray,
  isWhole,
  requireArray,
  sizeOf,
  type DType,
  type NumericArray,
  type TypedArray,
  whole,
} from './arrays.ts';
import { requireBatch, type ArrayBatch } from './batches.ts';
import { DataError, show } from './errors.ts';
import { printable } from './print.ts';

/** The values of one field for all examples, one after another; `shape` is that of one example, `[]` for a number. */
export interface Field<T extends TypedArray = TypedArray> {
  readonly data: T;
  readonly shape: readonly number[];
  /** Of its tensors: `'bool'` for masks, `'int32'` for ids in another array than an Int32Array. Default: see {@link NumericArray}. */
  readonly dtype?: DType | undefined;
}

export type Fields = Readonly<Record<string, Field>>;

/** The chosen examples of each field; the first axis of every shape counts them. */
export type Batch<F extends Fields = Fields> = { readonly [K in keyof F]: NumericArray<F[K]['data']> };

/**
 * Examples by index: what a {@link DataLoader} reads. Implement it for data that does not fit in memory, or that is made on the way: pictures from
 * files, text that is padded, graphs. `gather` may be asynchronous, and is then asked for several batches at once.
 *
 * ```ts
 * import { DataLoader, Subset, type Dataset } from '@hebb/data';
 *
 * // Every example is computed when it is asked for; none is stored.
 * const squares: Dataset = {
 *   length: 1000,
 *   gather: (indices) => ({
 *     x: { data: Float32Array.from(indices), shape: [indices.length] },
 *     y: { data: Float32Array.from(indices, (i) => i * i), shape: [indices.length] },
 *   }),
 *   subset: (indices) => new Subset(squares, indices),
 * };
 * new DataLoader(squares, { batchSize: 100 }).length; // 10
 * ```
 */
export interface Dataset<B extends ArrayBatch = ArrayBatch> {
  /** Number of examples. */
  readonly length: number;
  /**
   * The examples at these indices, in that order, in new arrays (which their receiver may change, or send to another thread). Examples of varying length are
   * padded to `paddedLength` where it is given, and to the longest of them where it is not.
   */
  gather(indices: Uint32Array, paddedLength?: number): B | Promise<B>;
  /** A view of the examples at these indices, in that order, e.g. a {@link Subset}. */
  subset(indices: ArrayLike<number>): Dataset<B>;
  /** The length of each example, where they vary: what buckets sort by. */
  readonly lengths?: ArrayLike<number> | undefined;
  /** Names of fields whose first axis does not count examples, e.g. the nodes of all graphs of a batch. */
  readonly unaligned?: readonly string[] | undefined;
  /** How many gathers it can work on at once: the default of the loader's `workers`. */
  readonly workers?: number | undefined;
}

/**
 * A dataset of arrays in memory. Subsets share the arrays and hold indices only.
 *
 * ```ts
 * import { ArrayDataset } from '@hebb/data';
 *
 * const dataset = new ArrayDataset({
 *   x: { data: new Float32Array(3 * 2 * 2), shape: [2, 2] }, // three examples of shape [2, 2]
 *   y: { data: new Int32Array([0, 1, 1]), shape: [] }, // and their labels
 * });
 * dataset.length; // 3
 * dataset.gather([2, 0]).x.shape; // [2, 2, 2]
 * dataset.subset([1, 2]).field('y').data; // Int32Array [1, 1]
 * ```
 */
export class ArrayDataset<F extends Fields = Fields> implements Dataset<Batch<F>> {
  readonly length: number;
  readonly #fields: F;
  readonly #indices: Uint32Array | undefined;

  /** @throws DataError if there is no field, or if the fields do not hold equally many whole examples. */
  constructor(fields: F, indices?: ArrayLike<number>) {
    requireFields(fields);
    const lengths = Object.entries(fields).map(([name, { data, shape }]) => {
      const size = sizeOf(shape);
      if (!shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
        throw new DataError(
          `[ArrayDataset] the shape of field '${name}' must hold positive integers, got [${shape.join(',')}].`,
        );
      }
      if (data.length % size !== 0) {
        throw new DataError(
          `[ArrayDataset] field '${name}' has ${data.length} values, not a multiple of the ${size} of an example of shape [${shape.join(',')}].`,
          { hint: 'The shape is that of one example, without the number of examples.' },
        );
      }
      return { name, length: data.length / size };
    });
    const length = lengths[0]?.length;
    if (length === undefined) throw new DataError('[ArrayDataset] expected at least one field.');
    if (lengths.some((field) => field.length !== length)) {
      const list = lengths.map((field) => `${field.name}: ${field.length}`).join(', ');
      // A whole array, as field() of a dataset or a transform gives it.
      const whole = lengths.find((field) => field.length === 1);
      const hint =
        whole === undefined
          ? undefined
          : `The shape is that of one example. Where that of ${whole.name} counts the examples, as in what transforms and dataset.field() give: { ${whole.name}: fieldOf(array) }.`;
      throw new DataError(`[ArrayDataset] the fields must hold equally many examples, got ${list}.`, {
        ...(hint !== undefined && { hint }),
      });
    }
    this.#fields = fields;
    this.#indices = indices === undefined ? undefined : requireIndices('ArrayDataset', indices, length);
    this.length = this.#indices?.length ?? length;
    printable(this);
  }

  /** Names of the fields. */
  get names(): (keyof F & string)[] {
    return Object.keys(this.#fields);
  }

  gather(indices: ArrayLike<number>): Batch<F> {
    const rows = this.#rows(requireIndices('gather', indices, this.length));
    return Object.fromEntries(
      Object.entries(this.#fields).map(([name, field]) => [name, gatherField(field, rows)]),
    ) as unknown as Batch<F>;
  }

  subset(indices: ArrayLike<number>): ArrayDataset<F> {
    return new ArrayDataset(this.#fields, this.#rows(requireIndices('subset', indices, this.length)));
  }

  /** One field of all examples of this dataset. A whole dataset gives its own array, a subset a copy. */
  field<K extends keyof F & string>(name: K): NumericArray<F[K]['data']> {
    const field = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    if (field === undefined) {
      throw new DataError(`[ArrayDataset] there is no field ${show(name)}; there are ${this.names.join(', ')}.`);
    }
    if (this.#indices === undefined) return whole({ ...field, shape: [this.length, ...field.shape] });
    return whole(gatherField<F[K]['data']>(field, this.#indices));
  }

  /** `ArrayDataset of 3 examples: x float32[2,2], y int32[]`, as `console.log` prints it. */
  toString(): string {
    const fields = Object.entries(this.#fields).map(([name, field]) => `${name} ${format(field)}`);
    return `ArrayDataset of ${this.length} example${this.length === 1 ? '' : 's'}: ${fields.join(', ')}`;
  }

  #rows(indices: Uint32Array): Uint32Array {
    const own = this.#indices;
    return own === undefined ? indices : indices.map((index) => own[index] ?? 0);
  }
}

/**
 * The field of a dataset that a whole array is: its first axis counts the examples.
 *
 * ```ts
 * import { ArrayDataset, fieldOf } from '@hebb/data';
 *
 * const images = { data: new Float32Array(2 * 3 * 3), shape: [2, 3, 3] };
 * fieldOf(images).shape; // [3, 3]
 * new ArrayDataset({ x: fieldOf(images) }).length; // 2
 * ```
 */
export function fieldOf<T extends TypedArray>(array: NumericArray<T>): Field<T> {
  requireArray('fieldOf', array);
  return { ...array, shape: array.shape.slice(1) };
}

/** Throws DataError unless these are typed arrays by name, each with the shape of one example. */
function requireFields(fields: unknown): asserts fields is Fields {
  const hint =
    'Fields are typed arrays with the shape of one example: { x: { data: new Float32Array([…]), shape: [2] }, y: { data: new Int32Array([…]), shape: [] } }.';
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new DataError(`[ArrayDataset] expected fields by name, got ${show(fields)}.`, { hint });
  for (const [name, field] of Object.entries(fields)) {
    const { data, shape } = Object(field) as { data?: unknown; shape?: unknown };
    // Known by its method, so that datasets do not bring tensors along.
    if (typeof data === 'function') {
      throw new DataError(
        `[ArrayDataset] field '${name}' must have a typed array as data, got the tensor ${String(field)}.`,
        {
          hint: `Read its values: { ${name}: { data: await x.data(), shape: x.shape.slice(1) } }.`,
        },
      );
    }
    if (!isTypedArray(data)) {
      const given = typeof field === 'object' && field !== null && 'data' in field ? `data ${show(data)}` : show(field);
      throw new DataError(`[ArrayDataset] field '${name}' must have a typed array as data, got ${given}.`, { hint });
    }
    if (!Array.isArray(shape)) {
      throw new DataError(
        `[ArrayDataset] field '${name}' must have the shape of one example, an array such as [28, 28] or [], got ${show(shape)}.`,
        { hint },
      );
    }
    if (isWhole(field)) {
      throw new DataError(
        `[ArrayDataset] field '${name}' is an array of all examples, ${format(field as NumericArray)}, whose first axis counts them.`,
        { hint: `The shape of a field is that of one example: { ${name}: fieldOf(array) } takes the array as it is.` },
      );
    }
  }
}

function gatherField<T extends TypedArray>({ data, shape, dtype }: Field<T>, rows: Uint32Array): NumericArray<T> {
  const size = sizeOf(shape);
  const gathered = emptyLike(data, rows.length * size);
  if (size === 1) for (let i = 0; i < rows.length; i++) gathered[i] = data[rows[i] ?? 0] ?? 0;
  else rows.forEach((row, i) => gathered.set(data.subarray(row * size, (row + 1) * size), i * size));
  return { data: gathered, shape: [rows.length, ...shape], ...(dtype !== undefined && { dtype }) };
}

export function requireIndices(where: string, indices: ArrayLike<number>, length: number): Uint32Array {
  requireList(where, 'indices', indices);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] ?? -1;
    if (!Number.isInteger(index) || index < 0 || index >= length) {
      throw new DataError(`[${where}] index ${show(index)} is not an integer from 0 to ${length - 1}.`);
    }
  }
  return Uint32Array.from(indices);
}

/** Throws DataError unless it has a length and `gather`. */
export function requireDataset(where: string, dataset: unknown): asserts dataset is Dataset {
  const { length, gather } = Object(dataset) as Partial<Record<keyof Dataset, unknown>>;
  if (typeof gather === 'function' && Number.isSafeInteger(length) && (length as number) >= 0) return;
  throw new DataError(`[${where}] expected a dataset, with a length and gather(indices), got ${show(dataset)}.`, {
    hint: 'Arrays become one with new ArrayDataset({ x: { data, shape }, y: { data, shape } }), where shape is that of one example.',
  });
}

/** Also one that is not of the language's own class. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (Object(value) as { then?: unknown }).then === 'function';
}

/** Throws DataError unless every field that counts examples holds as many as were asked for. */
export function requireGathered(
  where: string,
  batch: unknown,
  count: number,
  unaligned: readonly string[] = [],
): asserts batch is ArrayBatch {
  requireBatch(`[${where}] gather(indices) of the dataset must return typed arrays with shapes by name`, batch);
  for (const [name, { shape }] of Object.entries(batch)) {
    if (shape[0] === count || unaligned.includes(name)) continue;
    throw new DataError(
      `[${where}] the dataset was asked for ${count} examples, and its field '${name}' has the shape [${shape.join(', ')}].`,
      {
        hint: 'gather(indices) must return one example for each index: the first axis of every field counts them, but for those that `unaligned` of the dataset names.',
      },
    );
  }
}
