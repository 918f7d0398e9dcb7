import { crc32 as nodeCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tableCrc32 } from '../src/checksum.ts';
import { crc32 } from '../src/index.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Bytes that look random, at an odd place of a buffer. */
function bytesOf(length: number): Uint8Array {
  const all = new Uint8Array(length + 1);
  for (let i = 0, state = 1; i < all.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    all[i] = state >>> 24;
  }
  return all.subarray(1);
}

describe.each([
  ['crc32', crc32],
  ['its own tables', tableCrc32],
] as const)('%s', (_, sum) => {
  it('gives the check values of the standard', () => {
    expect(sum(text('123456789'))).toBe(0xcbf43926);
    expect(sum(text(''))).toBe(0);
    expect(sum(text('The quick brown fox jumps over the lazy dog'))).toBe(0x414fa339);
    expect(sum(new Uint8Array(32))).toBe(0x190a55ad);
  });

  it('agrees with zlib for every length, and in pieces', () => {
    for (let length = 0; length < 40; length++) expect(sum(bytesOf(length))).toBe(nodeCrc32(bytesOf(length)));
    const bytes = bytesOf(10_001);
    for (const cut of [0, 1, 7, 8, 5000, 10_001])
      expect(sum(bytes.subarray(cut), sum(bytes.subarray(0, cut)))).toBe(nodeCrc32(bytes));
  });

  it('changes with every bit', () => {
    const bytes = bytesOf(64);
    const whole = sum(bytes);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = Uint8Array.from(bytes, (byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(sum(flipped)).not.toBe(whole);
    }
  });
});
