/** The batches of a run: where it stands in the data, and the one that is fetched ahead, which tells whether an epoch is over. */
import type { Batches, Cursor, LoadedBatch } from '@hebb/data';
import { aborted, unlessAborted } from './abort.ts';
import { wrong } from './checks.ts';
import { TrainingError } from './errors.ts';

/** A place in the data, as it is saved. */
export interface Place {
  /** The next batch. */
  readonly cursor: Cursor;
  /** The data's number of the epoch that is going on. */
  readonly dataEpoch: number;
  readonly stepOfEpoch: number;
}

export class BatchFeed<B> {
  readonly #where: string;
  readonly #data: Batches<B>;
  readonly #signal: AbortSignal | undefined;
  #cursor: Cursor;
  #dataEpoch: number;
  #stepOfEpoch = 0;
  #iterator: AsyncIterator<LoadedBatch<B>> | undefined;
  #ahead: LoadedBatch<B> | undefined;

  constructor(where: string, data: Batches<B>, signal: AbortSignal | undefined) {
    this.#where = where;
    this.#data = data;
    this.#signal = signal;
    this.#dataEpoch = data.epoch ?? 0;
    this.#cursor = { epoch: this.#dataEpoch, batch: 0 };
  }

  get place(): Place {
    return { cursor: this.#cursor, dataEpoch: this.#dataEpoch, stepOfEpoch: this.#stepOfEpoch };
  }
  set place({ cursor, dataEpoch, stepOfEpoch }: Place) {
    this.#cursor = cursor;
    this.#dataEpoch = dataEpoch;
    this.#stepOfEpoch = stepOfEpoch;
  }

  /** Steps made in the epoch that is going on. */
  get stepOfEpoch(): number {
    return this.#stepOfEpoch;
  }

  /**
   * The batch of the next step, which stays here until {@link take}.
   *
   * @param epoch of the run, from 1, for messages
   */
  async next(epoch: number): Promise<LoadedBatch<B> | typeof aborted> {
    const next = this.#ahead ?? (await this.#fetch());
    if (next === aborted) return aborted;
    if (next === undefined) throw this.#lengthError('0', epoch);
    this.#ahead = next;
    if (this.#stepOfEpoch === this.#data.length) throw this.#lengthError(`more than ${this.#stepOfEpoch}`, epoch);
    return next;
  }

  /** The batch has become a step’s. */
  take(): void {
    this.#ahead = undefined;
  }

  /** A step was made on a batch. */
  advance({ next }: LoadedBatch<B>): void {
    this.#cursor = next;
    this.#stepOfEpoch++;
  }

  /** Whether the last step was the last one of its epoch: whether the data has no other batch. */
  async isEpochEnd(epoch: number): Promise<boolean | typeof aborted> {
    const isPast = this.#cursor.epoch !== this.#dataEpoch;
    if (this.#ahead === undefined && (this.#iterator !== undefined || !isPast)) {
      const next = await this.#fetch();
      if (next === aborted) return aborted;
      this.#ahead = next;
    }
    const isEnd = this.#ahead === undefined;
    if (isPast && !isEnd) throw this.#lengthError(`more than ${this.#stepOfEpoch}`, epoch);
    const { length } = this.#data;
    if (isEnd && length !== undefined && this.#stepOfEpoch < length)
      throw this.#lengthError(String(this.#stepOfEpoch), epoch);
    return isEnd;
  }

  /** The next step is the first of the next epoch. */
  endEpoch(): void {
    this.#stepOfEpoch = 0;
    if (this.#cursor.epoch === this.#dataEpoch) this.#cursor = { epoch: this.#dataEpoch + 1, batch: 0 };
    this.#dataEpoch = this.#cursor.epoch;
  }

  /** Closes what the source still has open; a batch that it is waiting for may never come. */
  close(): void {
    void Promise.resolve(this.#iterator?.return?.()).catch(() => undefined);
  }

  /** The next batch of the epoch; undefined at its end. */
  async #fetch(): Promise<LoadedBatch<B> | undefined | typeof aborted> {
    this.#iterator ??= iteratorOf(this.#where, this.#data.batches(this.#cursor));
    const result = await unlessAborted(this.#iterator.next(), this.#signal);
    if (result === aborted) return aborted;
    if (result.done !== true) return result.value;
    this.#iterator = undefined;
    return undefined;
  }

  #lengthError(given: string, epoch: number): TrainingError {
    const { length } = this.#data;
    if (length === undefined) {
      return new TrainingError(`[${this.#where}] the training data gave no batch in epoch ${epoch}.`, {
        hint: 'Every epoch must have one: can the source be read again from its beginning?',
      });
    }
    return new TrainingError(
      `[${this.#where}] the training data gave ${given} batches in epoch ${epoch}; its length says ${length}.`,
      { hint: 'The length of a source is the number of batches that every epoch has.' },
    );
  }
}

function iteratorOf<B>(where: string, batches: AsyncIterable<LoadedBatch<B>>): AsyncIterator<LoadedBatch<B>> {
  if (typeof Object(batches)[Symbol.asyncIterator] === 'function') return batches[Symbol.asyncIterator]();
  throw wrong(
    where,
    'what batches(cursor) of the data returns',
    'an asynchronous iterable of { batch, count, next }',
    batches,
  );
}
