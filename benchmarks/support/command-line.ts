/** What benchmarks understand of a command line: arguments by position, with defaults, and flags; nothing else passes in silence. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The devices that compute fast enough to be measured. */
export const devices = ['wasm', 'webgpu'] as const;

/**
 * By its default: a positive integer, a text, one of a list (the first is the default), or a flag (`false`); `String` is a text that has to be said.
 */
type Parameter = number | string | false | readonly [string, ...string[]] | StringConstructor;

type Value<P> = P extends number
  ? number
  : P extends false
    ? boolean
    : P extends readonly (infer Choice)[]
      ? Choice
      : string;

/**
 * The values of a benchmark's arguments, those by position in the order of `parameters`. `--help` prints the comment at the head of the benchmark's file, which says
 * what it measures and how it is called, and ends the process; so does, with status 2, what it does not understand.
 *
 * @param url `import.meta.url` of the benchmark
 */
export function commandLine<const P extends Readonly<Record<string, Parameter>>>(
  url: string,
  parameters: P,
  args: readonly string[] = process.argv.slice(2),
): { readonly [K in keyof P]: Value<P[K]> } {
  try {
    const { values, isHelp } = read(parameters, args);
    if (!isHelp) return values as { readonly [K in keyof P]: Value<P[K]> };
    console.log(help(url));
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help(url)}`);
    process.exit(2);
  }
}

/** @throws Error for what does not fit `parameters` */
export function read(
  parameters: Readonly<Record<string, Parameter>>,
  args: readonly string[],
): { values: Record<string, number | string | boolean>; isHelp: boolean } {
  const flags = Object.keys(parameters).filter((name) => parameters[name] === false);
  const given = parseArgs({
    args: [...args],
    options: Object.fromEntries(['help', ...flags].map((name) => [name, { type: 'boolean' as const }])),
    allowPositionals: true,
  });
  const values: Record<string, number | string | boolean> = {};
  const isHelp = given.values['help'] === true;
  const texts = [...given.positionals];
  for (const [name, parameter] of Object.entries(parameters)) {
    if (parameter === false) values[name] = given.values[name] === true;
    else if (!isHelp) values[name] = valueOf(name, parameter, texts.shift());
  }
  if (!isHelp && texts.length > 0) throw new Error(`There is one argument too many: '${texts[0]}'.`);
  return { values, isHelp };
}

function valueOf(name: string, parameter: Exclude<Parameter, false>, text: string | undefined): number | string {
  if (typeof parameter === 'function') {
    if (text === undefined) throw new Error(`The argument ${name} is missing.`);
    return text;
  }
  if (typeof parameter === 'object') {
    if (text !== undefined && !parameter.includes(text))
      throw new Error(`${name} must be ${parameter.join(' or ')}, not '${text}'.`);
    return text ?? parameter[0];
  }
  if (typeof parameter === 'string' || text === undefined) return text ?? parameter;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`${name} must be a positive integer, not '${text}'.`);
  return number;
}

/** The first comment of a file, without its stars. */
export function help(url: string): string {
  const [, comment = ''] = /\/\*\*([^]*?)\*\//.exec(readFileSync(fileURLToPath(url), 'utf8')) ?? [];
  return comment.replace(/^[^\S\n]*\* ?/gm, '').trim();
}
