import { describe, expect, it } from 'vitest';
import { createWasmBackend } from '../../src/wasm/backend.ts';
import { allTiles } from '../../src/wasm/tiles.ts';
import { generator, mismatches, runPlan, sourceOf } from './support.ts';
import { weightGradient, type Convolution } from './weight-gradient.ts';

const packedOnly = { without: new Set(['window-products', 'sliding-products'] as const) };

const cases: readonly Convolution[] = [
  { channels: 16, size: [14, 14], outputs: 32, kernel: [3, 3], padding: 1, images: 4 },
  { channels: 16, size: [14, 14], outputs: 32, kernel: [3, 3], images: 3 },
  { channels: 8, size: [20, 23], outputs: 9, kernel: [3, 3], padding: 1 },
  // Blocks of channels, of rows, of lines and of images of which the last has fewer.
  { channels: 21, size: [19, 17], outputs: 13, kernel: [3, 3], padding: 1, images: 3 },
  // So many channels that a block of images more would not be near the end of memory.
  { channels: 1024, size: [7, 7], outputs: 8, kernel: [3, 3], padding: 1, images: 7 },
  { channels: 10, size: [6, 6], outputs: 11, kernel: [3, 3], padding: 1, images: 11 },
  { channels: 16, size: [5, 300], outputs: 16, kernel: [1, 5], images: 1 },
  // Long lines, two in a block.
  { channels: 8, size: [7, 190], outputs: 16, kernel: [3, 3], padding: 1 },
  { channels: 16, size: [31, 29], outputs: 24, kernel: [5, 5], padding: 2, images: 1 },
  { channels: 12, size: [16, 16], outputs: 16, kernel: [4, 2], padding: 1 },
  { channels: 16, size: [15, 15], outputs: 16, kernel: [3, 3], padding: 2, dilation: 2 },
  { channels: 16, size: [28, 28], outputs: 16, kernel: [3, 3], padding: 1, stride: 2 },
  { channels: 16, size: [27, 26], outputs: 16, kernel: [4, 4], padding: 1, stride: 2, images: 3 },
  { channels: 8, size: [16, 16], outputs: 12, kernel: [3, 3], padding: 1, groups: 3 },
  { channels: 16, size: [14, 14], outputs: 12, kernel: [3, 3], padding: 1, exchanged: true },
];

describe('gradients of the weights of convolutions gather at taps', () => {
  it.each(cases)('%j', async (convolution) => {
    const builder = weightGradient(convolution);
    expect(sourceOf(builder)).toContain('gathers at');
    expect(await mismatches(builder)).toEqual([]);
  });

  it.each(allTiles)('in tiles of $rows×$columns, with the bytes of packed operands', async (tile) => {
    const [taps, packed] = [createWasmBackend({ tile }), createWasmBackend({ tile, ...packedOnly })];
    let read = 0;
    for (const convolution of cases) {
      const builder = weightGradient(convolution);
      if (sourceOf(builder, taps).includes('gathers at')) read++;
      const expected = await runPlan(builder.plan(), builder.data, [], packed);
      expect(await runPlan(builder.plan(), builder.data, [], taps), JSON.stringify(convolution)).toEqual(expected);
    }
    expect(read).toBeGreaterThan(5);
  });

  it('have them whatever their sizes', async () => {
    const random = generator(7);
    const pick = (most: number, least = 1): number => least + Math.floor(random() * (most - least + 1));
    // Those that slide in place of gathering have sums in another order.
    const [taps, packed] = [createWasmBackend({ without: new Set(['sliding-products']) }), createWasmBackend(packedOnly)]; // prettier-ignore
    const count = Number(process.env['HEBB_FUZZ'] ?? 40);
    let read = 0;
    for (let i = 0; i < count; i++) {
      const convolution: Convolution = {
        images: pick(9),
        groups: pick(2),
        channels: pick(24, 8),
        outputs: pick(30, 8),
        size: [pick(24, 8), pick(40, 8)],
        kernel: [pick(4), pick(4, 2)],
        padding: pick(3, 0),
        dilation: pick(2),
        stride: pick(4) === 1 ? 2 : 1,
        exchanged: pick(2) === 1,
      };
      const builder = weightGradient(convolution, i);
      if (sourceOf(builder, taps).includes('gathers at')) read++;
      const expected = await runPlan(builder.plan(), builder.data, [], packed);
      expect(await runPlan(builder.plan(), builder.data, [], taps), JSON.stringify(convolution)).toEqual(expected);
    }
    expect(read).toBeGreaterThan(count / 2);
  }, 600_000);

  it('have the same bytes on several threads', async () => {
    const device = createWasmBackend({ threads: 3, leastChunk: 0 });
    for (const convolution of cases) {
      const builder = weightGradient(convolution);
      const expected = await runPlan(builder.plan(), builder.data);
      expect(await runPlan(builder.plan(), builder.data, [], device)).toEqual(expected);
    }
  });

  it('take nothing from beyond a line but zeros', async () => {
    const builder = weightGradient({ images: 1, channels: 8, size: [12, 13], outputs: 8, kernel: [3, 3], padding: 1 });
    const [image, sent] = builder.data as [Float32Array, Float32Array];
    const before = builder.data[2] as Float32Array;
    image.fill(0);
    sent.fill(0);
    // The end of a line in the last channel, beside the begin of the next line, which is no number.
    const channel = 7 * 12 * 13;
    image[channel + 13 * 5 + 12] = 2;
    image[channel + 13 * 6] = NaN;
    sent[channel + 13 * 5 + 12] = 3;
    const [, , weight] = (await runPlan(builder.plan(), builder.data)) as [unknown, unknown, Float32Array];
    // The taps of that channel meet what is no number at some position, but for those to the right, for which it would be at the end of the line before.
    Array.from(weight).forEach((value, i) => {
      if (Math.floor(i / 9) % 8 === 7 && i % 3 < 2) expect(value, `${i}`).toBeNaN();
      else expect(value, `${i}`).toBe(before[i]);
    });
  });
});

it('few channels, lanes that are half empty, long lines and kernels of one tap do not', () => {
  const others: readonly Convolution[] = [
    { channels: 3, size: [28, 28], outputs: 16, kernel: [3, 3], padding: 1 },
    { channels: 9, size: [56, 56], outputs: 16, kernel: [3, 3], padding: 1 },
    { channels: 16, size: [1, 8000], outputs: 16, kernel: [1, 3], padding: 0 },
    { channels: 16, size: [28, 28], outputs: 16, kernel: [1, 1] },
    { channels: 512, size: [4, 4], outputs: 512, kernel: [3, 3], padding: 1, images: 16 },
  ];
  for (const convolution of others) {
    expect(sourceOf(weightGradient(convolution)), JSON.stringify(convolution)).not.toContain('gathers at');
  }
});
