/** Checks of options. */
import { ArgumentError } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';

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
