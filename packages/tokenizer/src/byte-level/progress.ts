/** Telling of a long computation, and letting others have their turn. */

/** How far the training of a tokenizer is. */
export interface TrainingProgress {
  /** Texts are read and their words counted; then tokens are merged. */
  readonly phase: 'counting' | 'merging';
  /** Characters that were read, or merges that were made. */
  readonly done: number;
  /** Merges that the vocabulary has room for; undefined while texts are read. */
  readonly total: number | undefined;
}

/** Milliseconds between two reports. */
const interval = 100;

export class Pauses {
  readonly #onProgress: ((progress: TrainingProgress) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(onProgress: ((progress: TrainingProgress) => void) | undefined, signal: AbortSignal | undefined) {
    this.#onProgress = onProgress;
    this.#signal = signal;
    signal?.throwIfAborted();
  }

  /** Reports and gives the event loop a turn, where it is time to. */
  maybe(progress: () => TrainingProgress): Promise<void> | undefined {
    if (performance.now() - this.#last < interval) return undefined;
    this.tell(progress());
    return this.#turn();
  }

  tell(progress: TrainingProgress): void {
    this.#onProgress?.(progress);
  }

  async #turn(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#signal?.throwIfAborted();
    this.#last = performance.now();
  }
}
