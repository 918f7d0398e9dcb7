/**
 * Threefry-2x32, the counter-based generator behind `random`: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3" (SC 2011). Pure integer arithmetic, so that every backend and the reference draw the same bits.
 */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;

/**
 * Encrypts the counter words under the key words; both results are unsigned 32-bit. 13 rounds pass BigCrush (table 2 of the
 * paper); 20 is the authors' conservative default.
 */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  rounds = 13,
): [number, number] {
  const keys = [key0 | 0, key1 | 0, PARITY ^ key0 ^ key1];
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  for (let round = 0; round < rounds; round++) {
    x0 = (x0 + x1) | 0;
    const rotation = ROTATIONS[round % 8] ?? 0;
    x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = (x0 + (keys[injection % 3] ?? 0)) | 0;
      x1 = (x1 + (keys[(injection + 1) % 3] ?? 0) + injection) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}

/** Second key word of every `random`: "Hebb" in ASCII. */
export const RANDOM_KEY = 0x48656262;

/** One of the two float32 in [0, 1) that `random` is made of at a row-major index. */
export function randomUniform(seed: number, counter: number, index: number, word: 0 | 1 = 0): number {
  return (threefry2x32(seed, RANDOM_KEY, index, counter)[word] >>> 8) * 2 ** -24;
}
