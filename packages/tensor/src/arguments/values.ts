/** Checks of single arguments, for calls that no compiler has checked. Each says where, what was expected and what was given. */
import { ArgumentError } from '../graph/errors.ts';
import { describe } from './describe.ts';

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
