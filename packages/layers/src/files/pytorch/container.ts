/** The two forms of a file: a ZIP archive (torch.save since 1.6), and pickles in a row with the storages behind them. */
import { crc32 } from '@hebb/files';
import { readZipDirectory, readZipEntry, type ZipEntry } from '@hebb/tensor/zip';
import type { ByteSource } from '../source.ts';
import { builders, StorageRecord } from './builders.ts';
import { quoted, type Fail } from './error.ts';
import { PickleEnds, unpickle, type Builders, type Unpickled } from './unpickler.ts';

/** A file with its storages still in it. */
export interface Container {
  /** Dicts, lists, tuples, other plain data, records of tensors, and `Unreadable` for what is none of them. */
  readonly value: unknown;
  /** The bytes of a storage, little-endian; `width` is how many an element has. Throws where there are not as many as the pickle says. */
  readStorage(storage: StorageRecord, width: number): Promise<Uint8Array>;
}

/** The first pickle of a file of the older format. */
const magic = 0x1950a86a20f9469cfc6cn;

/** No list of tensors is longer. */
const largestPickle = 100_000_000;

/** What is deflated may unpack to so many times the file, or to so many bytes: weights deflate to no less than half, and deflate could make a thousandfold. */
const largestExpansion = 32;
const smallExpansion = 2 ** 24;

const startsWith = (bytes: Uint8Array, expected: readonly number[], at = 0): boolean =>
  expected.every((byte, i) => bytes[at + i] === byte);

export async function openContainer(source: ByteSource, fail: Fail): Promise<Container> {
  const start = await source.read(0, Math.min(source.size, 512));
  if (startsWith(start, [0x50, 0x4b])) return openArchive(source, fail);
  if (start[0] === 0x80 || startsWith(start, [...new TextEncoder().encode(`L${magic}`)]))
    return openLegacy(source, fail);
  // 'ustar' in the header of the first file of a tar archive.
  if (startsWith(start, [0x75, 0x73, 0x74, 0x61, 0x72], 257))
    throw fail('it is a tar archive, the format before PyTorch 0.1.10', 'Load it there and save it again.');
  if (startsWith(start, [...new TextEncoder().encode('version https://git-lfs')]))
    throw fail('it is a pointer of Git LFS, not the file', 'git lfs pull brings the file.');
  throw fail(
    source.size === 0 ? 'it is empty' : 'it is none that torch.save writes',
    'Both of its formats are read, and nothing else; safetensors by readSafetensors.',
  );
}

/** What a pickle of the file says, in words: the errors of `builders` are about it. */
function pickled(fail: Fail): Fail {
  return (what, hint) => fail(`its pickle is not one that is read: ${what}`, hint);
}

function whole(bytes: Uint8Array, build: Builders, fail: Fail): unknown {
  try {
    return unpickle(bytes, 0, build, pickled(fail)).value;
  } catch (error) {
    if (error instanceof PickleEnds) throw fail('its pickle is cut off');
    throw error;
  }
}

async function openArchive(source: ByteSource, fail: Fail): Promise<Container> {
  const options = { fail: (what: string) => fail(`it is no whole ZIP archive: ${what}`), checksum: crc32 };
  const entries = await readZipDirectory(source, options);
  for (const { name } of entries)
    if (!isInside(name)) throw fail(`its archive has a file ${quoted(name)}, which would lie outside of it`);
  refuseBomb(entries, source.size, fail);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const roots = entries.flatMap(({ name }) =>
    /^[^/]+\/data\.pkl$/.test(name) ? [name.slice(0, -'data.pkl'.length)] : [],
  );
  const [root, second] = roots;
  if (root === undefined || second !== undefined)
    throw fail(
      `its archive has ${root === undefined ? 'no' : 'more than one'} data.pkl`,
      'A file of torch.save has one; other archives are read by other functions (decodeNpz).',
    );
  if (entries.some(({ name }) => name === `${root}constants.pkl` || name.startsWith(`${root}code/`)))
    throw fail('it is a program of TorchScript', 'Save torch.jit.load(path).state_dict() with torch.save.');
  const text = async (name: string): Promise<string | undefined> => {
    const entry = byName.get(root + name);
    if (entry === undefined) return undefined;
    if (entry.size > 100) throw fail(`its ${name} has ${entry.size} bytes`);
    return new TextDecoder().decode(await readZipEntry(source, entry, options)).trim();
  };
  const version = (await text('version')) ?? (await text('.data/version'));
  if (version === undefined || !/^\d{1,4}$/.test(version) || Number(version) < 1 || Number(version) > 10)
    throw fail(`its format has the version ${version === undefined ? 'none' : quoted(version)}; 1 to 10 are known`);
  const order = (await text('byteorder')) ?? 'little';
  if (order !== 'little' && order !== 'big') throw fail(`its order of bytes is ${quoted(order)}`);
  const pickle = byName.get(`${root}data.pkl`) as ZipEntry;
  if (pickle.size > largestPickle) throw fail(`its pickle has ${pickle.size} bytes; up to ${largestPickle} are read`);
  const value = whole(await readZipEntry(source, pickle, options), builders(pickled(fail), pickle.size), fail);
  return {
    value,
    async readStorage({ key, bytes }, width) {
      const entry = byName.get(`${root}data/${key}`);
      if (entry === undefined) throw fail(`the storage ${quoted(key)} is missing`);
      if (entry.size !== bytes)
        throw fail(`the storage ${quoted(key)} is said to have ${bytes} bytes, and has ${entry.size}`);
      const read = await readZipEntry(source, entry, options);
      return order === 'big' ? swapped(read, width) : read;
    },
  };
}

