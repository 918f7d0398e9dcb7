/** Writing a file so that there is always a whole one: to a temporary name first, then renamed. */
import { OnnxFileError } from './errors.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'the folder does not exist',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'there is a folder of that name',
  ENOTDIR: 'part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

/** Saves the bytes of {@link exportOnnx}. Throws {@link OnnxFileError} with path and reason; a file of that name is then as it was. */
export async function saveOnnx(path: string, bytes: Uint8Array): Promise<void> {
  const { open, rename, rm } = await import('node:fs/promises');
  const temporary = `${path}.${process.pid}-${Date.now().toString(36)}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const { code, message } = error as NodeJS.ErrnoException;
    const failure = new OnnxFileError(path, `[saveOnnx] cannot write ${path}: ${reasons[code ?? ''] ?? message}.`, {
      hint: 'Choose a folder that exists, that you may write to, on a disk with room.',
    });
    failure.cause = error;
    throw failure;
  }
}
