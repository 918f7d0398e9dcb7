/**
 * Memory that all plans of a device use in turn: runs follow each other and leave nothing behind in it, so one block as large as the most
 * demanding plan serves them all.
 */
import type { Allocator } from './allocator.ts';

export class SharedBlock {
  readonly #allocator: Allocator;
  readonly #demands = new Map<object, number>();
  #address = 0;
  #bytes = 0;

  constructor(allocator: Allocator) {
    this.#allocator = allocator;
  }

  /** Address of the block; another one after the next larger demand. */
  get address(): number {
    return this.#address;
  }

  /** Sees to it that `owner` has as many bytes at its disposal. */
  demand(owner: object, bytes: number): void {
    if (bytes <= (this.#demands.get(owner) ?? 0)) return;
    if (bytes > this.#bytes) this.#resize(bytes);
    this.#demands.set(owner, bytes);
  }

  /** Ends the demand of `owner`; the block shrinks where that was the largest. */
  withdraw(owner: object): void {
    const bytes = this.#demands.get(owner);
    if (bytes === undefined) return;
    this.#demands.delete(owner);
    if (bytes < this.#bytes) return;
    let largest = 0;
    for (const demand of this.#demands.values()) largest = Math.max(largest, demand);
    if (largest < this.#bytes) this.#resize(largest);
  }

  #resize(bytes: number): void {
    if (this.#bytes > 0) this.#allocator.free(this.#address, this.#bytes);
    this.#address = 0;
    this.#bytes = 0;
    if (bytes === 0) return;
    try {
      this.#address = this.#allocator.allocate(bytes);
      this.#bytes = bytes;
    } catch (error) {
      // The others still need theirs, for which there is room: it has just been freed.
      const largest = Math.max(0, ...this.#demands.values());
      if (largest > 0) {
        this.#address = this.#allocator.allocate(largest);
        this.#bytes = largest;
      }
      throw error;
    }
  }
}
