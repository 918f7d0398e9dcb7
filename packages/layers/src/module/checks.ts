/** Checks of constructor arguments. */
import { ArgumentError } from '@hebb/tensor';
import { describe, wrongArgument } from '@hebb/tensor/arguments';

/** Throws {@link ArgumentError} naming each argument that is not an integer ≥ 1. */
export function requirePositiveIntegers(layer: string, values: Readonly<Record<string, number>>): void {
  const wrong = Object.entries(values).filter(([, value]) => !Number.isInteger(value) || value < 1);
  if (wrong.length === 0) return;
  throw new ArgumentError(
    `[${layer}] ${wrong.map(([name, value]) => `${name} must be an integer ≥ 1, not ${String(value)}`).join('; ')}.`,
  );
}

/** A finite number > 0, as an argument or an option. Throws {@link ArgumentError} for anything else. */
export function requirePositive(layer: string, name: string, value: unknown): asserts value is number {
  if (!Number.isFinite(value) || (value as number) <= 0) throw wrongArgument(layer, name, 'a finite number > 0', value);
}

const counts = ['', 'a list of one', 'two of them', 'three of them'];

/** One integer ≥ `minimum` for each of `axes` axes, from one for all or a list. */
export function perAxis(
  layer: string,
  name: string,
  value: number | readonly number[],
  axes: number,
  minimum: number,
): readonly number[] {
  const list: readonly unknown[] =
    typeof value === 'number' ? new Array<number>(axes).fill(value) : Array.isArray(value) ? value : [];
  const fits = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= minimum;
  if (list.length === axes && list.every(fits)) return [...list];
  throw new ArgumentError(
    `[${layer}] ${name} takes one integer ≥ ${minimum} or ${counts[axes] ?? `${axes} of them`}, not ${describe(value)}.`,
  );
}
