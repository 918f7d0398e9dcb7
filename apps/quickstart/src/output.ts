/** The folder that the files go to. */
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from 'hebb';

export const fileNames = { weights: 'model.safetensors', onnx: 'model.onnx', report: 'report.html' } as const;

/**
 * Makes the folder and tries that files can be written there, before minutes are spent on training.
 *
 * @throws DataError naming the folder and the reason
 */
export async function requireWritable(folder: string): Promise<void> {
  const trial = join(folder, `.quickstart.${process.pid}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(trial, '');
    await rm(trial);
    for (const name of Object.values(fileNames)) {
      const existing = await stat(join(folder, name)).catch(() => undefined);
      if (existing?.isDirectory() === true) throw new Error(`${name} in it is a folder`);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`[quickstart] --out: cannot write to the folder ${folder}: ${reason}.`, {
      source: folder,
      cause,
      hint: 'Give a folder that exists or can be made and that you may write to, e.g. --out ./digits.',
    });
  }
}

/** Removes half-written temporary files of ours; for a program that ends at once. */
export function sweep(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const isOurs = Object.values(fileNames).some((file) => name.startsWith(`${file}.`) && name.endsWith('.tmp'));
      if (isOurs) rmSync(join(folder, name), { force: true });
    }
  } catch {
    // There is nothing left to do about it.
  }
}
