/** How much each example counts. */
import { ArgumentError, ShapeError } from '@hebb/tensor';
import { describe, wrongArgument } from '@hebb/tensor/arguments';

/** The weight of an example by its position: 1 where there are no weights. */
export function weighting(
  where: string,
  weights: ArrayLike<number> | undefined,
  count: number,
): (example: number) => number {
  if (weights === undefined) return () => 1;
  if (weights.length !== count) {
    throw new ShapeError(`[${where}] there are ${weights.length} weights for ${count} examples.`);
  }
  return (example) => {
    const weight = Number(weights[example]);
    if (weight >= 0 && weight < Infinity) return weight;
    throw new ArgumentError(`[${where}] weights[${example}] is ${describe(weights[example])}, not a number ≥ 0.`);
  };
}

export function requireWeights(where: string, name: string, value: unknown): void {
  const { length } = Object(value) as { length?: unknown };
  if (typeof value !== 'object' || typeof length !== 'number')
    throw wrongArgument(where, name, 'an array of numbers, one per example', value);
}

/** Throws where a measurement has seen no example, or none that counts. */
export function requireMeasured(where: string, weight: number): void {
  if (weight > 0) return;
  throw new ArgumentError(`[${where}] there are no examples, or none that counts: their weights add up to 0.`, {
    hint: 'A value needs at least one example with a weight above 0: is the data empty, or does its mask exclude everything?',
  });
}
