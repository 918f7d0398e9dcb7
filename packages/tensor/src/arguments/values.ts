/** Checks of single arguments, for calls that no compiler has checked. Each says where, what was expected and what was given. */
import { ArgumentError } from '../graph/errors.ts';
import { describe } from './describe.ts';

/** Throws a typed error unless the value of an argument is of its kind. */
export type Check = (where: string, name: string, value: unknown) => void;

/** The error of an argument of the wrong kind: `[op] name must be …, not …`. */
export function wrongArgument(
  where: string,
  name: string,
  expected: string,
  given: unknown,
  hint?: string,
): ArgumentError {
  const summary = `[${where}] ${name} must be ${expected}, not ${describe(given)}.`;
  return new ArgumentError(summary, hint === undefined ? {} : { hint });
}

/** A number, NaN and the infinities among them. */
export function requireNumber(where: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') throw wrongArgument(where, name, 'a number', value);
}

/** A number that is finite. */
export function requireFinite(where: string, name: string, value: unknown): asserts value is number {
  if (!Number.isFinite(value)) throw wrongArgument(where, name, 'a finite number', value);
}

/** An integer from `minimum` to `maximum`. */
export function requireInteger(
  where: string,
  name: string,
  value: unknown,
  minimum: number = Number.MIN_SAFE_INTEGER,
  maximum: number = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum) return;
  const from =
    minimum === Number.MIN_SAFE_INTEGER ? '' : minimum === 0 || minimum === 1 ? ` ≥ ${minimum}` : ` from ${minimum}`;
  const to = maximum === Number.MAX_SAFE_INTEGER ? '' : `${from.startsWith(' ≥') ? ' and ≤' : ' to'} ${maximum}`;
  throw wrongArgument(where, name, `an integer${from}${to}`, value);
}

export function requireBoolean(where: string, name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw wrongArgument(where, name, 'true or false', value);
}

export function requireString(where: string, name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw wrongArgument(where, name, 'a string', value);
}

export function requireFunction(where: string, name: string, value: unknown): void {
  if (typeof value !== 'function') throw wrongArgument(where, name, 'a function', value);
}

/** One of a few strings. */
export function requireOneOf<T extends string>(
  where: string,
  name: string,
  value: unknown,
  choices: readonly T[],
): asserts value is T {
  if ((choices as readonly unknown[]).includes(value)) return;
  const quoted = choices.map((choice) => `'${choice}'`);
  throw wrongArgument(
    where,
    name,
    quoted.length === 1 ? String(quoted[0]) : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`,
    value,
  );
}

export function requireArray(where: string, name: string, value: unknown): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw wrongArgument(where, name, 'an array', value);
}

/** An object, neither null nor a function. */
export function requireObject(where: string, name: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null) throw wrongArgument(where, name, 'an object', value);
}

/** An object that was written as one: no array, no Map, no instance of a class. */
export function requirePlain(
  where: string,
  name: string,
  value: unknown,
): asserts value is Readonly<Record<string, unknown>> {
  if (!isPlain(value)) throw wrongArgument(where, name, 'a plain object', value);
}

/** Also of another realm (a frame, `node:vm`), whose `Object.prototype` is another one. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

export function requireBytes(where: string, name: string, value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrongArgument(where, name, 'a Uint8Array', value);
}

/** Numbers in an array or a typed array; what they are is for the function to check. */
export function requireList(where: string, name: string, value: unknown): asserts value is ArrayLike<unknown> {
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && !(value instanceof DataView)))
    throw wrongArgument(where, name, 'an array', value);
}

/** A path, or a URL of a file. */
export function requirePath(where: string, name: string, value: unknown): asserts value is string | URL {
  if (typeof value !== 'string' && !(value instanceof URL)) throw wrongArgument(where, name, 'a path', value);
}

export function requireSignal(where: string, name: string, value: unknown): asserts value is AbortSignal {
  const isSignal = typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
  if (!isSignal) throw wrongArgument(where, name, 'an AbortSignal', value);
}

/** A check for one of a few strings. */
export function oneOf(...choices: readonly string[]): Check {
  return (where, name, value) => requireOneOf(where, name, value, choices);
}

/** A check for an array whose items pass another check. */
export function listOf(check: Check): Check {
  return (where, name, value) => {
    requireArray(where, name, value);
    for (let i = 0; i < value.length; i++) check(where, `${name}[${i}]`, value[i]);
  };
}

/** A check for a plain object whose values pass another check. */
export function recordOf(check: Check): Check {
  return (where, name, value) => {
    requirePlain(where, name, value);
    for (const [key, item] of Object.entries(value)) check(where, `${name}.${key}`, item);
  };
}

/** A check for null or what another check lets pass. */
export function orNull(check: Check): Check {
  return (where, name, value) => {
    if (value !== null) check(where, name, value);
  };
}

/** A check for a number from `low` to `high`, both included. */
export function between(low: number, high: number): Check {
  return (where, name, value) => {
    if (typeof value !== 'number' || !(value >= low && value <= high))
      throw wrongArgument(where, name, `a number in ${low} … ${high}`, value);
  };
}
