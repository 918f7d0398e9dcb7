/** What command lines have in common: values that are checked, and options that mean the same everywhere. */
import { InvalidArgumentError, Option } from 'commander';

/** An unset variable in a shell script must not stand for the current folder. */
export function path(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Expected a path.');
}

/** So does an empty text. */
export function filled(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Expected a text that is not empty.');
}

/** A command as it can be pasted into a shell: what has spaces, quotes or nothing in it is quoted. */
export function typed(args: readonly string[]): string {
  return args.map(quoted).join(' ');
}

function quoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  // The name of an option stays in sight.
  const [, option, value] = /^(--[\w-]+=)([^]*)$/.exec(text) ?? [];
  if (option !== undefined && value !== undefined) return option + quoted(value);
  // Of a line break a terminal and a page make something else.
  if (/[\n\r\t]/.test(text)) return `$'${text.replace(/[\\']/g, String.raw`\$&`).replace(/[\n\r\t]/g, (each) => breaks[each] ?? each)}'`; // prettier-ignore
  // Double quotes are read by every shell, but a POSIX one finds more than text in some of them.
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : `"${text}"`;
}

const breaks: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` };

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
