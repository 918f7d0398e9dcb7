/** Files that are either whole or not there: written beside their place, then renamed into it, and on the disk when a call returns. */
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

/** How temporary files are called: the name of the file that they are to become, and this. */
const temporaryEnding = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
const temporaryName = (target: string): string => `${target}.${crypto.randomUUID()}.tmp`;

/**
 * Writes a file by way of a temporary one in the same folder, which then takes its name: whatever happens, the file is the old
 * one or the new one, whole. That holds for a loss of power, too: the bytes are on the disk before the name is taken, and the name is before
 * this resolves. An error, also one of the data's own pieces, leaves the old file as it was and no temporary one behind; only a process
 * that is killed meanwhile leaves that, see {@link removeTemporaries}.
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
  const temporary = temporaryName(target);
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
    await syncFolder(paths.dirname(target));
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
 * Puts the names in a folder on the disk. Some systems (Windows) and file systems have no such thing; what failed is then not the file, which
 * is there.
 */
async function syncFolder(folder: string): Promise<void> {
  const { files } = requireNode('write', folder, {});
  const handle = await files.open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // The file is whole all the same.
  } finally {
    await handle?.close();
  }
}

/**
 * Gives the content of a file a second name, which takes the place of what is there. No bytes are copied where the disk knows hard links: files
 * are replaced here, never changed, so that both names keep their content.
 *
 * ```ts
 * await writeFile('last.txt', 'epoch 1');
 * await linkFile('last.txt', 'epoch-1.txt');
 * await writeFile('last.txt', 'epoch 2');
 * new TextDecoder().decode(await readFile('epoch-1.txt')); // 'epoch 1'
 * ```
 *
 * @throws FileError where there is no such file, or the second name cannot be given, and in a browser
 */
export async function linkFile(from: string, to: string, options: FileOptions = {}): Promise<void> {
  const { files, paths } = requireNode('write', to, options);
  requireNode('read', from, options);
  const attempt = attemptFor(to);
  await files.stat(from).catch((cause: unknown) => {
    throw new FileError('read', from, { cause });
  });
  const temporary = temporaryName(to);
  try {
    await files.link(from, temporary).catch(() => attempt(files.copyFile(from, temporary)));
    await attempt(files.rename(temporary, to));
    await syncFolder(paths.dirname(to));
  } catch (error) {
    await files.rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Removes a file; nothing happens where there is none.
 *
 * @throws FileError where it cannot be removed, and in a browser
 */
export async function removeFile(path: string, options: FileOptions = {}): Promise<void> {
  const { files, paths } = requireNode('write', path, options);
  await attemptFor(path)(files.rm(path, { force: true }));
  await syncFolder(paths.dirname(path));
}

/**
 * Removes the temporary files that processes which were killed while writing left in a folder. Those of a process that is writing now, too, where
 * `untouchedFor` does not say otherwise: call it where nobody else writes.
 *
 * @param isOurs whether a file of this name is meant; the names are those that the files were to get, not those of the temporary ones
 * @param options `untouchedFor`: only those into which nothing has been written for so many seconds
 * @returns the names of the files that were to be written
 * @throws FileError where the folder cannot be read, and in a browser
 */
export async function removeTemporaries(
  folder: string,
  isOurs: (name: string) => boolean,
  { untouchedFor = 0 }: { readonly untouchedFor?: number } = {},
): Promise<string[]> {
  const { files, paths } = requireNode('write', folder, {});
  const attempt = attemptFor(folder);
  const found: string[] = [];
  for (const name of (await attempt(files.readdir(folder))).sort()) {
    const target = name.replace(temporaryEnding, '');
    if (target === name || !isOurs(target)) continue;
    const path = paths.join(folder, name);
    if (untouchedFor > 0) {
      const status = await files.stat(path).catch(() => undefined); // it may have got its name meanwhile
      if (status === undefined || Date.now() - status.mtimeMs < 1000 * untouchedFor) continue;
    }
    await attempt(files.rm(path, { force: true }));
    found.push(target);
  }
  return found;
}

/**
 * Makes a folder where it is missing and tries that a file can be written there: before hours of work, not after.
 *
 * @throws FileError naming the folder, where that fails, and in a browser
 */
export async function requireWritableFolder(folder: string, options: FileOptions = {}): Promise<void> {
  const { files, paths } = requireNode('write', folder, options);
  const attempt = attemptFor(folder);
  const trial = paths.join(folder, temporaryName('.hebb'));
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
    await syncFolder(paths.dirname(each));
  }
}
