/** Files whose failures are errors of this package. */
import { FileError, readFile, readPieces, writeFile } from '@hebb/files';
import { TokenizerError } from './errors.ts';

const instead = 'Use toJSON() and fromJSON() and move the JSON yourself.';

/** JavaScript's strings are shorter than 2²⁹. */
const longestFile = 2 ** 29 - 32;

/** Writes `text` to a temporary file beside `path` and renames it: `path` is never half written. */
export async function writeTextFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { instead });
  } catch (cause) {
    throw fileError('save', cause);
  }
}

/** Reads a text file. */
export async function readTextFile(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path, { instead });
  } catch (cause) {
    throw fileError('load', cause);
  }
  if (bytes.length > longestFile) {
    const hint = 'A tokenizer takes some megabytes: is it the right file?';
    throw new TokenizerError(`[load] ${path} has ${bytes.length} bytes, more than a text can have.`, { hint });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const hint = 'Is it the file that save() wrote, whole?';
    throw new TokenizerError(`[load] ${path} is not text in UTF-8.`, { hint, cause });
  }
}

/** What `parse` makes of a file's text; errors name the file. */
export async function parseFile<T>(path: string, parse: (text: string) => T): Promise<T> {
  const text = await readTextFile(path);
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TokenizerError)) throw cause;
    throw new TokenizerError(`${path}: ${cause.message}`, { cause });
  }
}

/** The lines of a text file, one at a time and with their line feeds. */
export async function* readLines(path: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  try {
    for await (const piece of readPieces(path, { instead: 'Pass the lines themselves.' })) {
      const more = decoder.decode(piece, { stream: true });
      if (!more.includes('\n')) {
        rest += more; // a long line is not looked through for each of its pieces
        continue;
      }
      const text = rest + more;
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      for (let at = 0; at < end;) {
        const next = text.indexOf('\n', at) + 1;
        yield text.slice(at, next);
        at = next;
      }
    }
    rest += decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw fileError('train', cause);
    const hint = 'Write it as UTF-8, or pass its lines yourself, read with the encoding that it has.';
    throw new TokenizerError(`[train] ${path} is not text in UTF-8.`, { hint, cause });
  }
  if (rest !== '') yield rest;
}

function fileError(where: string, cause: unknown): unknown {
  if (!(cause instanceof FileError)) return cause;
  return new TokenizerError(`[${where}] ${cause.summary}`, { hint: cause.hint, cause });
}
