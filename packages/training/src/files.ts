/** Files that are either whole or not there: written beside their place, then renamed into it. */
import { TrainingError } from './errors.ts';

/**
 * Writes a file by way of a temporary one in the same folder, made where it is missing. An error leaves an existing file as it was, and
 * no temporary file behind.
 *
 * @throws TrainingError naming the path, where the file cannot be written
 */
export async function writeFileAtomically(where: string, path: string, data: string | Uint8Array): Promise<void> {
  const { mkdir, rename, rm, writeFile } = await nodeFiles(where);
  const { dirname } = await import('node:path');
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, data);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new TrainingError(`[${where}] cannot write ${path}: ${reason}.`, {
      hint: 'Choose a folder that exists or can be made, that you may write to, on a disk with room.',
    });
    error.cause = cause;
    throw error;
  }
}

async function nodeFiles(where: string): Promise<typeof import('node:fs/promises')> {
  if (typeof process === 'undefined' || process.versions?.node === undefined) {
    throw new TrainingError(`[${where}] writes a file, which works in Node only.`);
  }
  return await import('node:fs/promises');
}
