/** safetensors files on disk (Node). */
import type { FileHandle } from 'node:fs/promises';
import type { NamedTensors, StateDict } from '../state.ts';
import {
  decodeEntry,
  decodeSafetensors,
  encodeSafetensors,
  headerLength,
  parseHeader,
  SafetensorsError,
  type Header,
} from './format.ts';

/** Largest piece that is read at once. */
const pieceBytes = 2 ** 30;

/**
 * Reads a safetensors file by its path, or from bytes that are there already (fetched in a browser, say).
 *
 * Throws `SafetensorsError`, naming the file, where it cannot be read or is not valid; see {@link decodeSafetensors}.
 *
 * ```ts
 * const model = new Linear(784, 10);
 * await writeSafetensors('model.safetensors', model.stateDict());
 * new Linear(784, 10).loadStateDict(await readSafetensors('model.safetensors'));
 * ```
 */
export async function readSafetensors(source: string | URL | Uint8Array): Promise<StateDict> {
  if (source instanceof Uint8Array) return decodeSafetensors(source).state;
  return withFile(source, async (handle, size) => {
    const { header, start } = await readHeader(handle, size);
    const state: StateDict = new Map();
    for (const entry of header.entries)
      state.set(entry.name, decodeEntry(entry, await readRange(handle, start + entry.begin, entry.end - entry.begin)));
    return state;
  });
}

/** Reads the metadata of a file without its tensors. */
export async function readSafetensorsMetadata(
  source: string | URL | Uint8Array,
): Promise<Readonly<Record<string, string>>> {
  if (source instanceof Uint8Array) {
    const start = 8 + headerLength(source, source.length);
    return parseHeader(source.subarray(8, start), source.length - start).metadata;
  }
  return withFile(source, async (handle, size) => (await readHeader(handle, size)).header.metadata);
}

/**
 * Writes tensors to a file. The bytes go to a temporary file beside it, which then takes its name: whatever happens, the file is either
 * the old one or the new one. See {@link encodeSafetensors} for what is written.
 *
 * Throws `SafetensorsError` with path and reason, where the file cannot be written.
 */
export async function writeSafetensors(
  path: string | URL,
  state: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const [bytes, files, { fileURLToPath }] = await Promise.all([
    encodeSafetensors(state, metadata),
    import('node:fs/promises'),
    import('node:url'),
  ]);
  const target = typeof path === 'string' ? path : fileURLToPath(path);
  const temporary = `${target}.${crypto.randomUUID()}.tmp`;
  try {
    const handle = await files.open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await files.rename(temporary, target);
  } catch (error) {
    await files.rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(
      `[writeSafetensors] cannot write ${target}`,
      error,
      'Choose a folder that exists, that you may write to, on a disk with room.',
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

function fileError(summary: string, cause: unknown, hint: string): SafetensorsError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const error = new SafetensorsError(`${summary}: ${reasons[code ?? ''] ?? message}.`, { hint });
  error.cause = cause;
  return error;
}

async function withFile<T>(path: string | URL, read: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
  const { open } = await import('node:fs/promises');
  const unreadable = (error: unknown): SafetensorsError =>
    fileError(
      `[readSafetensors] cannot read ${String(path)}`,
      error,
      `Relative paths start at the working directory, ${process.cwd()}.`,
    );
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(error);
  });
  try {
    return await read(handle, (await handle.stat()).size);
  } catch (error) {
    if (error instanceof SafetensorsError) throw new SafetensorsError(`${String(path)}: ${error.message}`);
    throw error instanceof Error && 'syscall' in error ? unreadable(error) : error;
  } finally {
    await handle.close();
  }
}

async function readHeader(handle: FileHandle, size: number): Promise<{ header: Header; start: number }> {
  const length = headerLength(await readRange(handle, 0, Math.min(8, size)), size);
  const start = 8 + length;
  return { header: parseHeader(await readRange(handle, 8, length), size - start), start };
}

async function readRange(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(pieceBytes, length - done), position + done);
    if (bytesRead === 0) throw new SafetensorsError('[safetensors] the file became shorter while it was read.');
    done += bytesRead;
  }
  return bytes;
}
