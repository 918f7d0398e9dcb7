/** How much the examples of a batch count: its field `weight`. */
import { TrainingError } from './errors.ts';

/**
 * What a batch weighs in a mean over examples: the sum of its field `weight`, or the number of examples where it has none.
 *
 * @param where with the number of the batch, for messages
 * @throws TrainingError for weights that are no numbers ≥ 0
 */
export function weightOf(where: string, batch: object, count: number): number {
  const { data } = Object((batch as { weight?: unknown }).weight) as { data?: unknown };
  if (!ArrayBuffer.isView(data)) return count;
  const weights = data as Float32Array;
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0;
    if (!(weight >= 0 && weight < Infinity)) throw noWeight(where, weight, i, weights.length);
    sum += weight;
  }
  return sum;
}

/** {@link weightOf} a batch that is to be trained on: the loss is divided by it. */
export function trainingWeightOf(where: string, batch: object, count: number): number {
  const weight = weightOf(where, batch, count);
  if (weight > 0 || count === 0) return weight;
  const examples = count === 1 ? 'the weight of its only example is' : `the weights of all its ${count} examples are`;
  throw new TrainingError(`[${where}] there is nothing to learn from this batch: ${examples} 0.`, {
    hint: 'Leave out examples that do not count, filterDataset(dataset, ({ weight }) => weight.data[0] > 0) or stream.filter(…), or take larger batches.',
  });
}

function noWeight(where: string, weight: number, i: number, count: number): TrainingError {
  const hint =
    weight < 0
      ? 'An example that counts nothing has the weight 0. To move away from a target change the loss, not the weight.'
      : 'Where it comes from a quotient (1 / frequency, say), look for a division by zero; where it is missing, leave the example out.';
  return new TrainingError(
    `[${where}] the weight of an example must be a number ≥ 0; weight ${i} of the batch’s ${count} is ${weight}.`,
    { hint },
  );
}
