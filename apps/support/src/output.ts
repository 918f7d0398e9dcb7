/** The folder that files are written to. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FileError, requireWritableFolder } from '@hebb/files';
import { TrainingError } from 'hebb';

/**
 * Makes the folder and tries that the files can be written there, before minutes are spent on training.
 *
 * @throws TrainingError naming the folder and the reason
 */
export async function requireWritable(folder: string, names: readonly string[]): Promise<void> {
  try {
    await requireWritableFolder(folder);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new TrainingError(`[--out] ${cause.summary}`, { hint: cause.hint });
  }
  for (const name of names) {
    if (statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new TrainingError(`[--out] cannot write ${join(folder, name)}: there is a folder of that name.`, {
        hint: 'Remove it, or choose another folder.',
      });
    }
  }
}

/** Removes half-written temporary files of these names; for a program that ends at once. */
export function sweep(folder: string, names: readonly string[]): void {
  try {
    for (const name of readdirSync(folder)) {
      if (names.some((file) => name.startsWith(`${file}.`) && name.endsWith('.tmp')))
        rmSync(join(folder, name), { force: true });
    }
  } catch {
    // There is nothing left to do about it.
  }
}
