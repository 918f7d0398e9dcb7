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
      throw new FileError('read', String(path), {
        reason: `it ends before byte ${position + length}`,
        hint: 'Read it when nothing is writing to it any more, or get it again.',
      });
    }
    done += bytesRead;
  }
  return bytes;
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
