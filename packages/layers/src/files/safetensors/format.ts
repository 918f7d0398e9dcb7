/**
 * The safetensors format (https://github.com/huggingface/safetensors): eight bytes with the length of the header (little-endian), a JSON
 * header with dtype, shape and place of every tensor, and the elements, row-major and little-endian, without gaps.
 *
 * What is written is a function of the names and values: tensors are ordered by dtype (wide ones first) and then by name, metadata by name,
 * and the header is padded with spaces to a multiple of eight bytes.
 */
import { joinBytes } from '@hebb/files';
import { HebbError, tensor, type DType, type Tensor, type TensorData } from '@hebb/tensor';
import { halfBits, recordOf, requireBytes, requireString, wrongArgument } from '@hebb/tensor/arguments';
import { elementFormats, type ElementFormat, type ElementName } from '../elements.ts';
import { findDuplicateName } from './duplicates.ts';
import { stateEntries, type NamedTensors, type StateDict } from '../../module/state.ts';

/** A file that is not what the safetensors format says, or that cannot be read or written. */
export class SafetensorsError extends HebbError {
  static override readonly name: string = 'SafetensorsError';
}

export interface SafetensorsContent {
  /** Tensors by name, in the order of their data. */
  readonly state: StateDict;
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** One tensor of a header; `begin` and `end` count bytes from the end of the header. */
export interface Entry {
  readonly name: string;
  readonly format: ElementFormat;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Names of the element types that files of this format have here. */
export type SafetensorsDType = ElementName;

const written: Readonly<Record<DType, SafetensorsDType>> = {
  float32: 'F32',
  float16: 'F16',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
};

/** The header's length limit of the reference implementation. */
const longestHeader = 100_000_000;

/** The length of the header from the first eight bytes of a file. */
export function headerLength(prefix: Uint8Array, fileSize: number): number {
  if (fileSize < 8 || prefix.length < 8) {
    throw new SafetensorsError(
      `[safetensors] the file has ${fileSize} bytes; it must start with the length of its header, in 8 bytes.`,
    );
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(longestHeader) || length > BigInt(fileSize - 8)) {
    throw new SafetensorsError(
      `[safetensors] the header is said to have ${length} bytes; the file has ${fileSize - 8} after the length.`,
      {
        hint: 'The file is cut off, or it is not a safetensors file.',
      },
    );
  }
  return Number(length);
}

/** Reads and checks a header: every tensor known, and together they fill the `dataSize` bytes behind it exactly. */
export function parseHeader(bytes: Uint8Array, dataSize: number): Header {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (error) {
    throw new SafetensorsError(`[safetensors] the header is not JSON: ${(error as Error).message}.`);
  }
  const twice = findDuplicateName(text);
  if (twice !== undefined) {
    throw new SafetensorsError(`[safetensors] the header has the name ${JSON.stringify(twice)} twice.`, {
      hint: 'Which of the two is meant is anyone’s guess; write the file anew.',
    });
  }
  if (!isRecord(json)) throw new SafetensorsError('[safetensors] the header is not a JSON object.');
  const metadata = json['__metadata__'] ?? {};
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw new SafetensorsError('[safetensors] __metadata__ must be an object of strings.');
  }
  const entries = Object.entries(json)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => parseEntry(name, entry));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== position) {
      throw new SafetensorsError(
        `[safetensors] '${name}' begins at byte ${begin}; the tensor before it ends at ${position}: they ${begin < position ? 'overlap' : 'leave a gap'}.`,
      );
    }
    position = end;
  }
  if (position !== dataSize) {
    throw new SafetensorsError(
      `[safetensors] the tensors need ${position} bytes of data; the file has ${dataSize}.`,
      position > dataSize ? { hint: 'The file is cut off.' } : {},
    );
  }
  return { entries, metadata: metadata as Record<string, string> };
}

