/** Sums that keep what additions round away (Neumaier 1974), so that the order of batches does not show. */
export class Sum {
  #sum = 0;
  #rest = 0;

  add(value: number): void {
    const next = this.#sum + value;
    const large = Math.abs(this.#sum) >= Math.abs(value);
    this.#rest += large ? this.#sum - next + value : value - next + this.#sum;
    this.#sum = next;
  }

  merge(other: Sum): void {
    this.add(other.#sum);
    this.add(other.#rest);
  }

  get value(): number {
    return Number.isFinite(this.#sum) ? this.#sum + this.#rest : this.#sum;
  }
}
