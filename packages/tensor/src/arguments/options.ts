/** Options are refused where they are unknown or no object of options: TypeScript refuses them too, JavaScript does not. */
import { ArgumentError } from '../graph/errors.ts';
import { describe } from './describe.ts';
import { nearest, type Aliases } from './nearest.ts';
import { isPlain, type Check } from './values.ts';

/**
 * All names of an options type, each with the check of its value, or with true where the function itself checks it. A name that is missing
 * here, or one too many, does not compile.
 */
export type OptionNames<O extends object> = Readonly<Record<keyof O, true | Check>>;

/**
 * Throws {@link ArgumentError} unless `options` is undefined or an object with none but the given names, and values that pass: written as one,
 * made over defaults (`Object.create(defaults)`), or an instance of a class whose fields are options. `aliases` are what a name may be meant by.
 */
export function checkOptions<O extends object>(
  where: string,
  options: O | undefined,
  names: OptionNames<O>,
  aliases?: Aliases,
): void {
  if (options === undefined) return;
  if (!isPlain(options) && !hasFields(options)) throw notOptions(where, options, names);
  // Names that come down from a prototype count: destructuring reads them.
  for (const name in options) {
    if (!Object.hasOwn(names, name)) throw unknownOptions(where, options, names, aliases);
    const check = names[name];
    if (check === true) continue;
    const value: unknown = options[name];
    if (value !== undefined) check(where, name, value);
  }
}

/** Tensors, Maps, promises and functions have no fields that a loop finds; what modules have is refused by its names. */
function hasFields(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return false;
  for (const name in value) return name !== '';
  return false;
}

/** As {@link checkOptions}, where options must be given. */
export function requireOptions<O extends object>(
  where: string,
  options: O,
  names: OptionNames<O>,
  aliases?: Aliases,
): void {
  if (options === undefined) throw notOptions(where, options, names, 'Is an argument missing? ');
  checkOptions(where, options, names, aliases);
}

function notOptions(where: string, given: unknown, names: object, hint = ''): ArgumentError {
  return new ArgumentError(`[${where}] options are an object, not ${describe(given)}.`, {
    hint: `${hint}Options of ${where} by name: { ${Object.keys(names).join(', ')} }.`,
  });
}

function unknownOptions(where: string, options: object, names: object, aliases: Aliases | undefined): ArgumentError {
  const known = Object.keys(names);
  const unknown: string[] = [];
  for (const name in options) if (!known.includes(name)) unknown.push(name);
  const meant = unknown.flatMap((name) => {
    const near = nearest(name, known, aliases);
    return near === undefined ? [] : [unknown.length === 1 ? near : `${near} for ${name}`];
  });
  return new ArgumentError(
    `[${where}] there ${unknown.length === 1 ? 'is no option' : 'are no options'} ${unknown.map((name) => `'${name}'`).join(', ')}.`,
    {
      hint: `${meant.length === 0 ? '' : `Did you mean ${meant.join(', ')}? `}Options of ${where}: ${known.join(', ')}.`,
    },
  );
}
