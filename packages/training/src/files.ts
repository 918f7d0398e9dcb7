/** Files whose failures are errors of this package. */
import * as files from '@hebb/files';
import { TrainingError } from './errors.ts';

/**
 * Writes a file, or leaves what was there as it was. The folder is made where it is missing.
 *
 * @throws TrainingError naming the path, where the file cannot be written
 */
export async function writeFile(where: string, path: string, data: files.FileData, instead?: string): Promise<void> {
  try {
    await files.writeFile(path, data, { makeFolder: true, ...(instead !== undefined && { instead }) });
  } catch (cause) {
    throw fileError(where, cause);
  }
}

/** As {@link writeFile}, of a file that is there in pieces. */
export function writePieces(
  where: string,
  path: string,
  pieces: readonly Uint8Array[],
  instead?: string,
): Promise<void> {
  return writeFile(where, path, oneByOne(pieces), instead);
}

async function* oneByOne(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

/**
 * Makes a folder where it is missing and tries that a file can be written there: before hours of training, not after.
 *
 * @param where what errors begin with
 * @throws TrainingError naming the folder and the reason
 */
export async function requireWritableFolder(where: string, folder: string): Promise<void> {
  try {
    await files.requireWritableFolder(folder, {
      instead: 'In a browser keep encodeSafetensors(model.stateDict()) yourself, in a callback of your own.',
    });
  } catch (cause) {
    throw fileError(where, cause);
  }
}

export function fileError(where: string, cause: unknown): unknown {
  if (!(cause instanceof files.FileError)) return cause;
  const error = new TrainingError(`[${where}] ${cause.summary}`, { hint: cause.hint });
  error.cause = cause;
  return error;
}
