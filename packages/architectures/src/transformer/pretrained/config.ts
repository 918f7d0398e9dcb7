/** What of a `config.json` says how a network is built, and what of it must be as networks here are. */
import { ArgumentError } from '@hebb/tensor';
import type { PublishedConfig } from './files.ts';

/**
 * The number of that name, or the first of several names that there is; `otherwise` where there is none, as configurations leave out what is the default of their class.
 *
 * Throws `ArgumentError` for what is no number.
 */
export function numberOf(where: string, config: PublishedConfig, names: readonly string[], otherwise: number): number {
  const name = names.find((each) => (config[each] ?? null) !== null);
  if (name === undefined) return otherwise;
  const value = config[name];
  if (typeof value !== 'number')
    throw new ArgumentError(`[${where}] ${name} of config.json is ${JSON.stringify(value)}; it must be a number.`);
  return value;
}

/** Throws `ArgumentError`, with all reasons, where a value is there and none of those known. */
export function requireKnown(
  where: string,
  config: PublishedConfig,
  known: Readonly<Record<string, readonly unknown[]>>,
): void {
  const reasons = Object.entries(known).flatMap(([name, values]) => {
    const value = config[name];
    if (value === undefined || values.some((each) => JSON.stringify(each) === JSON.stringify(value))) return [];
    return [`${name} is ${JSON.stringify(value)}, not ${values.map((each) => JSON.stringify(each)).join(' or ')}`];
  });
  if (reasons.length > 0)
    throw new ArgumentError(
      `[${where}] config.json is of a network that this class is not.${reasons.map((reason) => `\n  ${reason}`).join('')}`,
    );
}

/**
 * The probability of dropout, which has one value here.
 *
 * Throws `ArgumentError` where those of several names differ.
 */
export function dropoutOf(where: string, config: PublishedConfig, names: readonly string[]): number {
  const values = names.map((name) => numberOf(where, config, [name], 0.1));
  const [first = 0.1] = values;
  if (values.every((value) => value === first)) return first;
  throw new ArgumentError(
    `[${where}] ${names.map((name, i) => `${name} is ${values[i]}`).join(', ')}; here they are one.`,
    {
      hint: 'Say which it is to be: { dropout: 0.1 }. It matters in training only.',
    },
  );
}
