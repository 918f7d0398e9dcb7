/** Reading files whole and in ranges, and what a folder holds. */
import type { FileHandle } from 'node:fs/promises';
import { FileError } from './errors.ts';
import { requireNode } from './node.ts';
import type { FileOptions } from './options.ts';

/** Largest piece that is read at once: a system call takes less than 2 GiB. */
const pieceBytes = 2 ** 30;

/** A promise whose failure is told of a path. */
async function reading<T>(path: string | URL, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (cause) {
    throw new FileError('read', String(path), { cause });
  }
}

/**
 * The bytes of a file, given by its path or a `file:` URL.
 *
 * ```ts
 * await writeFile('greeting.txt', 'hello');
 * new TextDecoder().decode(await readFile('greeting.txt')); // 'hello'
 * ```
 *
 * @throws FileError where it cannot be read, and in a browser
 */
export async function readFile(path: string | URL, options: FileOptions = {}): Promise<Uint8Array> {
  const { files } = requireNode('read', path, options);
  const { buffer, byteOffset, byteLength } = await reading(path, files.readFile(path));
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A file to read ranges of, while it is open. */
export interface OpenFile {
  /** Its length in bytes. */
  readonly size: number;
  /** @throws FileError where the file ends before the range does */
  read(position: number, length: number): Promise<Uint8Array>;
}

/**
 * Opens a file, calls `use` with it and closes it, whatever happens.
 *
 * ```ts
 * await writeFile('greeting.txt', 'hello');
 * const end = await openFile('greeting.txt', (file) => file.read(file.size - 2, 2));
 * new TextDecoder().decode(end); // 'lo'
 * ```
 *
 * @returns what `use` returns
 * @throws FileError where it cannot be read, and in a browser
 */
export async function openFile<T>(
  path: string | URL,
  use: (file: OpenFile) => Promise<T>,
  options: FileOptions = {},
): Promise<T> {
  const { files } = requireNode('read', path, options);
  const handle = await reading(path, files.open(path, 'r'));
  try {
    const { size } = await reading(path, handle.stat());
    return await use({ size, read: (position, length) => readRange(path, handle, position, length) });
  } finally {
    await handle.close();
  }
}

function endsBefore(path: string | URL, end: number): FileError {
  return new FileError('read', String(path), {
    reason: `it ends before byte ${end}`,
    hint: 'Read it when nothing is writing to it any more, or get it again.',
  });
}

async function readRange(
  path: string | URL,
  handle: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const size = Math.min(pieceBytes, length - done);
    const { bytesRead } = await reading(path, handle.read(bytes, done, size, position + done));
    if (bytesRead === 0) {
      throw endsBefore(path, position + length);
    }
    done += bytesRead;
  }
  return bytes;
}

export interface ReadPiecesOptions extends FileOptions {
  /** The byte to begin at. Default 0. */
  readonly from?: number;
  /** Bytes of a piece; the last is shorter. Default 262,144. */
  readonly pieceBytes?: number;
}

/**
 * The bytes of a file piece by piece, for files larger than memory. The file is open from the first piece to the last, or to where the loop is left:
 * by `break`, `return` or an error. The next piece is read while the caller works on this one.
 *
 * ```ts
 * await writeFile('greeting.txt', 'hello');
 * let text = '';
 * for await (const piece of readPieces('greeting.txt', { from: 1, pieceBytes: 3 })) text += `${new TextDecoder().decode(piece)}|`;
 * text; // 'ell|o|'
 * ```
 *
 * @throws FileError where it cannot be read, and in a browser
 */
