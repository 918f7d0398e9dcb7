/** Files of torch.save put together by hand, right ones and wrong ones. */
import { crc32 } from 'node:zlib';

export type Piece = number | string | Uint8Array | readonly Piece[];

/** Bytes: numbers are bytes, texts UTF-8. */
export function bytes(...pieces: readonly Piece[]): Uint8Array<ArrayBuffer> {
  const parts = pieces.map((piece) => {
    if (typeof piece === 'number') return Uint8Array.of(piece);
    if (typeof piece === 'string') return new TextEncoder().encode(piece);
    return piece instanceof Uint8Array ? piece : bytes(...piece);
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** `value` in `count` bytes, little-endian. */
export function little(count: number, value: number | bigint): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n));
}

/** Opcodes of pickles. */
export const mark = '(';
export const stop = '.';
export const proto = (version = 2): Uint8Array => bytes(0x80, version);
export const text = (value: string): Uint8Array => {
  const encoded = new TextEncoder().encode(value);
  return bytes('X', little(4, encoded.length), encoded);
};
/** LONG1 of eight bytes. */
export const integer = (value: number | bigint): Uint8Array => bytes(0x8a, 8, little(8, value));
export const global = (name: string): Uint8Array => bytes(`c${name.replace(/\.([^.]*)$/, '\n$1')}\n`);
export const tuple = (...items: readonly Piece[]): Uint8Array => bytes(mark, items, 't');
export const call = (name: string, ...args: readonly Piece[]): Uint8Array => bytes(global(name), tuple(...args), 'R');
/** A dict of one entry. */
export const dict = (key: string, value: Piece): Uint8Array => bytes('}', text(key), value, 's');
export const pickle = (...pieces: readonly Piece[]): Uint8Array => bytes(proto(), pieces, stop);

export const storage = (key: string, size: number | bigint, type = 'torch.FloatStorage'): Uint8Array =>
  bytes(tuple(text('storage'), global(type), text(key), text('cpu'), integer(size)), 'Q');

export interface TensorOptions {
  readonly key?: string;
  readonly size?: number | bigint;
  readonly offset?: number | bigint;
  readonly shape?: readonly (number | bigint)[];
  readonly strides?: readonly (number | bigint)[];
  readonly type?: string;
}

/** `_rebuild_tensor_v2` of a storage of four float32 numbers. */
export function tensorPickle({ key = '0', size = 4, offset = 0, shape = [4], strides = [1], type }: TensorOptions = {}): Uint8Array {
  const args = [storage(key, size, type), integer(offset), tuple(...shape.map(integer)), tuple(...strides.map(integer))];
  return call('torch._utils._rebuild_tensor_v2', ...args, 0x89, call('collections.OrderedDict'));
} // prettier-ignore

export interface Entry {
  readonly name: string;
  readonly data: Uint8Array;
  /** What the directory says instead of the truth. */
  readonly method?: number;
  readonly flags?: number;
  readonly size?: number;
  readonly packed?: number;
  readonly crc?: number;
  readonly position?: number;
  readonly localName?: string;
  /** 64-bit sizes in the extra field of the directory. */
  readonly wide?: readonly [size: bigint, packed: bigint, position: bigint];
}

/** A ZIP archive of entries as they are (stored, where `method` does not say otherwise). */
export function zip(entries: readonly Entry[], { count = entries.length } = {}): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const entry of entries) {
    const { name, data, method = 0, flags = 0, wide } = entry;
    const own = new TextEncoder().encode(name);
    const localName = new TextEncoder().encode(entry.localName ?? name);
    const crc = entry.crc ?? crc32(data);
    const { size = data.length, packed = data.length, position = at } = entry;
    const common = (named: Uint8Array, extra: number, wideSizes: boolean): Piece[] => [
      ...[little(2, 20), little(2, flags), little(2, method), little(4, 0), little(4, crc)],
      ...[little(4, wideSizes ? 0xffffffff : packed), little(4, wideSizes ? 0xffffffff : size)],
      ...[little(2, named.length), little(2, extra)],
    ];
    const local = bytes('PK\x03\x04', common(localName, 0, false), localName, data);
    const extra =
      wide === undefined
        ? bytes()
        : bytes(
            little(2, 1),
            little(2, 24),
            wide.map((n) => little(8, n)),
          );
    const place = wide === undefined ? position : 0xffffffff;
    directory.push(
      bytes('PK\x01\x02', little(2, 20), common(own, extra.length, wide !== undefined), little(10, 0), little(4, place), own, extra), // prettier-ignore
    );
    parts.push(local);
    at += local.length;
  }
  const list = bytes(...directory);
  const end = bytes('PK\x05\x06', little(4, 0), little(2, count), little(2, count), little(4, list.length), little(4, at), little(2, 0)); // prettier-ignore
  return bytes(...parts, list, end);
}

export const floats = (...values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
export const fourFloats = floats(1, 2, 3, 4);

export interface ArchiveOptions {
  readonly storages?: Readonly<Record<string, Uint8Array>>;
  readonly version?: string;
  /** Entries besides, or in the place of those of the same name. */
  readonly others?: readonly Entry[];
}

/** A file in the ZIP format with this pickle. */
export function archive(
  data: Uint8Array,
  { storages = { 0: fourFloats }, version = '3\n', others = [] }: ArchiveOptions = {},
): Uint8Array<ArrayBuffer> {
  const entries: readonly Entry[] = [
    { name: 'a/data.pkl', data },
    ...Object.entries(storages).map(([key, content]) => ({ name: `a/data/${key}`, data: content })),
    { name: 'a/version', data: bytes(version) },
  ];
  const names = new Set(others.map(({ name }) => name));
  return zip([...entries.filter(({ name }) => !names.has(name)), ...others]);
}

const magic = bytes(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);

/** A file in the format before: the pickles, and each storage behind the number of its elements. */
export function legacy(
  value: Uint8Array,
  keys: readonly string[] = ['0'],
  storages: readonly Uint8Array[] = [bytes(little(8, 4), fourFloats)],
): Uint8Array<ArrayBuffer> {
  const list = pickle(']', mark, keys.map(text), 'e');
  return bytes(pickle(magic), pickle('M', little(2, 1001)), pickle('}'), value, list, ...storages);
}
