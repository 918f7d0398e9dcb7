/** Files whose failures are errors of this package. */
import { FileError, readFile, writeFile } from '@hebb/files';
import { TokenizerError } from './errors.ts';

const instead = 'Use toJSON() and fromJSON() and move the JSON yourself.';

/** Writes `text` to a temporary file beside `path` and renames it: `path` is never half written. */
export async function writeTextFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { instead });
  } catch (cause) {
    throw fileError('save', cause);
  }
}

export async function readTextFile(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path, { instead });
  } catch (cause) {
    throw fileError('load', cause);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const hint = 'Is it the file that save() wrote, whole?';
    throw new TokenizerError(`[load] ${path} is not text in UTF-8.`, { hint, cause });
  }
}

function fileError(where: string, cause: unknown): unknown {
  if (!(cause instanceof FileError)) return cause;
  return new TokenizerError(`[${where}] ${cause.summary}`, { hint: cause.hint, cause });
}
