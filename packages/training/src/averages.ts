/** The averages of a run's optimizers (EMA, SWA) in the place of the trained parameters. */
import type { Averaging } from '@hebb/optimizers';

export class Averages {
  readonly #all: readonly Averaging[];
  /** Those that are in place for whoever asked for it, and how many did. */
  #placed: readonly Averaging[] = [];
  #users = 0;

  constructor(all: readonly Averaging[]) {
    this.#all = all;
  }

  /** Runs `body` with the averages in place; also several at once, until the last has ended. */
  async during<T>(body: () => T | Promise<T>): Promise<T> {
    if (this.#users++ === 0) this.#placed = this.#all.filter(({ isApplied }) => !isApplied);
    try {
      for (const average of this.#placed) average.apply();
      return await body();
    } finally {
      if (--this.#users === 0) for (const average of this.#placed) average.restore();
    }
  }

  apply(): void {
    for (const average of this.#all) if (!average.isApplied) average.apply();
  }

  restore(): void {
    for (const average of this.#all) if (average.isApplied) average.restore();
  }
}
