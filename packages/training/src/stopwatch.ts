/** Seconds between `resume` and `pause`, summed up. */
export class Stopwatch {
  #seconds = 0;
  #since: number | undefined;

  get seconds(): number {
    return this.#seconds + (this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000);
  }

  resume(): void {
    this.#since ??= performance.now();
  }

  pause(): void {
    this.#seconds = this.seconds;
    this.#since = undefined;
  }

  /** Starts over at so many seconds, going on if it goes. */
  reset(seconds = 0): void {
    this.#seconds = seconds;
    if (this.#since !== undefined) this.#since = performance.now();
  }
}
