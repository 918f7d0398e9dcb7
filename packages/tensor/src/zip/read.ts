/**
 * Archives of the ZIP format (APPNOTE.TXT of PKWARE), read in ranges: what the directory at the end lists, and single entries, stored or deflated,
 * of any size. What an archive says of itself is compared with what is there before memory is taken for it.
 */

/** Bytes of which ranges can be read. */
export interface ZipSource {
  readonly size: number;
  read(position: number, length: number): Promise<Uint8Array>;
}

export interface ZipOptions {
  /** The error for an archive that is wrong; `what` is a clause without a full stop. */
  readonly fail: (what: string) => Error;
  /** CRC-32. */
  readonly checksum: (bytes: Uint8Array) => number;
}

export interface ZipEntry {
  readonly name: string;
  /** Bytes that it unpacks to. */
  readonly size: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** 0: stored, 8: deflated. */
  readonly method: number;
  readonly crc: number;
  /** Where its own header begins, and where the next one, or the directory, does. */
  readonly position: number;
  readonly limit: number;
}

const localEntry = 0x04034b50;
const centralEntry = 0x02014b50;
const endOfDirectory = 0x06054b50;
const wideEnd = 0x06064b50;
const wideLocator = 0x07064b50;
/** More than that is no list of names. */
const largestDirectory = 2 ** 27;
/** Deflate makes at most 258 bytes of two bits. */
const largestRatio = 1032;

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** The bytes that are there already. */
export function bytesSource(bytes: Uint8Array): ZipSource {
  return {
    size: bytes.length,
    read: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
  };
}

/** What the directory lists, in its order; no name twice, and no entry in another. */
export async function readZipDirectory(source: ZipSource, { fail }: ZipOptions): Promise<ZipEntry[]> {
  const { count, position, length } = await findDirectory(source, fail);
  if (length > largestDirectory) throw fail(`its directory is said to have ${length} bytes`);
  if (46 * count > length) throw fail(`its directory of ${length} bytes cannot list ${count} files`);
  const bytes = await source.read(position, length);
  const view = viewOf(bytes);
  const decoder = new TextDecoder();
  const entries: Omit<ZipEntry, 'limit'>[] = [];
  const names = new Set<string>();
  for (let at = 0, i = 0; i < count; i++) {
    if (at + 46 > length || view.getUint32(at, true) !== centralEntry) throw fail('its directory is damaged');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [number, number, number]; // prettier-ignore
    const end = at + 46 + nameLength + extraLength + commentLength;
    if (end > length) throw fail('its directory is damaged');
    const name = decoder.decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (names.has(name)) throw fail(`it has two files of the name ${JSON.stringify(name)}`);
    names.add(name);
    if ((view.getUint16(at + 8, true) & 1) !== 0) throw fail(`${name} is encrypted`);
    const method = view.getUint16(at + 10, true);
    if (method !== 0 && method !== 8) throw fail(`${name} is compressed by method ${method}, and 0 and 8 are known`);
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    const short = [24, 20, 42].map((field) => view.getUint32(at + field, true));
    const [size, packed, local] = wideNumbers(short, extra, () => fail(`the sizes of ${name} are missing`)) as [number, number, number]; // prettier-ignore
    if (local + 30 + nameLength + packed > position) throw fail(`it ends within ${name}`);
    if (method === 0 ? size !== packed : size > largestRatio * packed + largestRatio)
      throw fail(`${name} is said to be ${size} bytes, which ${packed} bytes cannot hold`);
    entries.push({ name, size, packed, method, crc: view.getUint32(at + 16, true), position: local });
    at = end;
  }
  const places = entries.map((entry) => entry.position).sort((a, b) => a - b);
  const nextPlace = new Map(places.map((place, i) => [place, places[i + 1] ?? position]));
  return entries.map((entry) => {
    const limit = nextPlace.get(entry.position) ?? position;
    if (limit < entry.position + 30 + entry.packed) throw fail(`${entry.name} overlaps another file`);
    return { ...entry, limit };
  });
}

