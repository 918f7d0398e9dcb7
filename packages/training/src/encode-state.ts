/** States as safetensors files: arrays under the path that leads to them, everything else as JSON in the metadata. */
import { joinBytes } from '@hebb/files';
import {
  decodeSafetensorsArrays,
  SafetensorsError,
  type SafetensorsArray,
  type SafetensorsArrays,
  type SafetensorsDType,
} from '@hebb/layers';
import { Tensor, tensor, type DType, type State, type TypedArray } from '@hebb/tensor';
import { describe, halfBits, halfValue, isPlain, recordOf, requireString } from '@hebb/tensor/arguments';
import { TrainingError } from './errors.ts';
import { requireWhole, sealedPieces } from './seal.ts';

/** The name under which the metadata of a file hold its state. */
const metadataName = 'hebb.state';
const version = 1;
/** A list of at least so many numbers is stored as an array of float64, not as text: losses of a million steps stay 8 MB. */
const longList = 32;

const dtypes: Readonly<Record<DType, SafetensorsDType>> = {
  float32: 'F32',
  float16: 'F16',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
};

/** The classes of arrays, by the name that the file says; those of tensors and of lists of numbers beside them. */
const arrayClasses = {
  Float32Array: { dtype: 'F32', decode: (buffer: ArrayBuffer) => new Float32Array(buffer) },
  Float64Array: { dtype: 'F64', decode: (buffer: ArrayBuffer) => new Float64Array(buffer) },
  Int8Array: { dtype: 'I8', decode: (buffer: ArrayBuffer) => new Int8Array(buffer) },
  Uint8Array: { dtype: 'U8', decode: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
  Uint8ClampedArray: { dtype: 'U8', decode: (buffer: ArrayBuffer) => new Uint8ClampedArray(buffer) },
  Int16Array: { dtype: 'I16', decode: (buffer: ArrayBuffer) => new Int16Array(buffer) },
  Uint16Array: { dtype: 'U16', decode: (buffer: ArrayBuffer) => new Uint16Array(buffer) },
  Int32Array: { dtype: 'I32', decode: (buffer: ArrayBuffer) => new Int32Array(buffer) },
  Uint32Array: { dtype: 'U32', decode: (buffer: ArrayBuffer) => new Uint32Array(buffer) },
} as const satisfies Record<string, { dtype: SafetensorsDType; decode: (buffer: ArrayBuffer) => TypedArray }>;

/** The elements of tensors. */
const elements: Readonly<Record<DType, (buffer: ArrayBuffer) => TypedArray>> = {
  float32: (buffer) => new Float32Array(buffer),
  float16: (buffer) => Float32Array.from(new Uint16Array(buffer), halfValue),
  int32: (buffer) => new Int32Array(buffer),
  uint8: (buffer) => new Uint8Array(buffer),
  bool: (buffer) => new Uint8Array(buffer),
};

const hint = 'A state holds tensors, typed arrays, numbers, texts, booleans, null and undefined, in arrays, plain objects and Maps.'; // prettier-ignore

/** Values of JSON; an object with the key `$` says what JSON has no word for. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A state taken apart: what JSON can say of it, and the arrays to which that refers by name. */
class Packing {
  readonly arrays = new Map<string, Tensor | TypedArray>();
  readonly #names = new Map<unknown, string>();
  readonly #open = new Set<object>();
  readonly #where: string;

  constructor(where: string) {
    this.#where = where;
  }

  pack(value: unknown, path: string): Json {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'undefined':
        return { $: 'undefined' };
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : { $: Object.is(value, -0) ? '-0' : `${value}` };
      case 'object':
        return value === null ? null : this.#packObject(value, path);
      default:
        throw this.#error(value, path);
    }
  }

  #packObject(value: object, path: string): Json {
    if (value instanceof Tensor) return { $: 'Tensor', name: this.#nameOf(value, path) };
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    if (Object.hasOwn(arrayClasses, kind)) return { $: kind, name: this.#nameOf(value as TypedArray, path) };
    if (this.#open.has(value)) {
      throw new TrainingError(`[${this.#where}] ${path} contains itself: a state cannot.`, { hint });
    }
    this.#open.add(value);
    const packed = this.#packContainer(value, path);
    this.#open.delete(value);
    return packed;
  }

  #packContainer(value: object, path: string): Json {
    const below = (name: string): string => (path === '' ? name : `${path}.${name}`);
    if (Array.isArray(value)) {
      if (value.length >= longList && value.every((element) => typeof element === 'number'))
        return { $: 'numbers', name: this.#nameOf(Float64Array.from(value), path) };
      return Array.from(value, (element: unknown, i) => this.pack(element, below(String(i))));
    }
    const isMap = value instanceof Map;
    if (!isMap && !isPlain(value)) throw this.#error(value, path);
    const entries = [...(isMap ? (value as ReadonlyMap<unknown, unknown>) : Object.entries(value))].map(
      ([name, element]): [string, Json] => {
        if (typeof name !== 'string') {
          throw new TrainingError(
            `[${this.#where}] the Map ${path || 'given'} has the key ${describe(name)}: the keys of a state are texts.`,
            { hint: 'Use String(key), or keep pairs in an array.' },
          );
        }
        return [name, this.pack(element, below(name))];
      },
    );
    if (isMap) return { $: 'Map', entries };
    return '$' in value ? { $: 'object', entries } : Object.fromEntries(entries);
  }

  /** A thing that is there twice is stored once. Two things of one path (`a.b` and `b` in `a`) get names of their own. */
  #nameOf(array: Tensor | TypedArray, path: string): string {
    const known = this.#names.get(array);
    if (known !== undefined) return known;
    const wanted = path === '' || path === '__metadata__' ? 'state' : path;
    let name = wanted;
    for (let i = 2; this.arrays.has(name); i++) name = `${wanted}#${i}`;
    this.arrays.set(name, array);
    this.#names.set(array, name);
    return name;
  }

  #error(value: unknown, path: string): TrainingError {
    return new TrainingError(
      `[${this.#where}] ${path || 'the state'} is ${describe(value)}, which cannot be saved.`,
      { hint }, // prettier-ignore
    );
  }
}

