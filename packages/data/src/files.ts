/** Reading bytes from a path, a URL or a Blob; Node's modules are imported only where a path is read. */
import { DataError, messageOf } from './errors.ts';

/** A file path (Node), an http(s) URL, or a `Blob` or `File` (e.g. from a file input). */
export type Source = string | URL | Blob;

/** How errors name a source. */
export function nameOf(source: Source): string {
  if (typeof source === 'string') return source;
  if (source instanceof URL) return source.href;
  return 'name' in source && typeof source.name === 'string' ? source.name : '<blob>';
}

export const inNode: boolean = typeof process !== 'undefined' && typeof process.versions?.node === 'string';

/** @throws DataError naming the source, if it cannot be read. */
export async function readBytes(where: string, source: Source): Promise<Uint8Array> {
  const name = nameOf(source);
  try {
    if (typeof source === 'object' && !(source instanceof URL)) return new Uint8Array(await source.arrayBuffer());
    const isWeb = /^(https?|blob|data):/i.test(name);
    if (isWeb || !inNode) {
      const response = await fetch(source);
      if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
      return new Uint8Array(await response.arrayBuffer());
    }
    const { readFile } = await import('node:fs/promises');
    return await readFile(source);
  } catch (cause) {
    throw unreadable(where, name, cause);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of the path is not a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
};

/** The error of a file or folder that cannot be read. */
export function unreadable(where: string, name: string, cause: unknown): DataError {
  const code = String((cause as { code?: unknown }).code);
  const hints: Readonly<Record<string, string>> = {
    ...(inNode && { ENOENT: `Relative paths start at the working directory, ${process.cwd()}.` }),
    EACCES: 'Give yourself the permission to read it, or choose another.',
  };
  const hint = hints[code];
  return new DataError(`[${where}] cannot read ${name}: ${reasons[code] ?? messageOf(cause)}.`, {
    source: name,
    cause,
    ...(hint !== undefined && { hint }),
  });
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
    throw new DataError(`[${where}] ${name} is not valid ${encoding} text.`, {
      source: name,
      cause,
      hint: "Give the file's encoding, e.g. { encoding: 'windows-1252' } or { encoding: 'utf-16le' }.",
    });
  }
}
