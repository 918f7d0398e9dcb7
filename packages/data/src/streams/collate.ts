/** Elements to a batch: the fields of all of them side by side. */
import { isTypedArray, sizeOf, type NumericArray, type TypedArray } from '../arrays.ts';
import type { ArrayBatch } from '../batches.ts';
import { DataError, show } from '../errors.ts';

/** What the numbers of a field become. */
export type FieldType = 'float32' | 'int32' | 'bool';

export const fieldTypes: readonly FieldType[] = ['float32', 'int32', 'bool'];

/** A field of one element as it was first seen; those of the others must be of this kind. */
interface FieldKind {
  readonly dtype: NumericArray['dtype'];
  readonly shape: readonly number[];
  readonly size: number;
  make(length: number): TypedArray;
}

type Fields = ReadonlyMap<string, { readonly kind: FieldKind; readonly data: TypedArray }>;

const wrongField = (name: string, found: string, hint?: string): DataError =>
  new DataError(`[batch] field '${name}' ${found}.`, hint === undefined ? {} : { hint });

/** Collects elements into arrays that are as long as a batch. */
export class Collator {
  readonly #capacity: number;
  readonly #types: ReadonlyMap<string, FieldType>;
  #fields: Fields | undefined;
  #count = 0;

  constructor(capacity: number, types: Readonly<Record<string, FieldType>>) {
    this.#capacity = capacity;
    this.#types = new Map(Object.entries(types));
  }

