/** At most so many of the numbers that come, evenly spread over all of them, however many there are. */
export class Samples<T> {
  readonly #limit: number;
  #kept: T[] = [];
  #stride = 1;
  #seen = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get values(): readonly T[] {
    return this.#kept;
  }

  /** @param make the next one; called where it is kept */
  offer(make: () => T): void {
    if (this.#seen++ % this.#stride !== 0) return;
    this.#kept.push(make());
    if (this.#kept.length < 2 * this.#limit) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  merge(other: Samples<T>): void {
    for (const value of other.#kept) this.offer(() => value);
  }
}

/** The few with the largest score, the largest first. */
export class Largest<T> {
  readonly #limit: number;
  #kept: { score: number; value: T }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get values(): readonly T[] {
    return this.#kept.map(({ value }) => value);
  }

  /** @param make the value; called where it is kept */
  offer(score: number, make: () => T): void {
    const last = this.#kept.at(-1);
    if (this.#kept.length === this.#limit && last !== undefined && last.score >= score) return;
    const at = this.#kept.findIndex((kept) => kept.score < score);
    this.#kept.splice(at < 0 ? this.#kept.length : at, 0, { score, value: make() });
    this.#kept.length = Math.min(this.#kept.length, this.#limit);
  }

  merge(other: Largest<T>): void {
    for (const { score, value } of other.#kept) this.offer(score, () => value);
  }
}
