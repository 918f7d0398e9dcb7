/** What command lines have in common: values that are checked, and options that mean the same everywhere. */
import { InvalidArgumentError, Option } from 'commander';

/** An unset variable in a shell script must not stand for the current folder. */
export function path(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Expected a path.');
}

export function integer(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text.trim()) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected an integer from ${low} to ${high}.`);
  };
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a positive number such as 0.001.');
}

/** What HEBB_DEVICE says, or `auto`, where it is not given. */
export function deviceOption(): Option {
  return new Option(
    '--device <name>',
    'where to compute; auto is WebGPU where there is a hardware adapter, else WebAssembly (default: auto)',
  ).choices(['auto', 'wasm', 'webgpu', 'reference']);
}

export function seedOption(): Option {
  return new Option('--seed <n>', 'seeds the weights, the order of the batches and dropout')
    .argParser(integer(0, 4_294_967_295))
    .default(0);
}

export function outOption(folder: string): Option {
  return new Option('--out <dir>', 'where the files go; made if missing').argParser(path).default(folder);
}
