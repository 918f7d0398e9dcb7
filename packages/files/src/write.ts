/** Files that are either whole or not there: written beside their place, then renamed into it. */
import { FileError } from './errors.ts';
import { requireNode } from './node.ts';
import type { FileOptions } from './options.ts';

/** What a file is to hold: text, written as UTF-8, bytes, or bytes that arrive piece by piece. */
export type FileData = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface WriteOptions extends FileOptions {
  /** Make the folder, and those around it, where they are missing. Default false. */
  readonly makeFolder?: boolean;
}

/** Reports a failure of the file system with the path; what the pieces of the data throw is left as it is. */
type Attempt = <T>(result: Promise<T>) => Promise<T>;

function attemptFor(path: string): Attempt {
  return async (result) => {
    try {
      return await result;
    } catch (cause) {
      throw cause instanceof FileError ? cause : new FileError('write', path, { cause });
    }
  };
}

/**
 * Writes a file by way of a temporary one in the same folder, which then takes its name: whatever happens, the file is the old
 * one or the new one, whole. An error, also one of the data's own pieces, leaves the old file as it was and no temporary one behind.
 *
 * ```ts
 * await writeFile('runs/first/notes.txt', 'learning rate 0.1', { makeFolder: true });
 * await listFolder('runs/first'); // ['notes.txt']
 * ```
 *
 * @throws FileError where it cannot be written, and in a browser
 */
export async function writeFile(path: string | URL, data: FileData, options: WriteOptions = {}): Promise<void> {
  const { files, paths, urls } = requireNode('write', path, options);
  if (!isData(data)) {
    throw new FileError('write', String(path), {
      code: 'EINVAL',
      reason: `what it is to hold is text, a Uint8Array or an async iterable of such, not ${data === null ? 'null' : typeof data}`,
      hint: 'Encode it first, with JSON.stringify say.',
    });
  }
  const target = typeof path === 'string' ? path : urls.fileURLToPath(path);
  const attempt = attemptFor(target);
  if (options.makeFolder === true) await attempt(makeFolder(paths.dirname(target), target));
  const temporary = `${target}.${crypto.randomUUID()}.tmp`;
  const handle = await attempt(files.open(temporary, 'wx'));
  try {
    try {
      const pieces = typeof data === 'string' || data instanceof Uint8Array ? [data] : data;
      for await (const piece of pieces) await attempt(handle.writeFile(piece));
      await attempt(handle.sync());
    } finally {
      await handle.close();
    }
    await attempt(files.rename(temporary, target));
  } catch (error) {
    await files.rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

function isData(data: unknown): data is FileData {
  if (typeof data === 'string' || data instanceof Uint8Array) return true;
  return typeof data === 'object' && data !== null && Symbol.asyncIterator in data;
}

/**
 * Makes a folder where it is missing and tries that a file can be written there: before hours of work, not after.
 *
 * @throws FileError naming the folder, where that fails, and in a browser
 */
export async function requireWritableFolder(folder: string, options: FileOptions = {}): Promise<void> {
  const { files, paths } = requireNode('write', folder, options);
  const attempt = attemptFor(folder);
  const trial = paths.join(folder, `.hebb.${crypto.randomUUID()}.tmp`);
  await attempt(makeFolder(folder, folder));
  await attempt(files.writeFile(trial, ''));
  await attempt(files.rm(trial));
}

/** Makes a folder and those around it, for `path`. Node's own recursive mkdir never returns below /proc. */
async function makeFolder(folder: string, path: string): Promise<void> {
  const { files, paths } = requireNode('write', folder, {});
  const missing: string[] = [];
  for (let at = paths.resolve(folder); ; at = paths.dirname(at)) {
    const found = await files.stat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' || at === paths.dirname(at)) throw error;
    });
    if (found?.isDirectory() === true) break;
    if (found !== undefined) throw new FileError('write', path, { code: 'ENOTDIR', reason: `${at} is a file` });
    missing.push(at);
  }
  for (const each of missing.reverse()) {
    await files.mkdir(each).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // somebody else made it meanwhile
    });
  }
}
