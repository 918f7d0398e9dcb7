import { describe, expect, it } from 'vitest';
import { randomUniform, threefry2x32 } from '../src/graph/threefry.ts';

describe('Threefry-2x32', () => {
  // Known-answer vectors of the authors' Random123 distribution.
  const pi = [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3] as const;
  it('matches the known answers with 20 rounds', () => {
    expect(threefry2x32(0, 0, 0, 0, 20)).toEqual([0x6b200159, 0x99ba4efe]);
    expect(threefry2x32(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 20)).toEqual([0x1cb996fc, 0xbb002be7]);
    expect(threefry2x32(...pi, 20)).toEqual([0xc4923a9c, 0x483df7a0]);
  });

  it('matches the known answers with 13 rounds', () => {
    expect(threefry2x32(0, 0, 0, 0)).toEqual([0x9d1c5ec6, 0x8bd50731]);
  });

  it('gives float32 numbers in [0, 1)', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => randomUniform(42, 7, i));
    expect(values.every((value) => value >= 0 && value < 1 && Math.fround(value) === value)).toBe(true);
    const mean = values.reduce((a, b) => a + b) / values.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 / Math.sqrt(12 * values.length));
  });
});
