/** Examples of varying length: text as ids, series, tracks. */
import { checkOptions, requireInteger, requirePlain, requireString, type OptionNames } from '@hebb/tensor/arguments';
import { emptyLike, isTypedArray, sizeOf, type DType, type NumericArray, type TypedArray } from './arrays.ts';
import { ArrayDataset, requireIndices, type Dataset, type Field, type Fields } from './dataset.ts';
import { DataError, show } from './errors.ts';
import { Subset } from './subset.ts';

/** A field of which each example has its own length. */
export interface SequenceField<T extends TypedArray = TypedArray> {
  /** The values of each example, all in the same kind of array. */
  readonly sequences: readonly T[];
  /** Shape of one element of a sequence. Default `[]`: a number. */
  readonly shape?: readonly number[];
  /** What stands after the end of shorter sequences. Default 0. */
  readonly padding?: number;
  /** Of its tensors. Default: see {@link NumericArray}; a Uint32Array of ids becomes int32. */
  readonly dtype?: DType;
}

export type SequenceFields = Readonly<Record<string, SequenceField | Field>>;

type DataOf<F> = F extends SequenceField<infer T> ? T : F extends Field<infer T> ? T : never;

/** The fields, padded, with the mask (true where a value stands, false where padding does) and the lengths. */
export type SequenceBatch<F extends SequenceFields, Mask extends string = 'mask', Length extends string = 'length'> = {
  readonly [K in keyof F]: NumericArray<DataOf<F[K]>>;
} & { readonly [K in Mask]: NumericArray<Uint8Array> } & { readonly [K in Length]: NumericArray<Int32Array> };

export interface SequenceDatasetOptions<Mask extends string = 'mask', Length extends string = 'length'> {
  /** Sequences are cut after so many elements. Default: they are not. */
  maxLength?: number;
  /** Name of the field that says what is no padding. Default `'mask'`. */
  mask?: Mask;
  /** Name of the field that holds the lengths. Default `'length'`. */
  length?: Length;
}

const sequenceOptions: OptionNames<SequenceDatasetOptions<string, string>> = {
  maxLength: true,
  mask: requireString,
  length: requireString,
};

interface Padded {
  readonly name: string;
  readonly field: SequenceField;
  readonly shape: readonly number[];
  readonly size: number;
}

/**
 * Examples of varying length in memory. A batch is padded to its longest example, or to the length of its bucket where the `DataLoader` has `buckets`, and has
 *
 * - each sequence field, of shape [examples, length, …];
 * - `mask`, bool of shape [examples, length]: true where a value stands, false where padding does;
 * - `length`, int32 of shape [examples];
 * - the other fields (`{ data, shape }`, as in an {@link ArrayDataset}) as they are.
 *
 * All sequences of an example are equally long (tokens and their tags). Two of different length, a sentence and its translation, are two datasets with names of
 * their own for mask and length, put together by `zipDatasets`.
 *
 * ```ts
 * import { DataLoader, SequenceDataset } from '@hebb/data';
 *
 * const texts = new SequenceDataset({
 *   ids: { sequences: [Int32Array.of(5, 6, 7), Int32Array.of(8), Int32Array.of(9, 4)] },
 *   y: { data: Int32Array.of(0, 1, 0), shape: [] },
 * });
 * const { ids, mask, length } = texts.gather([0, 1]);
 * ids.data; // Int32Array [5, 6, 7, 8, 0, 0]
 * mask.data; // Uint8Array [1, 1, 1, 1, 0, 0]
 * length.data; // Int32Array [3, 1]
 * new DataLoader(texts, { batchSize: 2, buckets: [2, 4] }).length; // 2: examples 1 and 2 padded to 2, example 0 to 4
 * ```
 */
export class SequenceDataset<
  F extends SequenceFields,
  Mask extends string = 'mask',
  Length extends string = 'length',
