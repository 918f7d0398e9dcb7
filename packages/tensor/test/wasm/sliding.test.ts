import { describe, expect, it } from 'vitest';
import { createWasmBackend } from '../../src/wasm/backend.ts';
import { mismatches, runPlan, sourceOf } from './support.ts';
import { weightGradient, type Convolution } from './weight-gradient.ts';

const cases: readonly Convolution[] = [
  // Lanes of which more would be empty, and copies that would be too long.
  { channels: 9, size: [28, 28], outputs: 8, kernel: [3, 3], padding: 1 },
  { channels: 16, size: [3, 700], outputs: 16, kernel: [3, 3], padding: 1, images: 1 },
  { channels: 3, size: [28, 28], outputs: 8, kernel: [3, 3], padding: 1 },
  { channels: 3, size: [9, 13], outputs: 5, kernel: [3, 3] },
  { channels: 1, size: [12, 12], outputs: 3, kernel: [3, 3], padding: 1, images: 1 },
  { channels: 4, size: [10, 17], outputs: 7, kernel: [2, 2], padding: 1 },
  { channels: 3, size: [14, 15], outputs: 6, kernel: [4, 4], padding: 2 },
  { channels: 2, size: [13, 26], outputs: 4, kernel: [5, 5], padding: 2 },
  { channels: 3, size: [11, 12], outputs: 9, kernel: [3, 3], padding: 2, dilation: 2 },
  { channels: 3, size: [7, 7], outputs: 8, kernel: [3, 3], padding: 1 },
  { channels: 3, size: [8, 30], outputs: 8, kernel: [1, 3], padding: 0, images: 3 },
  { channels: 3, size: [14, 14], outputs: 12, kernel: [3, 3], padding: 1, exchanged: true },
];

describe('gradients of few rows of weights slide over lines', () => {
  it.each(cases)('%j', async (convolution) => {
    const builder = weightGradient(convolution);
    expect(sourceOf(builder)).toContain('slides');
    expect(await mismatches(builder)).toEqual([]);
  });

  it('have the same bytes on several threads', async () => {
    const device = createWasmBackend({ threads: 3, leastChunk: 0 });
    for (const convolution of cases) {
      const builder = weightGradient(convolution);
      const expected = await runPlan(builder.plan(), builder.data);
      expect(await runPlan(builder.plan(), builder.data, [], device)).toEqual(expected);
    }
  });

  it('do not read what lies beyond a line', async () => {
    // The last column of what is sent back ends a line of 13, beside lanes of the next line, and zeros of the padding are no numbers of the line before.
    const convolution: Convolution = { images: 1, channels: 1, size: [4, 13], outputs: 3, kernel: [3, 3], padding: 1 };
    const builder = weightGradient(convolution);
    const [image, sent] = builder.data as [Float32Array, Float32Array];
    image.fill(0);
    sent.fill(0);
    // One pixel, which each tap meets at one position, and no number where only other pixels, which are zero, would meet it.
    image[13 + 12] = 2;
    sent[13 + 12] = 3;
    const [, , weight] = (await runPlan(builder.plan(), builder.data)) as [unknown, unknown, Float32Array];
    const before = builder.data[2] as Float32Array;
    Array.from(weight).forEach((value, i) => {
      expect(value).toBeCloseTo((before[i] ?? NaN) - (i === 4 ? 0.6 : 0), 6);
    });
  });
});

it('products of many rows, and of lines too short, are packed', () => {
  const packed: readonly Convolution[] = [
    { channels: 64, size: [14, 14], outputs: 64, kernel: [3, 3], padding: 1 },
    { channels: 8, size: [3, 3], outputs: 16, kernel: [3, 3], padding: 1 },
    { channels: 8, size: [28, 28], outputs: 8, kernel: [7, 7], padding: 3 },
    { channels: 8, size: [28, 28], outputs: 8, kernel: [1, 1] },
  ];
  for (const convolution of packed) {
    expect(sourceOf(weightGradient(convolution)), JSON.stringify(convolution)).not.toContain('slides');
  }
});