/** A state without arrays as text, and back. */
export function encodeText(where: string, state: State): string {
  const packing = new Packing(where);
  const text = JSON.stringify(packing.pack(state, ''));
  const [array] = packing.arrays.keys();
  if (array !== undefined) throw new TrainingError(`[${where}] ${array} is an array, which does not become text.`);
  return text;
}

export function decodeText(text: string): State {
  return unpackValue(JSON.parse(text) as Json, new Map(), new Map());
}

/** The pieces of a file with a state, all tensors as they are at the time of the call. */
export async function encodePieces(
  where: string,
  state: unknown,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array[]> {
  recordOf(requireString)(where, 'the metadata', metadata);
  if (metadataName in metadata)
    throw new TrainingError(`[${where}] the metadata cannot have the name '${metadataName}': it is the state's.`);
  const packing = new Packing(where);
  const text = JSON.stringify({ version, state: packing.pack(state, '') });
  // Asked for together, so that all are read from one moment.
  const arrays = await readArrays(packing.arrays);
  return sealedPieces(arrays, { ...metadata, [metadataName]: text });
}

/** The elements of tensors and typed arrays as they are at the time of the call. */
export async function readArrays(
  named: ReadonlyMap<string, Tensor | TypedArray>,
): Promise<ReadonlyMap<string, SafetensorsArray>> {
  const arrays = await Promise.all(
    [...named].map(async ([name, array]): Promise<[string, SafetensorsArray]> => {
      const isTensor = array instanceof Tensor;
      const read = isTensor ? await array.data() : array.slice();
      const data = isTensor && array.dtype === 'float16' ? Uint16Array.from(read, halfBits) : read;
      const kind = Object.prototype.toString.call(data).slice(8, -1) as keyof typeof arrayClasses;
      const dtype = isTensor ? dtypes[array.dtype] : arrayClasses[kind].dtype;
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [name, { dtype, shape: isTensor ? array.shape : [array.length], bytes }];
    }),
  );
  return new Map(arrays);
}

/**
 * The bytes of a safetensors file with a state: its tensors and typed arrays under the path that leads to them (`model.0.weight`), everything
 * else as JSON in the metadata, with a checksum of it all. {@link decodeState} gives it back as it was, float64 and NaN included; the same state
 * always gives the same bytes. Tensors are taken as they are at the time of the call.
 *
 * ```ts
 * const bytes = await encodeState({ weight: tensor([1, 2]), best: NaN, names: ['a', 'b'] });
 * const { best, names } = decodeState(bytes) as { best: number; names: string[] };
 * best; // NaN
 * names; // ['a', 'b']
 * ```
 *
 * @param metadata free text by name, to be read without the rest
 * @throws TrainingError naming the place of what cannot be saved (a function, an instance of a class) or contains itself
 */
export async function encodeState(state: State, metadata: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
  const pieces = await encodePieces('encodeState', state, metadata);
  return joinBytes(pieces);
}

/**
 * The state that {@link encodeState} made these bytes of, with tensors of its own.
 *
 * @throws SafetensorsError for bytes that are cut off or damaged, and for a file that holds no state
 */
export function decodeState(bytes: Uint8Array): State {
  return unpack(decodeSafetensorsArrays(bytes));
}

/** The state of a file that has been read. Throws SafetensorsError where it holds none, or is damaged. */
export function unpack(file: SafetensorsArrays): State {
  const { arrays, metadata } = file;
  const text = metadata[metadataName];
  if (text === undefined) {
    throw new SafetensorsError('[decodeState] the file holds tensors, but no state.', {
      hint: 'Files of weights alone are read by readSafetensors(path).',
    });
  }
  requireWhole(file);
  let content: { version?: unknown; state?: unknown };
  try {
    content = Object(JSON.parse(text)) as typeof content;
  } catch (error) {
    throw new SafetensorsError(`[decodeState] the state is no JSON: ${(error as Error).message}.`);
  }
  if (content.version !== version) {
    throw new SafetensorsError(
      `[decodeState] the state is of version ${describe(content.version)}; this is read here: ${version}.`,
      { hint: 'Was it written by a newer version of Hebb? Read it with that one.' },
    );
  }
  try {
    return unpackValue(content.state as Json, arrays, new Map());
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new SafetensorsError(`[decodeState] the state is damaged: ${error.message}.`);
  }
}

function unpackValue(value: Json, arrays: ReadonlyMap<string, SafetensorsArray>, made: Map<string, Tensor>): State {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((element) => unpackValue(element, arrays, made));
  const named = value as { readonly [name: string]: Json };
  if (!('$' in named)) {
    const entries = Object.entries(named).map(([name, element]) => [name, unpackValue(element, arrays, made)] as const);
    return Object.fromEntries(entries);
  }
  const kind = named['$'];
  switch (kind) {
    case 'undefined':
      return undefined;
    case 'NaN':
    case 'Infinity':
    case '-Infinity':
    case '-0':
      return Number(kind);
    case 'Map':
    case 'object': {
      const entries = (named['entries'] as readonly (readonly [string, Json])[]).map(
        ([name, element]) => [name, unpackValue(element, arrays, made)] as const,
      );
      return kind === 'Map' ? new Map(entries) : Object.fromEntries(entries);
    }
    default:
      return unpackArray(kind as string, named['name'] as string, arrays, made);
  }
}

function unpackArray(
  kind: string,
  name: string,
  arrays: ReadonlyMap<string, SafetensorsArray>,
  made: Map<string, Tensor>,
): State {
  const array = arrays.get(name);
  const known = made.get(name);
  if (array === undefined)
    throw new SafetensorsError(`[decodeState] the state refers to '${name}', which is not in the file.`);
  if (kind === 'Tensor' && known !== undefined) return known;
  // A copy, so that the elements begin where the class of the array asks for.
  const buffer = new Uint8Array(array.bytes).buffer;
  if (kind === 'Tensor') {
    const dtype = (Object.keys(dtypes) as DType[]).find((each) => dtypes[each] === array.dtype);
    if (dtype === undefined) throw new SafetensorsError(`[decodeState] '${name}' is ${array.dtype}, no tensor.`);
    const result = tensor(elements[dtype](buffer), { shape: array.shape, dtype });
    made.set(name, result);
    return result;
  }
  if (kind === 'numbers') return [...arrayClasses.Float64Array.decode(buffer)];
  if (!Object.hasOwn(arrayClasses, kind))
    throw new SafetensorsError(`[decodeState] '${name}' is of the kind ${describe(kind)}, which is not known here.`);
  return arrayClasses[kind as keyof typeof arrayClasses].decode(buffer);
}
