/** safetensors files on disk (Node). */
import { FileError, writeFile } from '@hebb/files';
import type { NamedTensors, StateDict } from '../../module/state.ts';
import { withSource, type ByteSource, type FileSource } from '../source.ts';
import {
  arrayOf,
  decodeEntry,
  encodeSafetensors,
  headerLength,
  parseHeader,
  SafetensorsError,
  type Header,
  type SafetensorsArray,
  type SafetensorsArrays,
} from './format.ts';

export const instead = {
  read: 'Fetch the bytes and pass them: readSafetensors(new Uint8Array(await (await fetch(url)).arrayBuffer())).',
  write: 'Make the bytes with encodeSafetensors(state) and offer them: URL.createObjectURL(new Blob([bytes])).',
};

/**
 * Reads a safetensors file by its path, or from bytes that are there already (fetched in a browser, say), or a `File`. A model in several files is read by its index with
 * {@link readShardedSafetensors}.
 *
 * Throws `SafetensorsError`, naming the file, where it cannot be read or is not valid; see {@link decodeSafetensors}.
 *
 * ```ts
 * const model = new Linear(784, 10);
 * await writeSafetensors('model.safetensors', model.stateDict());
 * new Linear(784, 10).loadStateDict(await readSafetensors('model.safetensors'));
 * ```
 */
export async function readSafetensors(source: FileSource): Promise<StateDict> {
  return withFile('readSafetensors', source, async (file) => {
    const { header, start } = await readHeader(file);
    const state: StateDict = new Map();
    for (const entry of header.entries)
      state.set(entry.name, decodeEntry(entry, await file.read(start + entry.begin, entry.end - entry.begin)));
    return state;
  });
}

/**
 * Reads the arrays of a file as they are stored, bytes and all: what no tensor can hold (float64, integers of 64 bits) is not rounded.
 * Throws `SafetensorsError` as {@link readSafetensors} does.
 *
 * ```ts
 * await writeSafetensors('model.safetensors', { weight: tensor([1, 2]) });
 * const { arrays } = await readSafetensorsArrays('model.safetensors');
 * arrays.get('weight')?.dtype; // 'F32'
 * ```
 */
export async function readSafetensorsArrays(source: FileSource): Promise<SafetensorsArrays> {
  return withFile('readSafetensorsArrays', source, async (file) => {
    const { header, start } = await readHeader(file);
    const arrays = new Map<string, SafetensorsArray>();
    for (const entry of header.entries)
      arrays.set(entry.name, arrayOf(entry, await file.read(start + entry.begin, entry.end - entry.begin)));
    return { arrays, metadata: header.metadata };
  });
}

/** Reads the metadata of a file without its tensors. */
export async function readSafetensorsMetadata(source: FileSource): Promise<Readonly<Record<string, string>>> {
  return withFile('readSafetensorsMetadata', source, async (file) => (await readHeader(file)).header.metadata);
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
  const bytes = await encodeSafetensors(state, metadata);
  try {
    await writeFile(path, bytes, { instead: instead.write });
  } catch (error) {
    throw fileError('writeSafetensors', error);
  }
}

/** A file that cannot be read or written, as an error of this format; any other error as it is. */
export function fileError(where: string, cause: unknown): unknown {
  if (!(cause instanceof FileError)) return cause;
  const error = new SafetensorsError(`[${where}] ${cause.summary}`, { hint: cause.hint });
  error.cause = cause;
  return error;
}

/** Calls `read` with the bytes; errors name the file. */
export async function withFile<T>(
  where: string,
  source: FileSource,
  read: (file: ByteSource) => Promise<T>,
): Promise<T> {
  try {
    return await withSource(source, read, { instead: instead.read });
  } catch (error) {
    const isNamed = typeof source === 'string' || source instanceof URL;
    if (error instanceof SafetensorsError && isNamed) throw new SafetensorsError(`${String(source)}: ${error.message}`);
    throw fileError(where, error);
  }
}

export async function readHeader(file: ByteSource): Promise<{ header: Header; start: number }> {
  const length = headerLength(await file.read(0, Math.min(8, file.size)), file.size);
  const start = 8 + length;
  return { header: parseHeader(await file.read(8, length), file.size - start), start };
}

/** The text of an index of several files. */
export function readIndexText(where: string, source: FileSource): Promise<string> {
  return withFile(where, source, async (file) => {
    if (file.size > longestIndex)
      throw new SafetensorsError(`[safetensors] the index has ${file.size} bytes; up to ${longestIndex} are read.`);
    return new TextDecoder().decode(await file.read(0, file.size));
  });
}

const longestIndex = 100_000_000;
