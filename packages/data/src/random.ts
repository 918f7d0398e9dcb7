/** Seeded random integers that are the same on every platform: xoshiro128**, integer arithmetic only. */
import { requireInteger, requireList } from '@hebb/tensor/arguments';
import { DataError, show } from './errors.ts';

/**
 * The generator xoshiro128** 1.1 (D. Blackman and S. Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021;
 * https://prng.di.unimi.it/xoshiro128starstar.c), its 128-bit state filled by SplitMix32 from a seed and a stream.
 * Two streams of one seed, e.g. two epochs, are unrelated sequences.
 *
 * ```ts
 * import { Random } from '@hebb/data';
 *
 * new Random(42).permutation(5); // Uint32Array [2, 0, 4, 1, 3], on every machine
 * ```
 */
export class Random {
  readonly #state: Uint32Array = new Uint32Array(4);

  /**
   * @param seed any integer from 0 to 2⁵³ − 1
   * @param stream any integer from 0 to 2⁵³ − 1, default 0
   * @throws DataError for another seed or stream
   */
  constructor(seed: number, stream = 0) {
    requireSeed('Random', 'seed', seed);
    requireSeed('Random', 'stream', stream);
    let mixed = 0;
    for (const word of [seed, Math.floor(seed / 2 ** 32), stream, Math.floor(stream / 2 ** 32)]) {
      mixed = splitMix32((mixed ^ (word >>> 0)) >>> 0);
    }
    for (let i = 0; i < 4; i++) {
      this.#state[i] = splitMix32(mixed);
      mixed = (mixed + 0x9e3779b9) >>> 0;
    }
  }

  /** A generator in a given state of four 32-bit words, not all zero. */
  static fromState(state: readonly [number, number, number, number]): Random {
    if (state.every((word) => word >>> 0 === 0)) throw new DataError('[Random] the state must not be all zero.');
    const random = new Random(0);
    random.#state.set(state);
    return random;
  }

  /** A uniform integer from 0 to 2³² − 1. */
  uint32(): number {
    const s = this.#state;
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = s;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const t2 = s2 ^ s0;
    const t3 = s3 ^ s1;
    s[1] = s1 ^ t2;
    s[0] = s0 ^ t3;
    s[2] = t2 ^ (s1 << 9);
    s[3] = rotateLeft(t3, 11);
    return result;
  }

  /** A uniform number in [0, 1): a multiple of 2⁻³². */
  float(): number {
    return this.uint32() / 2 ** 32;
  }

  /** A uniform integer from 0 to `bound - 1`, without bias (values past the last multiple of `bound` are drawn again). */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new DataError(`[Random] bound must be an integer from 1 to 2³², got ${show(bound)}.`);
    }
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % bound;
  }

  /** Shuffles in place (Fisher–Yates, from the last position down) and returns its argument. */
  shuffle<T extends { readonly length: number; [index: number]: unknown }>(items: T): T {
    requireList('Random', 'items', items);
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
    return items;
  }

  /** The integers 0 … length − 1 in random order. */
  permutation(length: number): Uint32Array {
    requireInteger('Random', 'length', length, 0, 2 ** 31 - 1);
    const order = new Uint32Array(length);
    for (let i = 0; i < length; i++) order[i] = i;
    return this.shuffle(order);
  }
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** The output function of SplitMix32 (the 32-bit finaliser of MurmurHash3 after one step of the Weyl sequence). */
function splitMix32(state: number): number {
  let z = (state + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

export function requireSeed(where: string, name: string, value: unknown): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new DataError(`[${where}] ${name} must be an integer from 0 to 2⁵³ − 1, got ${show(value)}.`);
  }
}
