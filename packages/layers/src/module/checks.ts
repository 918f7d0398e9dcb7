/** Checks of constructor arguments. */
import { ArgumentError } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';

/** Throws {@link ArgumentError} naming each argument that is not an integer ≥ 1. */
export function requirePositiveIntegers(layer: string, values: Readonly<Record<string, number>>): void {
  const wrong = Object.entries(values).filter(([, value]) => !Number.isInteger(value) || value < 1);
  if (wrong.length === 0) return;
  throw new ArgumentError(
    `[${layer}] ${wrong.map(([name, value]) => `${name} must be an integer ≥ 1, not ${String(value)}`).join('; ')}.`,
  );
}

/** One integer ≥ `minimum` per axis, as a list of two. */
export function pair(
  layer: string,
  name: string,
  value: number | readonly number[],
  minimum: number,
): readonly [number, number] {
  const list: readonly unknown[] = typeof value === 'number' ? [value, value] : Array.isArray(value) ? value : [];
  const [first, second, ...rest] = list;
  const fits = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= minimum;
  if (fits(first) && fits(second) && rest.length === 0) return [first, second];
  throw new ArgumentError(`[${layer}] ${name} takes one integer ≥ ${minimum} or two of them, not ${describe(value)}.`);
}
