/** The files of a model as its publisher has them on the Hugging Face Hub: `config.json` beside `model.safetensors`, or beside several such files with an index. */
import { listFolder, readFile } from '@hebb/files';
import { readSafetensors, readShardedSafetensors, type FileSource, type StateDict } from '@hebb/layers';
import { ArgumentError } from '@hebb/tensor';
import { isPlain, wrongArgument } from '@hebb/tensor/arguments';

/** The folder that the files lie in; or, where there are none, what gives each by its name: its bytes, a Blob, a path, and undefined where there is no such file. */
export type PretrainedFiles =
  string | URL | ((name: string) => FileSource | undefined | Promise<FileSource | undefined>);

/** `config.json`. */
export type PublishedConfig = Readonly<Record<string, unknown>>;

const [single, index] = ['model.safetensors', 'model.safetensors.index.json'];

/**
 * Throws `ArgumentError` for a file that is not there and a `config.json` that is none, `FileError` and `SafetensorsError` for what cannot be read.
 */
export async function readPretrained(
  where: string,
  files: PretrainedFiles,
): Promise<{ readonly config: PublishedConfig; readonly state: StateDict }> {
  const { find, there } = await sourcesOf(where, files);
  const get = async (name: string): Promise<FileSource> => {
    const source = await find(name);
    if (source !== undefined) return source;
    throw new ArgumentError(`[${where}] there is no ${name}${there}.`);
  };
  const config = parseConfig(where, await textOf(await get('config.json')));
  const whole = await find(single);
  if (whole !== undefined) return { config, state: await readSafetensors(whole) };
  const list = await find(index);
  if (list === undefined)
    throw new ArgumentError(`[${where}] there is neither ${single} nor ${index}${there}.`, {
      hint: 'A pytorch_model.bin becomes one by writeSafetensors(path, await readPyTorch(file)).',
    });
  return { config, state: await readShardedSafetensors(list, { shard: get }) };
}

async function sourcesOf(
  where: string,
  files: PretrainedFiles,
): Promise<{ find: Exclude<PretrainedFiles, string | URL>; there: string }> {
  if (typeof files === 'function')
    return { find: async (name) => requireSource(where, name, await files(name)), there: '' };
  if (typeof files !== 'string' && !(files instanceof URL))
    throw wrongArgument(where, 'the files', 'a folder, or a function that gives a file by its name', files);
  const names = new Set(await listFolder(files));
  const inFolder = (name: string): string | URL =>
    typeof files === 'string' ? `${files}/${name}` : new URL(name, files.href.endsWith('/') ? files : `${files.href}/`);
  return {
    find: (name) => (names.has(name) ? inFolder(name) : undefined),
    there: ` in ${String(files)}, which has ${names.size === 0 ? 'nothing' : [...names].slice(0, 20).join(', ')}`,
  };
}

function requireSource(where: string, name: string, source: FileSource | undefined): FileSource | undefined {
  const isSource = [Uint8Array, ArrayBuffer, Blob, URL].some((kind) => source instanceof kind);
  if (source === undefined || typeof source === 'string' || isSource) return source;
  throw wrongArgument(where, name, 'bytes, a Blob or a path, or undefined where there is no such file', source);
}

async function textOf(source: FileSource): Promise<string> {
  if (typeof source === 'string' || source instanceof URL) return new TextDecoder().decode(await readFile(source));
  return source instanceof Blob ? source.text() : new TextDecoder().decode(source);
}

function parseConfig(where: string, text: string): PublishedConfig {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw new ArgumentError(`[${where}] config.json is not JSON: ${(cause as Error).message}`);
  }
  if (!isPlain(config)) throw new ArgumentError(`[${where}] config.json holds no object.`);
  return config as PublishedConfig;
}
