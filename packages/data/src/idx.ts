/** The IDX format of MNIST and its relatives: a magic number, extents, then raw big-endian numbers. */
import { Gunzip } from 'fflate';
import { requireString } from '@hebb/tensor/arguments';
import { sizeOf, whole, type NumericArray } from './arrays.ts';
import { DataError, messageOf } from './errors.ts';
import { nameOf, readBytes, type Source } from './files.ts';

export type IdxArray = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

interface IdxType {
  readonly name: string;
  readonly bytes: number;
  make(length: number): IdxArray;
  read(view: DataView, offset: number): number;
}

const types: Readonly<Record<number, IdxType>> = {
  0x08: { name: 'unsigned byte', bytes: 1, make: (n) => new Uint8Array(n), read: (view, at) => view.getUint8(at) },
  0x09: { name: 'signed byte', bytes: 1, make: (n) => new Int8Array(n), read: (view, at) => view.getInt8(at) },
  0x0b: { name: 'short', bytes: 2, make: (n) => new Int16Array(n), read: (view, at) => view.getInt16(at) },
  0x0c: { name: 'int', bytes: 4, make: (n) => new Int32Array(n), read: (view, at) => view.getInt32(at) },
  0x0d: { name: 'float', bytes: 4, make: (n) => new Float32Array(n), read: (view, at) => view.getFloat32(at) },
  0x0e: { name: 'double', bytes: 8, make: (n) => new Float64Array(n), read: (view, at) => view.getFloat64(at) },
};

export interface IdxHeader {
  readonly type: IdxType;
  readonly shape: number[];
  /** Where the numbers start, and where the file must end. */
  readonly start: number;
  readonly end: number;
}

/** Reads an IDX file from a path (Node), an http(s) URL, a `Blob`/`File`, or its bytes. See {@link readIdx}. */
export async function loadIdx(source: Source): Promise<NumericArray> {
  return readIdx(await readBytes('idx', source), nameOf('idx', source));
}

/**
 * Parses an IDX file, gzipped or plain.
 *
 * The format: two zero bytes, a type code, the number of axes, one big-endian uint32 per axis, then the numbers in
 * row-major order, big-endian. Types: 0x08 Uint8Array, 0x09 Int8Array, 0x0B Int16Array, 0x0C Int32Array, 0x0D
 * Float32Array, 0x0E Float64Array.
 *
 * ```ts
 * import { readIdx } from '@hebb/data';
 *
 * const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9);
 * const { data, shape } = readIdx(bytes, 'example'); // Uint8Array [7, 8, 9], [1, 3]
 * ```
 *
 * @param name what errors call the file
 * @throws DataError for a wrong magic number, an unknown type code, missing or trailing bytes, damaged gzip data.
 */
export function readIdx(bytes: Uint8Array, name = '<bytes>'): NumericArray {
  requireString('idx', 'name', name);
  if (!(bytes instanceof Uint8Array)) throw new DataError(`[idx] ${name}: expected the bytes as a Uint8Array.`);
  const file = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip(bytes, name) : bytes;
  const header = readHeader(file, name);
  if (header === undefined) throw fault(name, `it ends after ${file.length} bytes, inside its header.`);
  const { type, shape, start, end } = header;
  if (file.length < end) throw cutShort(name, header, file.length);
  if (file.length > end) throw trailing(name, header, file.length);
  const size = sizeOf(shape);
  if (type.bytes === 1) {
    const data = type.make(size);
    data.set(
      data instanceof Int8Array ? new Int8Array(file.buffer, file.byteOffset + start, size) : file.subarray(start),
    );
    return whole({ data, shape });
  }
  const data = type.make(size);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let i = 0; i < size; i++) data[i] = type.read(view, start + i * type.bytes);
  return whole({ data, shape });
}

/** The header, or `undefined` if the bytes end before it does. */
export function readHeader(bytes: Uint8Array, name: string): IdxHeader | undefined {
  if (bytes.length < 4) {
    if (bytes.length === 0)
      throw fault(name, 'it is empty.', 'The download or copy was cut short: get the file again.');
    return undefined;
  }
  const [zero0 = 0, zero1 = 0, code = 0, axes = 0] = bytes;
  if (zero0 !== 0 || zero1 !== 0) {
    const magic = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw fault(
      name,
      `wrong magic number: it starts with the bytes ${magic}, expected 00 00, a type code and the number of axes.`,
      'This is not an IDX file (perhaps a web page that came in its place).',
    );
  }
  const type = types[code];
  if (type === undefined) {
    const known = Object.entries(types).map(
      ([key, { name: typeName }]) => `0x0${Number(key).toString(16)} (${typeName})`,
    );
    throw fault(
      name,
      `unknown type code 0x${code.toString(16).padStart(2, '0')}, expected one of ${known.join(', ')}.`,
    );
  }
  const start = 4 + 4 * axes;
  if (bytes.length < start) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const end = start + sizeOf(shape) * type.bytes;
  if (!Number.isSafeInteger(end)) throw fault(name, `its shape [${shape.join(',')}] is larger than any file.`);
  return { type, shape, start, end };
}

/** Unpacks piece by piece and stops as soon as there is more than the header announces. */
function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes.length < 18)
    throw fault(name, `its gzip data is cut short after ${bytes.length} bytes.`, 'Get the file again.');
  const pieces: Uint8Array[] = [];
  let length = 0;
  let header: IdxHeader | undefined;
  const stream = new Gunzip((piece) => {
    if (piece.length === 0) return; // a block that has not arrived to its end
    pieces.push(piece);
    length += piece.length;
    header ??= readHeader(length === piece.length ? piece : join(pieces, length), name);
    if (header !== undefined && length > header.end) throw trailing(name, header, length);
  });
  const step = 1 << 13;
  try {
    for (let at = 0; at < bytes.length; at += step) {
      stream.push(bytes.subarray(at, at + step), at + step >= bytes.length);
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw fault(name, `its gzip data is damaged or cut short (${messageOf(cause)}).`, 'Get the file again.');
  }
  const file = join(pieces, length);
  // fflate does not compare the checksum at the end of the file, which catches damage that still unpacks.
  const footer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  if (footer.getUint32(4, true) !== length >>> 0 || footer.getUint32(0, true) !== crc32(file)) {
    throw fault(name, 'its gzip data is damaged or cut short (the checksum does not match).', 'Get the file again.');
  }
  return file;
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** CRC-32 of RFC 1952, section 8. */
function crc32(bytes: Uint8Array): number {
  const table = Int32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    return c;
  });
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  return ~crc >>> 0;
}

export function cutShort(name: string, { type, shape, end }: IdxHeader, length: number): DataError {
  return fault(
    name,
    `it ends after ${length} bytes; ${type.name}[${shape.join(',')}] takes ${end}, so ${end - length} are missing.`,
    'The download or copy was cut short: get the file again.',
  );
}

export function trailing(name: string, { type, shape, end }: IdxHeader, length: number): DataError {
  return fault(
    name,
    `trailing bytes: ${type.name}[${shape.join(',')}] takes ${end} bytes, and there are at least ${length}.`,
  );
}

export function fault(name: string, message: string, hint?: string): DataError {
  return new DataError(`[idx] ${name}: ${message}`, { source: name, ...(hint !== undefined && { hint }) });
}
