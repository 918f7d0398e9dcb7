/** NumPy's archive of arrays by name: a ZIP file of `.npy` files (APPNOTE.TXT of PKWARE, stored and deflated entries). */
import { requireBytes, requirePlain } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { encodeNpy, readNpy } from './npy.ts';

const localEntry = 0x04034b50;
const centralEntry = 0x02014b50;
const endOfDirectory = 0x06054b50;

function notZip(what: string): ArgumentError {
  return new ArgumentError(`[decodeNpz] this is no .npz file: ${what}.`, {
    hint: 'numpy.savez writes one; a single array (.npy) is read by decodeNpy.',
  });
}

/**
 * The arrays of an `.npz` file by name, compressed or not; each as {@link decodeNpy} reads it.
 *
 * Throws {@link ArgumentError} for bytes that are no such file, or damaged, and what {@link decodeNpy} throws.
 *
 * ```ts
 * const bytes = await encodeNpz({ x: tensor([1, 2]), y: tensor([[3]]) });
 * const { x, y } = await decodeNpz(bytes);
 * [await x?.toArray(), await y?.toArray()]; // [[1, 2], [[3]]]
 * ```
 */
export async function decodeNpz(bytes: Uint8Array): Promise<Record<string, Tensor>> {
  requireBytes('decodeNpz', 'the file', bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const arrays: [string, Tensor][] = [];
  for (const { name, start, length, method, crc } of entriesOf(view)) {
    const packed = bytes.subarray(start, start + length);
    const unpacked = method === 0 ? packed : await inflate(packed, name);
    if (checksum(unpacked) !== crc) throw notZip(`the checksum of ${name} is another one, it is damaged`);
    arrays.push([name.replace(/\.npy$/, ''), readNpy('decodeNpz', unpacked)]);
  }
  return Object.fromEntries(arrays);
}

interface Entry {
  readonly name: string;
  readonly start: number;
  readonly length: number;
  readonly method: number;
  readonly crc: number;
}

/** What the directory at the end of the file lists. */
function entriesOf(view: DataView): Entry[] {
  let end = view.byteLength - 22;
  // A comment of up to 64 KiB may follow.
  for (const first = Math.max(0, end - 0xffff); end >= first && view.getUint32(end, true) !== endOfDirectory; end--);
  if (end < 0 || view.getUint32(end, true) !== endOfDirectory) throw notZip('it has no directory at its end');
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) throw notZip('it has more than 65,534 arrays or 4 GB, which are not read');
  const decoder = new TextDecoder();
  try {
    return Array.from({ length: count }, () => {
      if (view.getUint32(at, true) !== centralEntry) throw notZip('its directory is damaged');
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [number, number, number]; // prettier-ignore
      const name = decoder.decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength));
      const method = view.getUint16(at + 10, true);
      if (method !== 0 && method !== 8)
        throw notZip(`${name} is compressed by method ${method}, and 0 and 8 are known`);
      const length = view.getUint32(at + 20, true);
      const local = view.getUint32(at + 42, true);
      if (length === 0xffffffff) throw notZip(`${name} is larger than 4 GB, which is not read`);
      if (view.getUint32(local, true) !== localEntry) throw notZip(`${name} is not where its directory says`);
      // The directory's sizes hold; an entry's own header may leave them open.
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      if (start + length > view.byteLength) throw notZip(`it ends within ${name}`);
      const crc = view.getUint32(at + 16, true);
      at += 46 + nameLength + extraLength + commentLength;
      return { name, start, length, method, crc };
    });
  } catch (error) {
    if (error instanceof RangeError) throw notZip('its directory points outside of it');
    throw error;
  }
}

async function inflate(packed: Uint8Array, name: string): Promise<Uint8Array> {
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw notZip(`${name} does not decompress, it is damaged`);
  }
}

/** CRC-32, by bits of the reversed polynomial 0xedb88320. */
export function checksum(bytes: Uint8Array): number {
  const table = new Uint32Array(256).map((_, n) => {
    let value = n;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 255] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * The bytes of an `.npz` file with tensors by name, as `numpy.savez` writes them, not compressed; `numpy.load` reads it.
 *
 * Throws {@link ArgumentError} for what is no object of tensors, more than 65,534 of them or 4 GB, and what reading a value throws.
 *
 * ```ts
 * const bytes = await encodeNpz({ weight: tensor([1, 2]) });
 * Object.keys(await decodeNpz(bytes)); // ['weight']
 * ```
 */
export async function encodeNpz(tensors: Readonly<Record<string, Tensor>>): Promise<Uint8Array> {
  requirePlain('encodeNpz', 'the tensors', tensors);
  const entries = Object.entries(tensors);
  for (const [name, x] of entries) requireTensor('encodeNpz', `tensors.${name}`, x);
  const encoder = new TextEncoder();
  const files = await Promise.all(
    entries.map(async ([name, x]) => ({ name: encoder.encode(`${name}.npy`), bytes: await encodeNpy(x) })),
  );
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const common = new DataView(new ArrayBuffer(26));
    // Version 2.0, names in UTF-8, stored, the first day of DOS.
    [20, 0x0800, 0, 0, 0x21].forEach((value, i) => common.setUint16(2 * i, value, true));
    [checksum(bytes), bytes.length, bytes.length].forEach((value, i) => common.setUint32(10 + 4 * i, value, true));
    common.setUint16(22, name.length, true);
    const shared = new Uint8Array(common.buffer);
    parts.push(signature(localEntry), shared, name, bytes);
    const rest = new DataView(new ArrayBuffer(14));
    rest.setUint32(10, offset, true);
    directory.push(signature(centralEntry), Uint8Array.of(20, 0), shared, new Uint8Array(rest.buffer), name);
    offset += 30 + name.length + bytes.length;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  if (files.length >= 0xffff || offset + length >= 0xffffffff)
    throw new ArgumentError(
      `[encodeNpz] ${files.length} arrays of ${offset} bytes are more than one file of this kind holds.`,
    );
  const end = new DataView(new ArrayBuffer(18));
  end.setUint16(4, files.length, true);
  end.setUint16(6, files.length, true);
  end.setUint32(8, length, true);
  end.setUint32(12, offset, true);
  return joined([...parts, ...directory, signature(endOfDirectory), new Uint8Array(end.buffer)]);
}

function signature(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