function parseEntry(name: string, entry: unknown): Entry {
  const fail = (what: string): never => {
    throw new SafetensorsError(`[safetensors] '${name}' ${what}.`);
  };
  if (!isRecord(entry)) return fail('is not described by an object');
  const { dtype, shape, data_offsets: offsets } = entry;
  const format = elementFormats.find((candidate) => candidate.name === dtype);
  if (format === undefined)
    return fail(
      `has the dtype ${JSON.stringify(dtype)}; known are ${elementFormats.map((known) => known.name).join(', ')}`,
    );
  if (!isSizes(shape)) return fail(`has the shape ${JSON.stringify(shape)}, which is not a list of integers ≥ 0`);
  if (!isSizes(offsets) || offsets.length !== 2)
    return fail(`has the data_offsets ${JSON.stringify(offsets)}, which are not two integers ≥ 0`);
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product, extent) => product * extent, 1) * format.bytes;
  if (end - begin !== size)
    return fail(
      `of ${format.name} [${shape.join(', ')}] needs ${size} bytes, its data_offsets [${begin}, ${end}] are ${end - begin} apart`,
    );
  return { name, format, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** The elements of a tensor as a file has them, from what reading it gave. */
export function bytesOf(dtype: DType, data: TensorData): Uint8Array {
  const { buffer, byteOffset, byteLength } = dtype === 'float16' ? Uint16Array.from(data, halfBits) : data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** How many bytes a file has for a tensor. */
export function byteLengthOf({ dtype, size }: Tensor): number {
  return size * (elementFormats.find(({ name }) => name === written[dtype])?.bytes ?? 0);
}

/** The tensor of an entry from its bytes. */
export function decodeEntry({ name, format, shape }: Entry, bytes: Uint8Array): Tensor {
  const aligned = new Uint8Array(bytes).buffer;
  try {
    return tensor(format.decode(aligned), { shape, dtype: format.dtype });
  } catch (error) {
    if (error instanceof RangeError)
      throw new SafetensorsError(`[safetensors] '${name}' cannot be read as ${format.dtype}: ${error.message}.`);
    throw error;
  }
}

/** An array of a file as it is stored. */
export interface SafetensorsArray {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** The elements, row-major and little-endian. */
  readonly bytes: Uint8Array;
}

/** What a file holds, as it is stored. */
export interface SafetensorsArrays {
  /** By name, in the order of their data. */
  readonly arrays: ReadonlyMap<string, SafetensorsArray>;
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * A file in pieces, to be written one after the other: the header, then the elements of each array. The same arrays always give the same bytes.
 *
 * ```ts
 * const bytes = new Uint8Array(Float64Array.of(0.1, 0.2).buffer);
 * const pieces = encodeSafetensorsArrays(new Map([['x', { dtype: 'F64', shape: [2], bytes }]]));
 * pieces.length; // 2
 * ```
 *
 * @throws SafetensorsError for the name `__metadata__`, and for bytes that are not as many as dtype and shape say
 */
export function encodeSafetensorsArrays(
  arrays: ReadonlyMap<string, SafetensorsArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  if (!(arrays instanceof Map))
    throw wrongArgument('encodeSafetensorsArrays', 'the arrays', 'a Map of arrays by name', arrays);
  recordOf(requireString)('encodeSafetensorsArrays', 'the metadata', metadata);
  for (const [name, array] of arrays as ReadonlyMap<unknown, unknown>) {
    requireString('encodeSafetensorsArrays', 'a name', name);
    requireBytes('encodeSafetensorsArrays', `the bytes of '${name}'`, (Object(array) as { bytes?: unknown }).bytes);
  }
  if (arrays.has('__metadata__'))
    throw new SafetensorsError("[safetensors] no tensor can have the name '__metadata__'.");
  const rank = ({ dtype }: SafetensorsArray): number => elementFormats.findIndex(({ name }) => name === dtype);
  const ordered = [...arrays].sort(([a, x], [b, y]) => rank(x) - rank(y) || compare(a, b));
  // Written piece by piece: names such as '1' would move to the front of an object.
  const fields: string[] = [];
  const notes = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
  if (notes.length > 0)
    fields.push(
      `"__metadata__":{${notes.map(([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`).join()}}`,
    );
  let position = 0;
  for (const [name, { dtype, shape, bytes }] of ordered) {
    const end = position + bytes.byteLength;
    const entry = { dtype, shape, data_offsets: [position, end] };
    parseEntry(name, entry);
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    position = end;
  }
  const text = new TextEncoder().encode(`{${fields.join()}}`);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > longestHeader) {
    throw new SafetensorsError(
      `[safetensors] the header would have ${length} bytes; readers take up to ${longestHeader}.`,
      { hint: 'Keep long lists of numbers as typed arrays, not as text in the metadata.' },
    );
  }
  const header = new Uint8Array(8 + length);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.fill(0x20, 8).set(text, 8);
  return [header, ...ordered.map(([, { bytes }]) => bytes)];
}

/** Arrays of a file held in memory, views of its bytes. Throws as {@link decodeSafetensors} does, but for values that fit nowhere. */
export function decodeSafetensorsArrays(bytes: Uint8Array): SafetensorsArrays {
  requireBytes('safetensors', 'a file', bytes);
  const start = 8 + headerLength(bytes, bytes.length);
  const { entries, metadata } = parseHeader(bytes.subarray(8, start), bytes.length - start);
  const arrays = entries.map(
    (entry) => [entry.name, arrayOf(entry, bytes.subarray(start + entry.begin, start + entry.end))] as const,
  );
  return { arrays: new Map(arrays), metadata };
}

export function arrayOf({ format, shape }: Entry, bytes: Uint8Array): SafetensorsArray {
  return { dtype: format.name, shape, bytes };
}

/**
 * Reads a file held in memory. F32, F16, I32, U8 and BOOL are dtypes of tensors; F64 and BF16 become float32, other integers int32.
 *
 * Throws {@link SafetensorsError} where the bytes are cut off, overlap, have gaps, or are described wrongly or twice, and for an integer that
 * does not fit into int32.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  requireBytes('safetensors', 'a file', bytes);
  const start = 8 + headerLength(bytes, bytes.length);
  const { entries, metadata } = parseHeader(bytes.subarray(8, start), bytes.length - start);
  const state = new Map(
    entries.map((entry) => [entry.name, decodeEntry(entry, bytes.subarray(start + entry.begin, start + entry.end))]),
  );
  return { state, metadata };
}

/**
 * The bytes of a file with these tensors: float32 as F32, float16 as F16, int32 as I32, uint8 as U8, bool as BOOL. The same names and values always give the same bytes.
 *
 * @param metadata - free text by name.
 *
 * ```ts
 * const model = new Linear(784, 10);
 * const bytes = await encodeSafetensors(model.stateDict(), { epoch: '3' });
 * decodeSafetensors(bytes).metadata;  // { epoch: '3' }
 * ```
 */
export async function encodeSafetensors(
  state: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  recordOf(requireString)('safetensors', 'the metadata', metadata);
  const entries = stateEntries(state, 'encodeSafetensors');
  // Asked for together, so that all are read from one moment.
  const values = await Promise.all(entries.map(([, value]) => value.data()));
  const arrays = entries.map(([name, { dtype, shape }], i) => {
    return [name, { dtype: written[dtype], shape, bytes: bytesOf(dtype, values[i] ?? new Uint8Array()) }] as const;
  });
  return joined(encodeSafetensorsArrays(new Map(arrays), metadata));
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return joinBytes(pieces);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