export async function* readPieces(
  path: string | URL,
  options: ReadPiecesOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { from = 0, pieceBytes = 2 ** 18 } = options;
  if (!Number.isSafeInteger(from) || from < 0 || !Number.isSafeInteger(pieceBytes) || pieceBytes < 1) {
    throw new FileError('read', String(path), {
      code: 'EINVAL',
      reason: `pieces of ${pieceBytes} bytes from byte ${from} on were asked for`,
      hint: 'Both are integers, from 0 and at least 1.',
    });
  }
  const { files } = requireNode('read', path, options);
  const handle = await reading(path, files.open(path, 'r'));
  const readAt = async (position: number): Promise<Uint8Array<ArrayBuffer>> => {
    const piece = new Uint8Array(pieceBytes);
    let done = 0;
    // A system call may give less than was asked for; only nothing at all is the end.
    while (done < pieceBytes) {
      const { bytesRead } = await handle.read(piece, done, pieceBytes - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return piece.subarray(0, done);
  };
  // Whoever works on a piece is not waiting for the next one: its failure is told when it is asked for.
  const begin = (position: number): Promise<Uint8Array<ArrayBuffer>> => {
    const piece = readAt(position);
    piece.catch(() => undefined);
    return piece;
  };
  let ahead = begin(from);
  try {
    for (let position = from; ;) {
      const piece = await reading(path, ahead);
      position += piece.length;
      if (piece.length === 0) return;
      if (piece.length === pieceBytes) ahead = begin(position);
      yield piece;
      if (piece.length < pieceBytes) return;
    }
  } finally {
    await ahead.catch(() => undefined);
    await handle.close();
  }
}

/**
 * The names of the files and folders in a folder, sorted.
 *
 * @throws FileError where it cannot be read, and in a browser
 */
export async function listFolder(path: string | URL, options: FileOptions = {}): Promise<string[]> {
  const { files } = requireNode('read', path, options);
  return (await reading(path, files.readdir(path))).sort();
}

/**
 * Whether two paths lead to the same file or folder; false where one of them leads nowhere.
 *
 * ```ts
 * await writeFile('runs/first/notes.txt', '', { makeFolder: true });
 * await isSameFile('runs/first', './runs/../runs/first'); // true
 * ```
 *
 * @throws FileError in a browser
 */
export async function isSameFile(one: string, other: string, options: FileOptions = {}): Promise<boolean> {
  const { files } = requireNode('read', one, options);
  requireNode('read', other, options);
  const [a, b] = await Promise.all(
    [one, other].map((path) => files.stat(path, { bigint: true }).catch(() => undefined)),
  );
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** Some bytes of a file. */
export interface FileRange {
  readonly position: number;
  readonly length: number;
}

/**
 * Many short ranges of a file, read one after the other before this returns: what lies in the memory of the system takes 2 µs each, where a promise takes ten times as much
 * and a turn of the event loop. A disk that has to be waited for belongs into a worker, or to {@link openFile}.
 *
 * ```ts
 * await writeFile('greeting.txt', 'hello');
 * const { size, ranges } = readRanges('greeting.txt', [{ position: 3, length: 2 }]);
 * size; // 5
 * new TextDecoder().decode(ranges[0]); // 'lo'
 * ```
 *
 * @returns the length of the file, and the ranges in the order given, all in one buffer
 * @throws FileError where it cannot be read or ends before a range does, and in a browser
 */
export function readRanges(
  path: string | URL,
  ranges: readonly FileRange[],
  options: FileOptions = {},
): { readonly size: number; readonly ranges: Uint8Array[] } {
  const { syncFiles } = requireNode('read', path, options);
  const attempt = <T>(read: () => T): T => {
    try {
      return read();
    } catch (cause) {
      throw new FileError('read', String(path), { cause });
    }
  };
  const file = attempt(() => syncFiles.openSync(path, 'r'));
  try {
    const { size } = attempt(() => syncFiles.fstatSync(file));
    let total = 0;
    for (const { position, length } of ranges) {
      if (position + length > size) throw endsBefore(path, position + length);
      total += length;
    }
    const bytes = new Uint8Array(total);
    let start = 0;
    return {
      size,
      ranges: ranges.map(({ position, length }) => {
        const end = start + length;
        let at = start;
        while (at < end) {
          const piece = Math.min(pieceBytes, end - at);
          const count = attempt(() => syncFiles.readSync(file, bytes, at, piece, position + at - start));
          if (count === 0) throw endsBefore(path, position + length);
          at += count;
        }
        start = end;
        return bytes.subarray(end - length, end);
      }),
    };
  } finally {
    syncFiles.closeSync(file);
  }
}
