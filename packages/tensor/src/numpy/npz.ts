/** NumPy's archive of arrays by name: a ZIP file of `.npy` files. */
import { requireBytes, requirePlain } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { bytesSource, readZipDirectory, readZipEntry } from '../zip/read.ts';
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
  const source = bytesSource(bytes);
  const options = { fail: notZip, checksum };
  const arrays: [string, Tensor][] = [];
  for (const entry of await readZipDirectory(source, options)) {
    const unpacked = await readZipEntry(source, entry, options);
    arrays.push([entry.name.replace(/\.npy$/, ''), readNpy('decodeNpz', unpacked)]);
  }
  return Object.fromEntries(arrays);
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