  /** @throws DataError for an element whose fields are no numbers, or others than those of the first */
  add(element: unknown): void {
    if (typeof element !== 'object' || element === null || Array.isArray(element) || isTypedArray(element)) {
      throw new DataError(`[batch] an element must be an object of fields, got ${show(element)}.`, {
        hint: 'Name what it holds, and return it: .map((value) => ({ x: value })).',
      });
    }
    const names = Object.keys(element);
    this.#fields ??= this.#begin(names, element as Readonly<Record<string, unknown>>);
    if (names.length !== this.#fields.size) throw this.#otherFields(names);
    for (const [name, { kind, data }] of this.#fields) {
      if (!Object.hasOwn(element, name)) throw this.#otherFields(names);
      this.#write(name, kind, data, (element as Readonly<Record<string, unknown>>)[name]);
    }
    this.#count++;
  }

  /** The batch of what was added; the next one begins. */
  finish(): ArrayBatch {
    const batch = [...(this.#fields ?? [])].map(([name, { kind, data }]) => {
      const shape = [this.#count, ...kind.shape];
      const filled = this.#count === this.#capacity ? data : (data.slice(0, this.#count * kind.size) as TypedArray);
      return [name, { data: filled, shape, ...(kind.dtype !== undefined && { dtype: kind.dtype }) }] as const;
    });
    this.#fields = undefined;
    this.#count = 0;
    return Object.fromEntries(batch);
  }

  #begin(names: readonly string[], element: Readonly<Record<string, unknown>>): Fields {
    const unknown = [...this.#types.keys()].find((name) => !names.includes(name));
    if (unknown !== undefined || names.length === 0) {
      const what = unknown === undefined ? 'an element has no fields' : `types names the field ${show(unknown)}`;
      throw new DataError(`[batch] ${what}; it has ${names.join(', ') || 'none'}.`, {
        hint: 'Fields are numbers by name: .map((row) => ({ x: [row.width, row.height], y: row.price })).',
      });
    }
    return new Map(
      names.map((name) => {
        const kind = kindOf(name, element[name], this.#types.get(name));
        return [name, { kind, data: kind.make(this.#capacity * kind.size) }];
      }),
    );
  }

  #write(name: string, kind: FieldKind, data: TypedArray, value: unknown): void {
    const at = this.#count * kind.size;
    if (typeof value === 'number' || typeof value === 'boolean') {
      if (kind.shape.length > 0) throw otherShape(name, kind, []);
      data[at] = numberOf(name, kind, value);
      return;
    }
    const { values, shape } = valuesOf(name, value);
    if (shape.length !== kind.shape.length || shape.some((extent, i) => extent !== kind.shape[i]))
      throw otherShape(name, kind, shape);
    if (isTypedArray(values) && values.constructor === data.constructor) data.set(values, at);
    else for (let i = 0; i < values.length; i++) data[at + i] = numberOf(name, kind, values[i]);
  }

  #otherFields(names: readonly string[]): DataError {
    const expected = [...(this.#fields?.keys() ?? [])].join(', ');
    return new DataError(
      `[batch] element ${this.#count} of the batch has the fields ${names.join(', ') || 'none'}; the first has ${expected}.`,
    );
  }
}

const arrays: Readonly<Record<FieldType, (length: number) => TypedArray>> = {
  float32: (length) => new Float32Array(length),
  int32: (length) => new Int32Array(length),
  bool: (length) => new Uint8Array(length),
};

function kindOf(name: string, value: unknown, given: FieldType | undefined): FieldKind {
  if (typeof value === 'number' || typeof value === 'boolean') {
    const type = given ?? (typeof value === 'boolean' ? 'bool' : 'float32');
    return { dtype: type, shape: [], size: 1, make: arrays[type] };
  }
  const { values, shape, dtype } = valuesOf(name, value);
  const size = sizeOf(shape);
  if (given !== undefined) return { dtype: given, shape, size, make: arrays[given] };
  if (!isTypedArray(values)) {
    const type = values.length > 0 && values.every((item) => typeof item === 'boolean') ? 'bool' : 'float32';
    return { dtype: type, shape, size, make: arrays[type] };
  }
  const make = values.constructor as new (length: number) => TypedArray;
  return { dtype, shape, size, make: (length) => new make(length) };
}

interface Values {
  readonly values: ArrayLike<unknown> & { every?(test: (item: unknown) => boolean): boolean };
  readonly shape: readonly number[];
  readonly dtype?: NumericArray['dtype'];
}

/** The numbers of a field that is an array: a typed array, an array, or one with a shape. */
function valuesOf(name: string, value: unknown): Values & { readonly values: TypedArray | readonly unknown[] } {
  if (isTypedArray(value) || Array.isArray(value)) return { values: value, shape: [value.length] };
  const { data, shape, dtype } = Object(value) as Partial<NumericArray>;
  if (isTypedArray(data) && Array.isArray(shape)) {
    if (sizeOf(shape) !== data.length)
      throw wrongField(name, `has the shape [${shape.join(',')}] and ${data.length} values`);
    return { values: data, shape, ...(dtype !== undefined && { dtype }) };
  }
  throw noNumber(name, value);
}

function noNumber(name: string, value: unknown): DataError {
  if (value === null || value === undefined) {
    return wrongField(
      name,
      `has no value (${value})`,
      `Leave such elements out, .filter((row) => row.${name} !== null), or fill them in with .map(…), before .batch(…).`,
    );
  }
  const hint =
    typeof value === 'string'
      ? 'Turn text into numbers first, .map((row) => ({ …, y: classNames.indexOf(row.species) })), or leave it out.'
      : 'A field is a number, a boolean, an array of numbers, or { data: typed array, shape }.';
  return wrongField(name, `must hold numbers, got ${show(value)}`, hint);
}

function otherShape(name: string, { shape }: FieldKind, found: readonly number[]): DataError {
  return wrongField(
    name,
    `has the shape [${found.join(',')}], in the first element of the batch [${shape.join(',')}]`,
    'Examples of a batch have one shape: pad or cut them with .map(…), or put them together with .batch(n, { collate }).',
  );
}

function numberOf(name: string, { dtype }: FieldKind, value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'number') throw noNumber(name, value);
  const fits = dtype === 'int32' ? value === (value | 0) : dtype === 'bool' ? value === 0 || value === 1 : true;
  if (!fits) throw wrongField(name, `holds ${value}, which ${dtype} cannot`);
  return value;
}