/** The bytes of an entry, unpacked, with the checksum that the directory says. */
export async function readZipEntry(source: ZipSource, entry: ZipEntry, options: ZipOptions): Promise<Uint8Array> {
  const { name, position, limit, packed, size, method, crc } = entry;
  const { fail, checksum } = options;
  const header = viewOf(await source.read(position, 30));
  if (header.getUint32(0, true) !== localEntry) throw fail(`${name} is not where its directory says`);
  // The directory's sizes hold; an entry's own header may leave them open.
  const nameLength = header.getUint16(26, true);
  const start = position + 30 + nameLength + header.getUint16(28, true);
  if (start + packed > limit) throw fail(`${name} overlaps another file`);
  const own = new TextDecoder().decode(await source.read(position + 30, nameLength));
  if (own !== name || header.getUint16(8, true) !== method)
    throw fail(`${name} is ${JSON.stringify(own)} where it begins`);
  const bytes = await source.read(start, packed);
  const unpacked = method === 0 ? bytes : await inflate(bytes, size, () => fail(`${name} does not decompress, it is damaged`)); // prettier-ignore
  if (checksum(unpacked) !== crc) throw fail(`the checksum of ${name} is another one, it is damaged`);
  return unpacked;
}

/** Where the directory is: the end says so, behind which there may be a comment of up to 64 KiB. */
async function findDirectory(
  source: ZipSource,
  fail: ZipOptions['fail'],
): Promise<{ count: number; position: number; length: number }> {
  const tailLength = Math.min(source.size, 22 + 0xffff + 20);
  const tail = viewOf(await source.read(source.size - tailLength, tailLength));
  let end = tailLength - 22;
  const isEnd = (): boolean =>
    tail.getUint32(end, true) === endOfDirectory && end + 22 + tail.getUint16(end + 20, true) === tailLength;
  while (end >= 0 && !isEnd()) end--;
  if (end < 0) throw fail('it has no directory at its end');
  const before = source.size - tailLength + end;
  let [count, length, position] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)]; // prettier-ignore
  if ([tail.getUint16(end + 4, true), tail.getUint16(end + 6, true)].some((disk) => disk !== 0 && disk !== 0xffff))
    throw fail('it is one of several parts');
  if (count === 0xffff || length === 0xffffffff || position === 0xffffffff) {
    if (end < 20 || tail.getUint32(end - 20, true) !== wideLocator) throw fail('its directory is damaged');
    const at = wide(tail, end - 12);
    if (at + 56 > before) throw fail('its directory is damaged');
    const record = viewOf(await source.read(at, 56));
    if (record.getUint32(0, true) !== wideEnd) throw fail('its directory is damaged');
    [count, length, position] = [wide(record, 32), wide(record, 40), wide(record, 48)];
  }
  if (position + length > before) throw fail('its directory points outside of it');
  return { count, position, length };
}

/** 64 bits; what no file has is infinite. */
function wide(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  return Number.isSafeInteger(value) ? value : Infinity;
}

/** The numbers of an entry, those that 32 bits do not hold from its extra field 1. */
function wideNumbers(short: readonly number[], extra: Uint8Array, fail: () => Error): number[] {
  if (!short.includes(0xffffffff)) return [...short];
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end = at + 4 + view.getUint16(at + 2, true);
    let next = at + 4;
    return short.map((value) => {
      if (value !== 0xffffffff) return value;
      if (next + 8 > Math.min(end, extra.length)) throw fail();
      const number = wide(view, next);
      next += 8;
      return number;
    });
  }
  throw fail();
}

/** Unpacks to exactly `size` bytes; what would be more is not waited for. */
async function inflate(packed: Uint8Array, size: number, fail: () => Error): Promise<Uint8Array> {
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      pieces.push(piece.value);
      length += piece.value.length;
      if (length > size) break;
    }
  } catch {
    throw fail();
  }
  if (length !== size) {
    await reader.cancel().catch(() => undefined);
    throw fail();
  }
  const unpacked = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    unpacked.set(piece, at);
    at += piece.length;
  }
  return unpacked;
}
