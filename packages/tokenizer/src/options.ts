/** Options are refused where they are unknown or no plain object. Written out here, since this package stands alone. */
import { TokenizerError } from './errors.ts';

/** All names of an options type. One that is missing here, or one too many, does not compile. */
export type OptionNames<O extends object> = Readonly<Record<keyof O, true>>;

/** @throws TokenizerError unless `options` is undefined or a plain object with none but the given names. */
export function checkOptions<O extends object>(where: string, options: O | undefined, names: OptionNames<O>): void {
  if (options === undefined) return;
  const known = Object.keys(names);
  const hint = `Options of ${where}: ${known.join(', ')}.`;
  if (!isPlain(options))
    throw new TokenizerError(`[${where}] options are an object, not ${describe(options)}.`, { hint });
  for (const name in options) {
    if (names[name] === true) continue;
    // Of several the longest: what stands in a longer name is not meant.
    const [near] = known
      .filter((candidate) => differsLittle(folded(name), folded(candidate)))
      .sort((a, b) => b.length - a.length);
    throw new TokenizerError(`[${where}] there is no option '${name}'.`, {
      hint: near === undefined ? hint : `Did you mean ${near}? ${hint}`,
    });
  }
}

export function requireBoolean(where: string, name: string, value: unknown): void {
  if (typeof value !== 'boolean')
    throw new TokenizerError(`[${where}] ${name} must be true or false, not ${describe(value)}.`);
}

/** @throws TokenizerError for what could not be called, and for what stops nothing. */
export function requireListeners(where: string, onProgress: unknown, signal: unknown): void {
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new TokenizerError(`[${where}] onProgress must be a function, not ${describe(onProgress)}.`);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new TokenizerError(`[${where}] signal must be an AbortSignal, not ${describe(signal)}.`, {
      hint: 'Pass controller.signal of an AbortController.',
    });
}

/** What a value is, for messages. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || value === undefined || typeof value === 'number') return String(value);
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const folded = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');

/** Whether one name is part of the other, or both begin and end alike around a few letters. */
function differsLittle(a: string, b: string): boolean {
  if (a.length < 3) return false;
  if (a.includes(b) || b.includes(a)) return true;
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return Math.max(a.length, b.length) - start - end <= 3;
}
