/** The place of what hands out batches epoch by epoch: the next epoch, and the seed of what is drawn in it. */
import { requireSeed } from './random.ts';

export abstract class Epochs {
  readonly #where: string;
  #seed: number;
  #epoch = 0;

  /** `where`: for errors. */
  protected constructor(where: string, seed: number) {
    this.#where = where;
    this.#seed = seed;
  }

  /** Of the order and of what `transform` draws; stages of a stream have seeds of their own. */
  get seed(): number {
    return this.#seed;
  }

  /** The epoch with which the next loop over this and `fit` begin, from 0. A loop moves it on as it begins; nothing else does. Set it to go on after a checkpoint. */
  get epoch(): number {
    return this.#epoch;
  }
  set epoch(epoch: number) {
    requireSeed(this.#where, 'epoch', epoch);
    this.#epoch = epoch;
  }

  /** The next epoch, which begins. */
  protected begin(): number {
    return this.#epoch++;
  }

  /** Goes on where another stood. */
  protected continueFrom({ seed, epoch }: { readonly seed: number; readonly epoch: number }): void {
    this.#seed = seed;
    this.#epoch = epoch;
  }
}