/** `torch.save` compresses nothing; what another program deflated is read while it cannot be made to fill the memory. */
function refuseBomb(entries: readonly ZipEntry[], archive: number, fail: Fail): void {
  const total = entries.reduce((sum, { method, size }) => (method === 0 ? sum : sum + size), 0);
  if (total <= Math.max(smallExpansion, largestExpansion * archive)) return;
  throw fail(
    `its ${archive} bytes would unpack to ${total}, more than ${largestExpansion} times as many`,
    'torch.save compresses nothing: if you trust the file, load it in PyTorch and save it again.',
  );
}

/** Whether the name of a file in an archive leads nowhere else. */
export function isInside(name: string): boolean {
  return !/^\/|\\|^[A-Za-z]:|\0/.test(name) && !name.split('/').includes('..');
}

/** Elements of `width` bytes in the other order of bytes. */
function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const result = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += width)
    for (let i = 0; i < width; i++) result[start + i] = bytes[start + width - 1 - i] ?? 0;
  return result;
}

const legacyProtocol = 1001;

/** The pickles: a number, a version, what machine it was, the value, and the keys of the storages in the order in which they follow. */
async function openLegacy(source: ByteSource, fail: Fail): Promise<Container> {
  const { value, keys, end, storages } = await readPickles(source, fail);
  const positions = new Map<string, number>();
  let position = end;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined) throw fail(`it has a storage ${quoted(key)} that nothing describes`);
    if (positions.has(storage.key)) throw fail(`it has the storage ${quoted(key)} twice`);
    const { bytes } = storage;
    if (position + 8 + bytes > source.size)
      throw fail(`the storage ${quoted(key)} needs ${bytes} bytes; the file has ${Math.max(0, source.size - position - 8)} there`); // prettier-ignore
    const { buffer, byteOffset } = await source.read(position, 8);
    const size = new DataView(buffer, byteOffset, 8).getBigInt64(0, true);
    if (size !== BigInt(storage.size))
      throw fail(`the storage ${quoted(key)} is said to have ${storage.size} elements, and has ${size}`);
    positions.set(storage.key, position + 8);
    position += 8 + bytes;
  }
  if (position !== source.size) throw fail(`it has ${source.size - position} bytes behind its last storage`);
  return {
    value,
    readStorage({ key, bytes }) {
      const at = positions.get(key);
      if (at === undefined) throw fail(`the storage ${quoted(key)} is missing`);
      return source.read(at, bytes);
    },
  };
}

interface Pickles {
  readonly value: unknown;
  readonly keys: readonly unknown[];
  readonly end: number;
  readonly storages: ReadonlyMap<string, StorageRecord>;
}

/** How long the pickles are they say themselves: more is read where they go on. */
async function readPickles(source: ByteSource, fail: Fail): Promise<Pickles> {
  for (let length = Math.min(source.size, 2 ** 18); ; length = Math.min(source.size, 4 * length, largestPickle)) {
    const bytes = await source.read(0, length);
    try {
      return parsePickles(bytes, fail);
    } catch (error) {
      if (!(error instanceof PickleEnds)) throw error;
      if (length === source.size) throw fail('its pickle is cut off');
      if (length === largestPickle) throw fail(`its pickle has more than ${largestPickle} bytes`);
    }
  }
}

function parsePickles(bytes: Uint8Array, fail: Fail): Pickles {
  const words = pickled(fail);
  const storages = new Map<string, StorageRecord>();
  const build = builders(words, bytes.length);
  const noting: Builders = {
    ...build,
    persistent(id) {
      const storage = build.persistent(id);
      if (storage instanceof StorageRecord) storages.set(storage.key, storage);
      return storage;
    },
  };
  const first = unpickle(bytes, 0, build, words);
  if (first.value !== magic)
    throw fail('it is a pickle, but not one of torch.save', 'What pickle.dump wrote is not read; use torch.save.');
  const protocol = unpickle(bytes, first.end, build, words);
  if (protocol.value !== legacyProtocol) throw fail(`its protocol is ${quoted(protocol.value)}; ${legacyProtocol} is known`); // prettier-ignore
  const machine: Unpickled = unpickle(bytes, protocol.end, build, words);
  const { value, end } = unpickle(bytes, machine.end, noting, words);
  const keys = unpickle(bytes, end, build, words);
  if (!Array.isArray(keys.value)) throw fail('it does not list its storages');
  return { value, keys: keys.value, end: keys.end, storages };
}
