/** Reads losses while the device computes on: a bounded number of reads is in flight, and they are handed on in order. */
import type { Tensor } from '@hebb/tensor';

export class LossReader<Note> {
  readonly #limit: number;
  readonly #handle: (loss: number, note: Note) => void;
  readonly #reads: {
    readonly done: Promise<void>;
    readonly state: { loss: number | undefined };
    readonly note: Note;
  }[] = [];

  /**
   * @param limit reads in flight before {@link push} waits
   * @param handle gets each loss, in the order of the steps; what it throws comes out of `push` or `drain`
   */
  constructor(limit: number, handle: (loss: number, note: Note) => void) {
    this.#limit = limit;
    this.#handle = handle;
  }

  /** Starts to read a loss; waits for the oldest one only where too many are in flight. */
  async push(loss: Tensor, note: Note): Promise<void> {
    const state: { loss: number | undefined } = { loss: undefined };
    const done = loss.item().then((value) => {
      state.loss = value;
    });
    done.catch(() => undefined); // reported where it is awaited
    this.#reads.push({ done, state, note });
    this.#handOn();
    while (this.#reads.length >= this.#limit) await this.#next();
  }

  /** Waits for all losses. */
  async drain(): Promise<void> {
    while (this.#reads.length > 0) await this.#next();
  }

  async #next(): Promise<void> {
    await this.#reads[0]?.done;
    this.#handOn();
  }

  #handOn(): void {
    for (let read = this.#reads[0]; read?.state.loss !== undefined; read = this.#reads[0]) {
      this.#reads.shift();
      this.#handle(read.state.loss, read.note);
    }
  }
}
