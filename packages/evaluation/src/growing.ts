/** Typed arrays that grow as numbers arrive. */
type Kept = Float32Array | Float64Array | Int32Array;

export class Growing<T extends Kept> {
  #values: T;
  #length = 0;
  readonly #make: (length: number) => T;

  /** @param make an array of so many zeros, e.g. `(length) => new Int32Array(length)` */
  constructor(make: (length: number) => T) {
    this.#make = make;
    this.#values = make(0);
  }

  get length(): number {
    return this.#length;
  }

  /** The numbers so far: a view that the next one may outdate. */
  get values(): T {
    return this.#values.subarray(0, this.#length) as T;
  }

  push(value: number): void {
    this.#reserve(1);
    this.#values[this.#length++] = value;
  }

  append(values: ArrayLike<number>): void {
    this.#reserve(values.length);
    this.#values.set(values, this.#length);
    this.#length += values.length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#values.length) return;
    const larger = this.#make(Math.max(needed, 2 * this.#values.length, 64));
    larger.set(this.values);
    this.#values = larger;
  }
}
