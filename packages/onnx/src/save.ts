/** Writing a model to a file. */
import { FileError, writeFile } from '@hebb/files';
import { requireBytes, requirePath } from '@hebb/tensor/arguments';
import { OnnxFileError } from './errors.ts';

const instead = 'Offer the bytes of exportOnnx() as a download: link.href = URL.createObjectURL(new Blob([bytes])).';

/** Saves the bytes of {@link exportOnnx}. Throws {@link OnnxFileError} with path and reason; a file of that name is then as it was. */
export async function saveOnnx(path: string, bytes: Uint8Array): Promise<void> {
  requirePath('saveOnnx', 'the path', path);
  requireBytes('saveOnnx', 'the file', bytes);
  try {
    await writeFile(path, bytes, { instead });
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    const error = new OnnxFileError(path, `[saveOnnx] ${cause.summary}`, { hint: cause.hint });
    error.cause = cause;
    throw error;
  }
}
