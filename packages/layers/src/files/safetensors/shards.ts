/** Models in several safetensors files with an index, in the layout of Hugging Face: `model-00001-of-00002.safetensors`, …, `model.safetensors.index.json`. */
import { FileError, linkFile, readFile, removeFile, writeFile } from '@hebb/files';
import { ArgumentError } from '@hebb/tensor';
import {
  checkOptions,
  recordOf,
  requireBoolean,
  requireFunction,
  requireInteger,
  requireString,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { stateEntries, type NamedTensors, type StateDict } from '../../module/state.ts';
import type { FileSource } from '../source.ts';
import { findDuplicateName } from './duplicates.ts';
import { fileError, instead, readHeader, readIndexText, withFile } from './file.ts';
import { byteLengthOf, decodeEntry, encodeSafetensors, SafetensorsError } from './format.ts';

export interface ReadShardedSafetensorsOptions {
  /** The file of a shard by its name. Default: that of the name beside the index. */
  shard?: (name: string) => FileSource | Promise<FileSource>;
  /** Whether the bytes of all tensors must be as many as the index says; false for one that was copied from another precision. Default true. */
  checkTotalSize?: boolean;
}

const readOptions: OptionNames<ReadShardedSafetensorsOptions> = { shard: requireFunction, checkTotalSize: requireBoolean }; // prettier-ignore

/**
 * Reads a model that is cut into several safetensors files, by its index, `model.safetensors.index.json`. Only the files that the index names are opened, and they must lie beside it. Nothing
 * of any tensor is read before all headers have been: missing and unexpected tensors, and those that are in two files, are named.
 *
 * ```ts
 * await writeShardedSafetensors('model.safetensors', { a: ones([300]), b: ones([300]) }, { maxShardSize: 2000 });
 * const state = await readShardedSafetensors('model.safetensors.index.json');
 * [...state.keys()]; // ['a', 'b']
 * ```
 *
 * In a page: `readShardedSafetensors(index, { shard: async (name) => (await fetch(base + name)).arrayBuffer() })`.
 *
 * Throws {@link SafetensorsError} for an index that is none, for names that lead elsewhere, for what does not fit, and as {@link readSafetensors} does.
 */
export async function readShardedSafetensors(
  index: FileSource,
  options: ReadShardedSafetensorsOptions = {},
): Promise<StateDict> {
  const where = 'readShardedSafetensors';
  checkOptions(where, options, readOptions);
  const { shard = besides(index), checkTotalSize = true } = options;
  const { places, totalSize } = parseIndex(await readIndexText(where, index), index);
  const shards = [...new Set(places.values())];
  const sources = new Map<string, FileSource>();
  const reasons: string[] = [];
  const found = new Map<string, string>();
  let total = 0;
  for (const name of shards) {
    const source = await shard(name);
    sources.set(name, source);
    const entries = await withFile(where, source, async (file) => (await readHeader(file)).header.entries);
    for (const entry of entries) {
      const other = found.get(entry.name);
      if (other !== undefined) reasons.push(`${entry.name} is in ${other} and in ${name}`);
      else if (!places.has(entry.name)) reasons.push(`${entry.name} of ${name} is not in the index`);
      else if (places.get(entry.name) !== name) reasons.push(`${entry.name} is in ${name}, not in ${places.get(entry.name)}`); // prettier-ignore
      found.set(entry.name, name);
      total += entry.end - entry.begin;
    }
  }
  for (const [name, place] of places) if (!found.has(name)) reasons.push(`${name} is missing in ${place}`);
  if (reasons.length === 0 && checkTotalSize && totalSize !== undefined && totalSize !== total)
    reasons.push(`the index says ${totalSize} bytes, and the tensors have ${total}`);
  if (reasons.length > 0)
    throw new SafetensorsError(
      `[${where}] the files do not fit their index${named(index)}.${reasons.slice(0, 20).map((reason) => `\n  ${reason}`).join('')}`,
      { hint: reasons.length > 20 ? `And ${reasons.length - 20} more. Get all files again, of one version.` : 'Get all files again, of one version.' },
    ); // prettier-ignore
  const read = new Map<string, StateDict extends Map<string, infer T> ? T : never>();
  for (const [, source] of sources)
    await withFile(where, source, async (file) => {
      const { header, start } = await readHeader(file);
      for (const entry of header.entries)
        read.set(entry.name, decodeEntry(entry, await file.read(start + entry.begin, entry.end - entry.begin)));
    });
  return new Map([...places.keys()].flatMap((name) => {
    const value = read.get(name);
    return value === undefined ? [] : [[name, value] as const];
  })); // prettier-ignore
}

const named = (source: FileSource): string =>
  typeof source === 'string' || source instanceof URL ? `, ${String(source)}` : '';

/** Where the files beside an index are. */
function besides(index: FileSource): (name: string) => FileSource {
  return (name) => {
    if (typeof index === 'string') return folderOf(index) + name;
    if (index instanceof URL) return new URL(`./${encodeURIComponent(name)}`, index);
    throw new ArgumentError('[readShardedSafetensors] an index that is given as bytes has no files beside it.', {
      hint: 'Say where they are: { shard: async (name) => (await fetch(base + name)).arrayBuffer() }.',
    });
  };
}

const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** A name of a file and of nothing else: no folder, no way up. */
const isFileName = (name: string): boolean => /^[^/\\:\0]+\.safetensors$/.test(name) && !name.startsWith('..');

interface Index {
  /** The file of each tensor. */
  readonly places: ReadonlyMap<string, string>;
  readonly totalSize: number | undefined;
}

function parseIndex(text: string, source: FileSource): Index {
  const fail = (what: string): SafetensorsError =>
    new SafetensorsError(`[readShardedSafetensors] the index${named(source)} ${what}.`, {
      hint: 'It is a JSON object with metadata.total_size and weight_map, the file of each tensor.',
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw fail(`is not JSON: ${(error as Error).message}`);
  }
  const twice = findDuplicateName(text);
  if (twice !== undefined) throw fail(`has the name ${JSON.stringify(twice)} twice`);
  const { metadata = {}, weight_map: map } = isRecord(json) ? json : {};
  if (!isRecord(map)) throw fail('has no weight_map');
  const places = new Map<string, string>();
  for (const [name, place] of Object.entries(map)) {
    if (typeof place !== 'string' || !isFileName(place))
      throw fail(`puts ${JSON.stringify(name)} into ${JSON.stringify(place)}, which is no safetensors file beside it`);
    places.set(name, place);
  }
  const size = isRecord(metadata) ? metadata['total_size'] : undefined;
  if (size !== undefined && !(typeof size === 'number' && size >= 0)) throw fail('has a total_size that is no number');
  return { places, totalSize: size };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface WriteShardedSafetensorsOptions {
  /** Bytes of elements in a file at most; a tensor that is larger has a file to itself. Default 5,000,000,000. */
  maxShardSize?: number;
  /** Free text by name, in every file. Default `{ format: 'pt' }`, which Hugging Face's loaders ask for. */
  metadata?: Readonly<Record<string, string>>;
}

const writeOptions: OptionNames<WriteShardedSafetensorsOptions> = {
  maxShardSize: (where, name, value) => requireInteger(where, name, value, 1),
  metadata: recordOf(requireString),
};

/**
 * Writes tensors to one safetensors file, or, where they are more than `maxShardSize` bytes, to several with an index, in the layout of Hugging Face: for `model.safetensors`
 * `model-00001-of-00002.safetensors`, `model-00002-of-00002.safetensors` and `model.safetensors.index.json`. Tensors are dealt out in the order given.
 *
 * All files are written beside their places before the first takes its own: where that fails, on a full disk say, what was there before is as it was, and nothing of the new is left. The
 * index comes last. Files that an earlier call wrote for the same path are removed.
 *
 * No more than one file is in memory at a time.
 *
 * ```ts
 * const files = await writeShardedSafetensors('model.safetensors', { a: ones([300]), b: ones([300]) }, { maxShardSize: 2000 });
 * files; // ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', 'model.safetensors.index.json']
 * ```
 *
 * @returns the names of the files, that of the index last
 *
 * Throws {@link SafetensorsError} with path and reason where they cannot be written, {@link ArgumentError} for a path that does not end in `.safetensors`.
 */
export async function writeShardedSafetensors(
  path: string,
  state: NamedTensors,
  options: WriteShardedSafetensorsOptions = {},
): Promise<string[]> {
  const where = 'writeShardedSafetensors';
  checkOptions(where, options, writeOptions);
  const { maxShardSize = 5_000_000_000, metadata = { format: 'pt' } } = options;
  if (typeof path !== 'string' || !path.endsWith('.safetensors'))
    throw wrongArgument(where, 'the path', "a text that ends in '.safetensors'", path);
  // As they are now, whatever is assigned while files are written.
  const entries = stateEntries(state, where).map(([name, value]) => [name, value.detach()] as const);
  const shards = dealt(entries, maxShardSize);
  const folder = folderOf(path);
  const base = path.slice(folder.length, -'.safetensors'.length);
  const nameOf = (i: number): string =>
    shards.length === 1
      ? `${base}.safetensors`
      : `${base}-${String(i + 1).padStart(5, '0')}-of-${String(shards.length).padStart(5, '0')}.safetensors`;
  const names = shards.map((_, i) => nameOf(i));
  const index = `${base}.safetensors.index.json`;
  const temporary = names.map((name) => `${folder}${name}.part`);
  try {
    try {
      for (const [i, shard] of shards.entries())
        await writeFile(temporary[i] ?? '', await encodeSafetensors(new Map(shard), metadata), { instead: instead.write });
      const before = await writtenBefore(folder, base, index);
      await removeFile(folder + index);
      for (const [i, name] of names.entries()) await linkFile(temporary[i] ?? '', folder + name);
      if (names.length > 1) await writeFile(folder + index, indexText(shards, names));
      for (const name of before) if (!names.includes(name)) await removeFile(folder + name);
    } finally {
      for (const name of temporary) await removeFile(name).catch(() => undefined);
    } // prettier-ignore
  } catch (error) {
    throw fileError(where, error);
  }
  return names.length > 1 ? [...names, index] : names;
}

type Entries = readonly (readonly [name: string, value: StateDict extends Map<string, infer T> ? T : never])[];

/** Cut where the next one would be too much. */
function dealt(entries: Entries, maxShardSize: number): Entries[] {
  const shards: [string, Entries[number][1]][][] = [[]];
  let size = 0;
  for (const [name, value] of entries) {
    const bytes = byteLengthOf(value);
    const last = shards.at(-1) ?? [];
    if (last.length > 0 && size + bytes > maxShardSize) {
      shards.push([[name, value]]);
      size = bytes;
    } else {
      last.push([name, value]);
      size += bytes;
    }
  }
  return shards;
}

function indexText(shards: readonly Entries[], names: readonly string[]): string {
  const total = shards.flat().reduce((sum, [, value]) => sum + byteLengthOf(value), 0);
  const places = shards.flatMap((shard, i) => shard.map(([name]) => [name, names[i] ?? ''] as const));
  places.sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ metadata: { total_size: total }, weight_map: Object.fromEntries(places) }, null, 2)}\n`;
}

/** The files of an earlier call for the same path: the single one, and those that its index names by this pattern. */
async function writtenBefore(folder: string, base: string, index: string): Promise<string[]> {
  const single = `${base}.safetensors`;
  let text: string;
  try {
    text = new TextDecoder().decode(await readFile(folder + index));
  } catch (error) {
    if (error instanceof FileError) return [single];
    throw error;
  }
  try {
    const isShard = (name: string): boolean =>
      name.startsWith(`${base}-`) && /^\d{5}-of-\d{5}\.safetensors$/.test(name.slice(base.length + 1));
    return [single, ...new Set([...parseIndex(text, index).places.values()].filter(isShard))];
  } catch (error) {
    // Somebody else's; its files are not ours.
    if (error instanceof SafetensorsError) return [single];
    throw error;
  }
}
