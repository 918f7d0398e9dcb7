/** Files that are either whole or not there: written beside their place, then renamed into it. */
import type * as NodeFiles from 'node:fs/promises';
import { TrainingError } from './errors.ts';

/**
 * Writes a file by way of a temporary one in the same folder, which is made where it is missing. An error leaves an existing file as it
 * was, and no temporary file behind.
 *
 * @throws TrainingError naming the path, where the file cannot be written
 */
export async function writeFileAtomically(where: string, path: string, data: string | Uint8Array): Promise<void> {
  const { rename, rm, writeFile } = await nodeFiles(where);
  const paths = await import('node:path');
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await makeFolder(paths.dirname(path));
    await writeFile(temporary, data);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(`[${where}] cannot write ${path}`, cause);
  }
}

/**
 * Makes a folder where it is missing and tries that a file can be written there: before hours of training, not after.
 *
 * @param where what errors begin with
 * @throws TrainingError naming the folder and the reason
 */
export async function requireWritableFolder(where: string, folder: string): Promise<void> {
  const { rm, writeFile } = await nodeFiles(where);
  const paths = await import('node:path');
  const trial = paths.join(folder, `.hebb.${crypto.randomUUID()}.tmp`);
  try {
    await makeFolder(folder);
    await writeFile(trial, '');
    await rm(trial);
  } catch (cause) {
    throw unwritable(`[${where}] cannot write to the folder ${folder}`, cause);
  }
}

/** Makes a folder and those around it. Node's own recursive mkdir never returns below /proc. */
async function makeFolder(folder: string): Promise<void> {
  const { mkdir, stat } = await import('node:fs/promises');
  const paths = await import('node:path');
  const missing: string[] = [];
  for (let at = paths.resolve(folder); ; at = paths.dirname(at)) {
    const found = await stat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' || at === paths.dirname(at)) throw error;
    });
    if (found?.isDirectory() === true) break;
    if (found !== undefined) throw new Error(`${at} is a file`);
    missing.push(at);
  }
  for (const path of missing.reverse()) {
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // somebody else made it meanwhile
    });
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'there is a folder of that name',
  ENOTDIR: 'part of the path is a file',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

function unwritable(summary: string, cause: unknown): TrainingError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const error = new TrainingError(`${summary}: ${reasons[code ?? ''] ?? message}.`, {
    hint: 'Choose a folder that exists or can be made, that you may write to, on a disk with room.',
  });
  error.cause = cause;
  return error;
}

async function nodeFiles(where: string): Promise<typeof NodeFiles> {
  if (typeof process === 'undefined' || process.versions?.node === undefined) {
    throw new TrainingError(`[${where}] writes files, which works in Node only.`);
  }
  return await import('node:fs/promises');
}
