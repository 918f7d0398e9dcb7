/** Numbers for pairs of ids, in the order in which the pairs came: a hash table in flat arrays, since there are millions. */
export class PairTable {
  /** The pairs by number: first and second id. */
  first: Int32Array;
  second: Int32Array;
  size = 0;
  /** Number + 1 of a pair, 0 where free; at most half of it is taken. */
  #slots: Int32Array;

  constructor(capacity = 256) {
    let slots = 16;
    while (slots < capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.first = new Int32Array(slots / 2);
    this.second = new Int32Array(slots / 2);
  }

  /** The number of a pair, or −1. */
  find(a: number, b: number): number {
    return (this.#slots[this.#slotOf(a, b)] ?? 0) - 1;
  }

  /** The number of a pair, which is added where it is new. */
  add(a: number, b: number): number {
    const slot = this.#slotOf(a, b);
    const known = (this.#slots[slot] ?? 0) - 1;
    if (known >= 0) return known;
    const number = this.size++;
    this.first[number] = a;
    this.second[number] = b;
    this.#slots[slot] = this.size;
    if (this.size === this.first.length) this.#grow();
    return number;
  }

  #slotOf(a: number, b: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    for (let slot = (hash ^ (hash >>> 13)) & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0 || (this.first[number] === a && this.second[number] === b)) return slot;
    }
  }

  #grow(): void {
    const { first, second } = this;
    this.first = new Int32Array(first.length * 2);
    this.second = new Int32Array(first.length * 2);
    this.first.set(first);
    this.second.set(second);
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < this.size; number++) {
      this.#slots[this.#slotOf(first[number] ?? 0, second[number] ?? 0)] = number + 1;
    }
  }
}
