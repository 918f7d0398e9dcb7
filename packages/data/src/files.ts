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
    const isWeb = isAddress(name);
    if (!isWeb && hasFiles()) return await readFile(source);
    const response = await fetch(source);
    requireOk(response, isWeb);
    const bytes = new Uint8Array(await response.arrayBuffer());
    refusePage(where, name, bytes);
    return bytes;
  } catch (cause) {
    throw unreadable(where, name, cause);
  }
}

/** Whether a source's name is the address of something on the web, not a path. */
export function isAddress(name: string): boolean {
  return /^(https?|blob|data):/i.test(name);
}

/** @throws Error with what the server answered; the address, too, where only a path was given */
export function requireOk(response: Response, isWeb: boolean): void {
  if (response.ok) return;
  const address = isWeb ? '' : `${response.url}: `;
  throw new Error(`${address}the server answered ${response.status} ${response.statusText}`.trimEnd());
}

/** @throws DataError for a page of a web site in the place of data; its beginning is enough */
export function refusePage(where: string, name: string, bytes: Uint8Array): void {
  if (kindOf(bytes) !== pageKind) return;
  throw new DataError(`[${where}] ${name} is an HTML page, not data.`, { source: name, hint: pageHint });
}

/** What reading threw, as an error of this package. */
export function unreadable(where: string, name: string, cause: unknown): DataError {
  if (cause instanceof DataError) return cause;
  if (cause instanceof FileError) return fileError(where, cause);
  return new DataError(`[${where}] cannot read ${name}: ${messageOf(cause)}.`, { source: name, cause });
}

/** A file or folder that cannot be read or written, as an error of this package. */
export function fileError(where: string, cause: FileError): DataError {
  return new DataError(`[${where}] ${cause.summary}`, { source: cause.path, hint: cause.hint, cause });
}

/** @throws DataError if the bytes are not text in that encoding. */
export function decodeText(where: string, bytes: Uint8Array, encoding: string, name: string): string {
  const decoder = decoderOf(where, encoding, name);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw undecodable(where, { bytes, encoding, name, cause });
  }
}

/** What is needed of a `TextDecoder`, whose type only the DOM's and Node's declarations know. */
export interface Decoder {
  /** Its name in the Encoding standard: `utf-8`. */
  readonly encoding: string;
  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string;
}

/** @throws DataError where there is no such encoding */
export function decoderOf(where: string, encoding: string, name: string): Decoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new DataError(`[${where}] there is no encoding '${encoding}'.`, { source: name, cause });
  }
}

/** The error of bytes that are no text in their encoding; `name` is their file, `place` says where in it. */
export function undecodable(
  where: string,
  details: { bytes: Uint8Array; encoding: string; name: string; place?: string; cause: unknown },
): DataError {
  const { bytes, encoding, name, place = '', cause } = details;
  const kind = kindOf(bytes);
  const isText = kind === undefined || kind === 'UTF-16 text';
  return new DataError(`[${where}] ${name}${place} is ${isText ? '' : `${kind}, `}not valid ${encoding} text.`, {
    source: name,
    cause,
    ...(isText
      ? {
          hint: `Give the file's encoding, e.g. { encoding: '${kind === undefined ? 'windows-1252' : 'utf-16le'}' }.`,
        }
      : hintOf(kind)),
  });
}
