/** Batches of examples of similar length. */
import { requireArray } from '@hebb/tensor/arguments';
import { DataError, show } from './errors.ts';
import type { Random } from './random.ts';

/** One batch: which examples, and to which length they are padded. */
export interface PlannedBatch {
  readonly indices: Uint32Array;
  readonly paddedLength?: number;
}

/** Which bucket each example belongs to, by its length. */
export class Buckets {
  readonly bounds: readonly number[];
  readonly #bucketOf: Uint32Array;
  readonly #sizes: number[];

  /** @throws DataError unless the bounds are ascending positive integers and every example fits into the last bucket */
  constructor(where: string, bounds: unknown, lengths: ArrayLike<number> | undefined, exampleCount: number) {
    requireArray(where, 'buckets', bounds);
    const given: readonly unknown[] = bounds;
    if (
      !given.every((bound, i) => Number.isSafeInteger(bound) && (bound as number) > ((given[i - 1] as number) ?? 0))
    ) {
      throw new DataError(
        `[${where}] buckets must be the greatest lengths of the buckets, ascending positive integers, got [${given.map(show).join(', ')}].`,
        {
          hint: 'With { buckets: [16, 32, 64] } sequences of 1 to 16 share batches and are padded to 16, those of 17 to 32 to 32.',
        },
      );
    }
    if (given.length === 0) throw new DataError(`[${where}] buckets must hold at least one length.`);
    if (lengths === undefined) {
      throw new DataError(
        `[${where}] buckets are for datasets whose examples have lengths; this one has no \`lengths\`.`,
        {
          hint: 'A SequenceDataset has them; in a dataset of your own, `lengths` holds the length of each example.',
        },
      );
    }
    if (lengths.length !== exampleCount)
      throw new DataError(`[${where}] the dataset has ${exampleCount} examples and ${lengths.length} \`lengths\`.`);
    this.bounds = given as readonly number[];
    const last = this.bounds.at(-1) ?? 0;
    this.#bucketOf = new Uint32Array(exampleCount);
    this.#sizes = this.bounds.map(() => 0);
    for (let i = 0; i < exampleCount; i++) {
      const length = lengths[i] ?? NaN;
      if (!(length <= last)) {
        throw new DataError(
          `[${where}] example ${i} has the length ${show(length)}, the largest bucket ends at ${last}.`,
          {
            hint: 'Add a larger bucket, or cut sequences: new SequenceDataset(fields, { maxLength }).',
          },
        );
      }
      const bucket = this.bounds.findIndex((bound) => length <= bound);
      this.#bucketOf[i] = bucket;
      this.#sizes[bucket] = (this.#sizes[bucket] ?? 0) + 1;
    }
  }

  /** Examples in batches of that size, in an epoch. */
  count(batchSize: number, dropLast: boolean): { batches: number; examples: number } {
    const whole = this.#sizes.map((size) => Math.floor(size / batchSize));
    const batches = this.#sizes.map((size) => Math.ceil(size / batchSize));
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
    return dropLast
      ? { batches: sum(whole), examples: batchSize * sum(whole) }
      : { batches: sum(batches), examples: sum(this.#sizes) };
  }

  /**
   * Walks through the examples in their order and hands out a batch whenever a bucket has enough for one; what is left in the buckets at the end makes smaller
   * ones. With `random` the batches are shuffled, so that these do not always come last.
   */
  plan(order: Uint32Array, batchSize: number, dropLast: boolean, random: Random | undefined): PlannedBatch[] {
    const open: number[][] = this.bounds.map(() => []);
    const planned: PlannedBatch[] = [];
    const close = (bucket: number): void => {
      const paddedLength = this.bounds[bucket] ?? 0;
      planned.push({ indices: Uint32Array.from(open[bucket] ?? []), paddedLength });
      open[bucket] = [];
    };
    for (const index of order) {
      const bucket = this.#bucketOf[index] ?? 0;
      const members = open[bucket];
      members?.push(index);
      if (members?.length === batchSize) close(bucket);
    }
    if (!dropLast) open.forEach((members, bucket) => members.length > 0 && close(bucket));
    return random === undefined ? planned : random.shuffle(planned);
  }
}
