/** What all batches have, of datasets and of streams: a seed, `dropLast`, a transform. */
import { requireBoolean, requireFunction } from '@hebb/tensor/arguments';
import { requireBatch, type ArrayBatch } from './batches.ts';
import { Random, requireSeed } from './random.ts';

export interface TransformContext {
  /** Seeded by the seed, the epoch and the number of the batch: the same augmentation on every run. */
  readonly random: Random;
  readonly epoch: number;
  /** Number of the batch in its epoch, from 0. */
  readonly batch: number;
}

export const commonBatchOptions: Readonly<
  Record<'dropLast' | 'transform' | 'seed', (where: string, name: string, value: unknown) => void>
> = { dropLast: requireBoolean, transform: requireFunction, seed: requireSeed };

/** What the transform of a batch gets. The streams of seeds are those of shuffles of all epochs and these, each its own. */
export function contextOf(seed: number, epoch: number, batch: number): TransformContext {
  return { random: new Random(seed, (epoch + 1) * 2 ** 32 + batch), epoch, batch };
}

/** Throws DataError unless that is a batch. */
export function requireTransformed(where: string, changed: unknown): asserts changed is ArrayBatch {
  const expected = `[${where}] transform must return the batch, typed arrays with shapes by name`;
  requireBatch(expected, changed, 'Return it also where the arrays are changed in place.');
}
