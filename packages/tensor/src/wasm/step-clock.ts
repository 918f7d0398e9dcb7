/** The times of the steps of a plan that has been built to be timed: its driver calls {@link StepClock.mark}. */
import type { StepTime } from '../runtime/observation.ts';
import { control } from './control.ts';

export class StepClock {
  readonly #words: () => Int32Array;
  readonly #threads: () => number;
  #step = -1;
  #begin = 0;
  #done = 0;
  #times: StepTime[] = [];

  /** @param words - the memory of the device as it is now. */
  constructor(words: () => Int32Array, threads: () => number) {
    this.#words = words;
    this.#threads = threads;
  }

  /** Says that a step begins, and so ends the one before. */
  mark(step: number): void {
    const now = performance.now();
    const done = this.#words()[control.done / 4] ?? 0;
    if (this.#step >= 0) {
      const threads = done === this.#done ? 1 : this.#threads();
      this.#times.push({ step: this.#step, begin: this.#begin, milliseconds: now - this.#begin, threads });
    }
    this.#step = step;
    this.#done = done;
    this.#begin = now;
  }

  /** The times since it was asked last. */
  take(): StepTime[] {
    const times = this.#times;
    this.#times = [];
    this.#step = -1;
    return times;
  }
}