> implements Dataset<SequenceBatch<F, Mask, Length>> {
  readonly length: number;
  /** The length of each example. */
  readonly lengths: Int32Array;
  readonly #padded: readonly Padded[];
  readonly #fixed: ArrayDataset | undefined;
  readonly #names: readonly string[];
  readonly #mask: string;
  readonly #lengthName: string;

  /**
   * @throws DataError for what are no sequences of whole elements in one kind of array, for fields that hold different numbers of examples or sequences of
   *   different length, and for a padding that the arrays cannot hold
   */
  constructor(fields: F, options: SequenceDatasetOptions<Mask, Length> = {}) {
    checkOptions('SequenceDataset', options, sequenceOptions);
    requirePlain('SequenceDataset', 'the fields', fields);
    const { maxLength, mask = 'mask', length = 'length' } = options;
    if (maxLength !== undefined) requireInteger('SequenceDataset', 'maxLength', maxLength, 1);
    for (const name of [mask, length]) {
      if (!Object.hasOwn(fields, name) && mask !== length) continue;
      throw new DataError(`[SequenceDataset] the name ${show(name)} stands for two things in a batch.`, {
        hint: "Name the mask and the lengths otherwise: new SequenceDataset(fields, { mask: 'textMask', length: 'textLength' }).",
      });
    }
    const isSequence = ([, field]: readonly [string, unknown]): boolean => 'sequences' in (Object(field) as object);
    const entries = Object.entries<SequenceField | Field>(fields);
    this.#padded = entries.filter(isSequence).map(([name, field]) => requireSequences(name, field as SequenceField));
    const fixed = Object.fromEntries(entries.filter((entry) => !isSequence(entry))) as Fields;
    const [first] = this.#padded;
    if (first === undefined) {
      throw new DataError('[SequenceDataset] expected at least one field of sequences.', {
        hint: 'For example { ids: { sequences: [Int32Array.of(1, 2), Int32Array.of(3)] } }; fields of one shape alone are an ArrayDataset.',
      });
    }
    this.#fixed = Object.keys(fixed).length > 0 ? new ArrayDataset(fixed) : undefined;
    this.length = first.field.sequences.length;
    const counts = this.#padded.map(({ name, field }) => `${name}: ${field.sequences.length}`);
    if (this.#fixed !== undefined) counts.push(`${this.#fixed.names.join(', ')}: ${this.#fixed.length}`);
    if (new Set(counts.map((count) => count.replace(/^.*: /, ''))).size > 1)
      throw new DataError(`[SequenceDataset] the fields must hold equally many examples, got ${counts.join(', ')}.`);
    this.lengths = Int32Array.from({ length: this.length }, (_, i) =>
      Math.min(maxLength ?? Infinity, lengthOf(first, i)),
    );
    for (const other of this.#padded) {
      const at = first.field.sequences.findIndex((_, i) => lengthOf(other, i) !== lengthOf(first, i));
      if (at === -1) continue;
      throw new DataError(
        `[SequenceDataset] the sequences of example ${at} must be equally long, got ${first.name}: ${lengthOf(first, at)}, ${other.name}: ${lengthOf(other, at)}.`,
        {
          hint: `Sequences of different length are two datasets, each with its own mask: zipDatasets(new SequenceDataset({ ${first.name} }), new SequenceDataset({ ${other.name} }, { mask: '${other.name}Mask', length: '${other.name}Length' })).`,
        },
      );
    }
    this.#names = Object.keys(fields);
    this.#mask = mask;
    this.#lengthName = length;
  }

  /** @throws DataError for an index that is not one of its examples, for one that is longer than `paddedLength`, and for more elements than a tensor can have */
  gather(indices: ArrayLike<number>, paddedLength?: number): SequenceBatch<F, Mask, Length> {
    const rows = requireIndices('SequenceDataset.gather', indices, this.length);
    const lengths = Int32Array.from(rows, (row) => this.lengths[row] ?? 0);
    const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
    const width = paddedLength === undefined ? longest : paddedLength;
    if (!Number.isSafeInteger(width) || width < longest) {
      throw new DataError(
        `[SequenceDataset.gather] an example of length ${longest} does not fit into the padded length ${show(paddedLength)}.`,
      );
    }
    const count = rows.length;
    const elements = count * width * Math.max(1, ...this.#padded.map(({ size }) => size));
    if (elements > mostElements) {
      throw new DataError(
        `[SequenceDataset.gather] ${count} examples padded to ${width} have ${elements} elements, more than the ${mostElements} of a tensor.`,
      );
    }
    const fixed = this.#fixed?.gather(rows);
    const padded = new Map(this.#padded.map((each) => [each.name, pad(each, rows, lengths, width)]));
    const mask = new Uint8Array(count * width);
    lengths.forEach((length, i) => mask.fill(1, i * width, i * width + length));
    return Object.fromEntries([
      ...this.#names.map((name) => [name, padded.get(name) ?? fixed?.[name]] as const),
      [this.#mask, { data: mask, shape: [count, width], dtype: 'bool' }],
      [this.#lengthName, { data: lengths, shape: [count] }],
    ]) as unknown as SequenceBatch<F, Mask, Length>;
  }

  subset(indices: ArrayLike<number>): Subset<SequenceBatch<F, Mask, Length>> {
    return new Subset(this, indices);
  }
}

const mostElements = 2 ** 31 - 1;

function lengthOf({ field, size }: Padded, i: number): number {
  return (field.sequences[i]?.length ?? 0) / size;
}

function pad({ field, shape, size }: Padded, rows: Uint32Array, lengths: Int32Array, width: number): NumericArray {
  const { sequences, padding = 0, dtype } = field;
  const [model = new Float32Array(0)] = sequences;
  const data = emptyLike(model, rows.length * width * size);
  if (padding !== 0) data.fill(padding);
  rows.forEach((row, i) => {
    const sequence = sequences[row]?.subarray(0, (lengths[i] ?? 0) * size);
    if (sequence !== undefined) data.set(sequence, i * width * size);
  });
  return { data, shape: [rows.length, width, ...shape], ...(dtype !== undefined && { dtype }) };
}

function requireSequences(name: string, field: SequenceField): Padded {
  const place = `[SequenceDataset] field '${name}'`;
  const { sequences, shape = [], padding = 0 } = field;
  const given: unknown = sequences;
  if (!Array.isArray(given)) {
    throw new DataError(`${place} must have its sequences in an array, got ${show(given)}.`, {
      hint: `{ ${name}: { sequences: [Int32Array.of(1, 2), Int32Array.of(3)] } }.`,
    });
  }
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isInteger(extent) && extent > 0);
  if (!isShape)
    throw new DataError(`${place} must have the shape of one element, positive integers, got ${show(shape)}.`);
  const size = sizeOf(shape);
  const [first] = sequences;
  sequences.forEach((sequence, i) => {
    if (!isTypedArray(sequence)) {
      throw new DataError(`${place}: sequence ${i} must be a typed array, got ${show(sequence)}.`, {
        hint: 'Ids are Int32Arrays: Int32Array.from(ids).',
      });
    }
    if (sequence.constructor !== first?.constructor) {
      throw new DataError(
        `${place}: sequence ${i} is a ${sequence.constructor.name}, sequence 0 a ${first?.constructor.name}; all must be of one kind.`,
      );
    }
    if (sequence.length % size !== 0) {
      throw new DataError(
        `${place}: sequence ${i} has ${sequence.length} values, not a multiple of the ${size} of an element of shape [${shape.join(', ')}].`,
      );
    }
  });
  if (typeof padding !== 'number') throw new DataError(`${place}: the padding must be a number, got ${show(padding)}.`);
  if (first !== undefined) {
    const probe = emptyLike(first, 1);
    probe[0] = padding;
    if (!Object.is(probe[0], padding) && !(first instanceof Float32Array)) {
      throw new DataError(`${place}: a ${first.constructor.name} cannot hold the padding ${padding}.`);
    }
  }
  return { name, field, shape, size };
}
