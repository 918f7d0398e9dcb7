/**
 * Keeps the order of calls. An operation takes effect at once where everything before it has, and waits in line otherwise:
 * for pipelines that are still compiling, or for the device where it is far behind.
 */

export interface Operation {
  /** A promise to wait for before `perform`, undefined when ready. */
  blocked(): Promise<unknown> | undefined;
  perform(): void;
}

export class OperationQueue {
  #waiting: Operation[] = [];
  #head = 0;
  #asleep = false;
  readonly #report: (error: unknown) => void;

  /** `report` receives what `perform` throws while nobody is there to catch it. */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Whether an operation issued now would be the next to take effect. */
  get idle(): boolean {
    return this.#head === this.#waiting.length;
  }

  push(operation: Operation): void {
    this.#waiting.push(operation);
    if (!this.#asleep) this.#drain();
  }

  #drain(): void {
    for (;;) {
      const next = this.#waiting[this.#head];
      if (next === undefined) break;
      const obstacle = next.blocked();
      if (obstacle !== undefined) {
        this.#asleep = true;
        const wake = (): void => {
          this.#asleep = false;
          this.#drain();
        };
        obstacle.then(wake, wake);
        return;
      }
      this.#head++;
      try {
        next.perform();
      } catch (error) {
        this.#report(error);
      }
    }
    this.#waiting = [];
    this.#head = 0;
  }
}

/** Dispatches that may be in the device's queue before another run waits: two submissions of this many. */
export const dispatchesPerSubmission = 48;

/**
 * Counts what has been submitted and is not done. A run may be issued while fewer than two submissions are in flight;
 * small runs may be more, as long as their dispatches together are no more than two full submissions.
 */
export class Flight {
  readonly #queue: GPUQueue;
  #submissions = 0;
  #dispatches = 0;
  #landed: Promise<void> | undefined;
  #land: (() => void) | undefined;

  constructor(queue: GPUQueue) {
    this.#queue = queue;
  }

  /** Whether the device has done all that it was given, as far as is known. */
  get empty(): boolean {
    return this.#submissions === 0;
  }

  /** A promise to wait for before issuing a run of that many dispatches. */
  full(dispatches: number): Promise<void> | undefined {
    if (this.#submissions < 2 || this.#dispatches + dispatches <= 2 * dispatchesPerSubmission) return undefined;
    this.#landed ??= new Promise((resolve) => {
      this.#land = resolve;
    });
    return this.#landed;
  }

  /** Notes a submission of that many. */
  depart(dispatches: number): void {
    this.#submissions++;
    this.#dispatches += dispatches;
    const land = (): void => {
      this.#submissions--;
      this.#dispatches -= dispatches;
      const wake = this.#land;
      this.#landed = undefined;
      this.#land = undefined;
      wake?.();
    };
    this.#queue.onSubmittedWorkDone().then(land, land);
  }
}
