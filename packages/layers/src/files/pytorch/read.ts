/** Files of `torch.save`, read directly. */
import { FileError } from '@hebb/files';
import { checkOptions, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import type { StateDict } from '../../module/state.ts';
import { withSource, type ByteSource, type FileSource } from '../source.ts';
import { buildValue, type PyTorchValue } from './build.ts';
import { TensorRecord } from './builders.ts';
import { openContainer } from './container.ts';
import { PyTorchFileError, quoted, type Fail } from './error.ts';
import { Unreadable } from './unreadable.ts';
import { type Dict, kindOf } from './unpickler.ts';

export interface ReadPyTorchOptions {
  /** The entry to read of a file that holds several, `'model'` say; a list of keys leads to one inside. Default: the whole value. */
  key?: string | readonly string[];
}

const optionNames: OptionNames<ReadPyTorchOptions> = {
  key: (where, name, key: unknown) => {
    if (typeof key === 'string' || (Array.isArray(key) && key.every((each) => typeof each === 'string'))) return;
    throw wrongArgument(where, name, 'a text, or a list of texts', key);
  },
};

/**
 * Reads a state dict that PyTorch saved, `torch.save(model.state_dict(), path)`, as `.pt` or `.pth`: the ZIP format since 1.6 and the one before. Its counterpart for safetensors is
 * {@link readSafetensors}.
 *
 * A pickle is a program; this reads it with a machine that can build tensors and plain data and nothing else. Nothing is ever run: whatever else the file names (`posix.system`, a class, a
 * function) is a value without parts, and an error with that name where what is asked for holds one. What the file says of sizes is compared with what is there before memory is taken for it.
 *
 * float32, float16, int32, uint8 and bool stay what they are; float64 and bfloat16 become float32, other integers int32. Views, strides and shared storages are read as what they show; what
 * shares its elements under two names (tied weights) is one tensor. Of a checkpoint, `{'model': …, 'optimizer': …}`, `key` chooses the state dict, and only its tensors are read;
 * {@link readPyTorchObject} gives everything.
 *
 * ```ts
 * // torch.save({'model': model.state_dict(), 'epoch': 3}, 'checkpoint.pt')
 * const load = async (file: Blob) => new Linear(784, 10).loadStateDict(await readPyTorch(file, { key: 'model' }));
 * ```
 *
 * @param source - a path, or, of a page, the bytes or a File.
 *
 * Throws {@link PyTorchFileError}, naming the file, where it cannot be read, is damaged, names what may not be built, holds no state dict, and for values that float32 or int32 cannot hold.
 */
export function readPyTorch(source: FileSource, options: ReadPyTorchOptions = {}): Promise<StateDict> {
  return read('readPyTorch', source, options, async (value, build, fail) => {
    if (!isStateDict(value)) throw noStateDict(value, fail);
    return (await build(value)) as StateDict;
  });
}

/**
 * Reads whatever `torch.save` was given, as {@link readPyTorch} does: dicts (Counter and defaultdict, too) are Maps in their order, lists and tuples arrays, sets Sets,
 * None is null, bytes a Uint8Array, integers beyond 2⁵³ bigints, complex numbers `{ re, im }`, numbers of NumPy numbers, devices and dtypes their texts.
 *
 * ```ts
 * // torch.save({'model': model.state_dict(), 'optimizer': optimizer.state_dict(), 'epoch': 3}, 'checkpoint.pt')
 * const epochOf = async (file: Blob) => (await readPyTorchObject(file, { key: 'epoch' })) as number;
 * ```
 *
 * Throws as {@link readPyTorch} does.
 */
export function readPyTorchObject(source: FileSource, options: ReadPyTorchOptions = {}): Promise<PyTorchValue> {
  return read('readPyTorchObject', source, options, (value, build) => build(value));
}

async function read<T>(
  where: string,
  source: FileSource,
  options: ReadPyTorchOptions,
  use: (value: unknown, build: (value: unknown) => Promise<PyTorchValue>, fail: Fail) => Promise<T>,
): Promise<T> {
  checkOptions(where, options, optionNames);
  const { key = [] } = options;
  const path = typeof source === 'string' || source instanceof URL ? `${String(source)}: ` : '';
  const fail: Fail = (what, hint) =>
    new PyTorchFileError(`[${where}] ${path}${what}.`, hint === undefined ? {} : { hint });
  const readFrom = async (bytes: ByteSource): Promise<T> => {
    const container = await openContainer(bytes, fail);
    const chosen = choose(container.value, typeof key === 'string' ? [key] : key, fail);
    return use(chosen, (value) => buildValue(value, container, fail), fail);
  };
  try {
    return await withSource(source, readFrom, {
      instead: `Fetch the bytes and pass them: ${where}(await (await fetch(url)).arrayBuffer()).`,
    });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const own = new PyTorchFileError(`[${where}] ${error.summary}`, { hint: error.hint });
    own.cause = error;
    throw own;
  }
}

/** Follows keys into dicts. */
function choose(value: unknown, keys: readonly string[], fail: Fail): unknown {
  return keys.reduce((part, key) => {
    if (part instanceof Map && part.has(key)) return part.get(key);
    if (part instanceof Unreadable) throw part.error('', fail);
    throw fail(`there is no ${quoted(key)} in it; it holds ${contentOf(part)}`);
  }, value);
}

function isStateDict(value: unknown): value is Dict {
  return (
    value instanceof Map && [...value].every(([key, item]) => typeof key === 'string' && item instanceof TensorRecord)
  );
}

function noStateDict(value: unknown, fail: Fail): Error {
  if (value instanceof Unreadable) return value.error('', fail);
  const inside = value instanceof Map ? [...value].filter(([, item]) => isStateDict(item) && item.size > 0) : [];
  const [name, unreadable] = (value instanceof Map && [...value].find(([, item]) => item instanceof Unreadable)) || [];
  if (inside.length === 0 && unreadable instanceof Unreadable) return unreadable.error(String(name), fail);
  return fail(
    `it holds no state dict, but ${contentOf(value)}`,
    inside.length > 0
      ? `Choose one: { key: ${inside.slice(0, 3).map(([key]) => quoted(key)).join(' } or { key: ')} }.`
      : 'Save model.state_dict(), or read all that is there with readPyTorchObject.', // prettier-ignore
  );
}

function contentOf(value: unknown): string {
  if (!(value instanceof Map)) return kindOf(value);
  const entries = [...value].slice(0, 8).map(([key, item]) => `${quoted(key)} (${kindOf(item)})`);
  return `a dict of ${value.size === 0 ? 'nothing' : entries.join(', ')}${value.size > 8 ? ', …' : ''}`;
}
