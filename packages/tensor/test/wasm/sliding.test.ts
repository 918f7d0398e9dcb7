import { describe, expect, it } from 'vitest';
import type { Condition } from '../../src/compiler/kernel.ts';
import { createWasmBackend } from '../../src/wasm/backend.ts';
import {
  addIndex,
  axisIndex,
  backend,
  binary,
  linear,
  load,
  makeAxis,
  mismatches,
  PlanBuilder,
  result,
  rowMajor,
  runPlan,
  scaleIndex,
  constantIndex,
} from './support.ts';

interface Convolution {
  readonly images?: number;
  readonly channels: number;
  readonly size: readonly [number, number];
  readonly outputs: number;
  readonly kernel: readonly [number, number];
  readonly padding?: number;
  readonly dilation?: number;
  /** Which operand is the left one. */
  readonly exchanged?: boolean;
}

/** The gradient of a convolution's weight, less a tenth of it from the weight itself: the product, and stores that read what they write. */
function weightGradient(
  { images = 2, channels, size, outputs, kernel, padding = 0, dilation = 1, exchanged = false }: Convolution,
  seed = 1,
): PlanBuilder {
  const builder = new PlanBuilder(seed);
  const [height, width] = size;
  const [rows, columns] = size.map((extent, i) => extent + 2 * padding - dilation * ((kernel[i] ?? 1) - 1)) as [number, number]; // prettier-ignore
  const [batch, output, channel] = [makeAxis(images), makeAxis(outputs), makeAxis(channels)];
  const [y, x, ky, kx] = [makeAxis(rows), makeAxis(columns), makeAxis(kernel[0]), makeAxis(kernel[1])];
  const image = builder.parameter(images * channels * height * width);
  const sent = builder.parameter(images * outputs * rows * columns);
  const weight = builder.parameter(outputs * channels * kernel[0] * kernel[1]);
  const at = (position: typeof y, tap: typeof ky) =>
    addIndex(addIndex(axisIndex(position), scaleIndex(axisIndex(tap), dilation)), constantIndex(-padding));
  const [row, column] = [at(y, ky), at(x, kx)];
  const guards: Condition[] = padding === 0 ? [] : [{ index: row, lower: 0, upper: height }, { index: column, lower: 0, upper: width }]; // prettier-ignore
  const index = addIndex(
    addIndex(linear([[batch, channels * height * width], [channel, height * width]]), scaleIndex(row, width)), // prettier-ignore
    column,
  );
  const operands = [
    { buffer: sent, index: rowMajor([batch, output, y, x]), guards: [] },
    { buffer: image, index, guards },
  ] as const;
  const [left, right] = exchanged ? [operands[1], operands[0]] : operands;
  const sides = [[output], [channel, ky, kx]];
  const [m = [], n = []] = exchanged ? [sides[1], sides[0]] : sides;
  const place = rowMajor([output, channel, ky, kx]);
  const step = binary('mul', result(), { kind: 'constant', type: 'f32', value: 0.1 });
  builder.kernels.push({
    kind: 'contraction',
    name: 'weightGradient',
    batch: [],
    m,
    n,
    k: [batch, y, x],
    left,
    right,
    stores: [{ buffer: weight, index: place, value: binary('sub', load(weight, place), step) }],
  });
  return builder;
}

const cases: readonly Convolution[] = [
  { channels: 8, size: [28, 28], outputs: 8, kernel: [3, 3], padding: 1 },
  { channels: 3, size: [9, 13], outputs: 5, kernel: [3, 3] },
  { channels: 1, size: [12, 12], outputs: 3, kernel: [3, 3], padding: 1, images: 1 },
  { channels: 4, size: [10, 17], outputs: 7, kernel: [2, 2], padding: 1 },
  { channels: 3, size: [14, 15], outputs: 6, kernel: [4, 4], padding: 2 },
  { channels: 2, size: [13, 26], outputs: 4, kernel: [5, 5], padding: 2 },
  { channels: 5, size: [11, 12], outputs: 9, kernel: [3, 3], padding: 2, dilation: 2 },
  { channels: 6, size: [7, 7], outputs: 8, kernel: [3, 3], padding: 1 },
  { channels: 6, size: [8, 30], outputs: 8, kernel: [1, 3], padding: 0, images: 3 },
  { channels: 4, size: [14, 14], outputs: 12, kernel: [3, 3], padding: 1, exchanged: true },
];

describe('gradients of few rows of weights slide over lines', () => {
  it.each(cases)('%j', async (convolution) => {
    const builder = weightGradient(convolution);
    const executable = backend.compile(builder.plan());
    expect(backend.source(executable)).toContain('slides');
    executable.dispose();
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
    const executable = backend.compile(weightGradient(convolution).plan());
    expect(backend.source(executable), JSON.stringify(convolution)).not.toContain('slides');
    executable.dispose();
  }
});
