/** Bytes from a path, a URL or a Blob. */
import { FileError, hasFiles, readFile } from '@hebb/files';
import { wrongArgument } from '@hebb/tensor/arguments';
import { hintOf, kindOf, pageHint, pageKind } from './content.ts';
import { DataError, messageOf } from './errors.ts';

/** A file path (Node), an http(s) URL, a `Blob` or `File` (e.g. from a file input), or bytes that are already here. */
export type Source = string | URL | Blob | Uint8Array;

/** How errors name a source; `where` is the function that it was given to. */
export function nameOf(where: string, source: Source): string {
  if (typeof source === 'string') return source;
  if (source instanceof URL) return source.href;
  if (source instanceof Uint8Array) return '<bytes>';
  if (!(source instanceof Blob)) {
    throw wrongArgument(where, 'the source', 'a path, a URL, a Blob, a File or a Uint8Array', source);
  }
  return 'name' in source && typeof source.name === 'string' ? source.name : '<blob>';
}

/** @throws DataError naming the source, if it cannot be read. */
export async function readBytes(where: string, source: Source): Promise<Uint8Array> {
  const name = nameOf(where, source);
  if (source instanceof Uint8Array) return source;
  try {
    if (typeof source === 'object' && !(source instanceof URL)) return new Uint8Array(await source.arrayBuffer());
    const isWeb = /^(https?|blob|data):/i.test(name);
    if (!isWeb && hasFiles()) return await readFile(source);
    const response = await fetch(source);
    if (!response.ok) {
      const address = isWeb ? '' : `${response.url}: `;
      throw new Error(`${address}the server answered ${response.status} ${response.statusText}`.trimEnd());
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (kindOf(bytes) === pageKind) {
      throw new DataError(`[${where}] ${name} is an HTML page, not data.`, { source: name, hint: pageHint });
    }
    return bytes;
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    if (cause instanceof FileError) throw fileError(where, cause);
    throw new DataError(`[${where}] cannot read ${name}: ${messageOf(cause)}.`, { source: name, cause });
  }
}

/** A file or folder that cannot be read or written, as an error of this package. */
export function fileError(where: string, cause: FileError): DataError {
  return new DataError(`[${where}] ${cause.summary}`, { source: cause.path, hint: cause.hint, cause });
}

/** @throws DataError if the bytes are not text in that encoding. */
export function decodeText(where: string, bytes: Uint8Array, encoding: string, name: string): string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new DataError(`[${where}] there is no encoding '${encoding}'.`, { source: name, cause });
  }
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    const kind = kindOf(bytes);
    const isText = kind === undefined || kind === 'UTF-16 text';
    throw new DataError(`[${where}] ${name} is ${isText ? '' : `${kind}, `}not valid ${encoding} text.`, {
      source: name,
      cause,
      ...(isText
        ? {
            hint: `Give the file's encoding, e.g. { encoding: '${kind === undefined ? 'windows-1252' : 'utf-16le'}' }.`,
          }
        : hintOf(kind)),
    });
  }
}
