/** Checks of options. */
import { ArgumentError } from '@hebb/tensor';
import { describe, requireArray } from '@hebb/tensor/arguments';

/** Throws {@link ArgumentError} naming each option that is not a number ≥ 0 (and < `below`, where given). */
export function requireNonNegative(
  op: string,
  options: Readonly<Record<string, number>>,
  below: number = Infinity,
): void {
  const wrong = Object.entries(options).filter(
    ([, value]) => !(typeof value === 'number' && value >= 0 && value < below),
  );
  if (wrong.length === 0) return;
  const range = below === Infinity ? 'a number ≥ 0' : `a number ≥ 0 and < ${below}`;
  throw new ArgumentError(
    `[${op}] ${wrong.map(([name, value]) => `${name} must be ${range}, not ${describe(value)}`).join('; ')}.`,
  );
}

/** Throws {@link ArgumentError} for what are no two numbers ≥ 0 (and < `below`, where given). */
export function requirePair(where: string, name: string, pair: readonly [number, number], below?: number): void {
  requireArray(where, name, pair);
  if ((pair as readonly unknown[]).length !== 2)
    throw new ArgumentError(`[${where}] ${name} must be two numbers, not ${(pair as readonly unknown[]).length}.`);
  requireNonNegative(where, { [`${name}[0]`]: pair[0], [`${name}[1]`]: pair[1] }, below);
}

/** Throws {@link ArgumentError} for what are no two numbers ≥ 0 and < 1. */
export function requireBetas(where: string, betas: readonly [number, number]): void {
  requirePair(where, 'betas', betas, 1);
}
