/** Checks of constructor arguments. */
import { ArgumentError } from '@hebb/tensor';

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
  const [first, second, ...rest] = typeof value === 'number' ? [value, value] : value;
  const fits = (n: number | undefined): n is number => Number.isInteger(n) && (n ?? 0) >= minimum;
  if (fits(first) && fits(second) && rest.length === 0) return [first, second];
  throw new ArgumentError(
    `[${layer}] ${name} takes one integer ≥ ${minimum} or two of them, not ${JSON.stringify(value)}.`,
  );
}
