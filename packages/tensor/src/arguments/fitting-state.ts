import { ArgumentError } from '../graph/errors.ts';

/**
 * What every `loadStateDict` says of a state that does not fit. Throws {@link ArgumentError} listing the `differences`, unless there are none.
 *
 * @param type of what was to take it over, as messages call it
 */
export function requireFittingState(type: string, differences: readonly string[], hint?: string): void {
  if (differences.length === 0) return;
  throw new ArgumentError(
    `[${type}.loadStateDict] the state does not fit: ${differences.join('; ')}.`,
    hint === undefined ? {} : { hint },
  );
}
