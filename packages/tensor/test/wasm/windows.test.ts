import { describe, expect, it } from 'vitest';
import type { Condition } from '../../src/compiler/kernel.ts';
import { createWasmBackend } from '../../src/wasm/backend.ts';
import { allTiles } from '../../src/wasm/tiles.ts';
import {
  addIndex,
  axisIndex,
  binary,
  constantIndex,
  generator,
  linear,
  load,
  makeAxis,
  mismatches,
  PlanBuilder,
  result,
  rowMajor,
  runPlan,
  scaleIndex,
  sourceOf,
} from './support.ts';

interface Convolution {
  readonly images?: number;
  readonly groups?: number;
  /** Of a group. */
  readonly channels: number;
  readonly outputs: number;
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly padding?: readonly [number, number];
  readonly dilation?: number;
  readonly stride?: number;
  /** Whether taps go backwards, as in the gradient of the images. */
  readonly flipped?: boolean;
  /** Which operand is the left one. */
  readonly exchanged?: boolean;
}

/** A convolution and a bias added to it. */
function convolution(
  { images = 2, groups = 1, channels, outputs, size, kernel, padding = [0, 0], dilation = 1, stride = 1, flipped = false, exchanged = false }: Convolution, // prettier-ignore
  seed = 1,
): PlanBuilder {
  const builder = new PlanBuilder(seed);
  const [height, width] = size;
  const [rows, columns] = size.map((extent, i) => Math.floor((extent + 2 * (padding[i] ?? 0) - dilation * ((kernel[i] ?? 1) - 1) - 1) / stride) + 1) as [number, number]; // prettier-ignore
  const [image, group, output, channel] = [images, groups, outputs, channels].map(makeAxis) as [ReturnType<typeof makeAxis>, ReturnType<typeof makeAxis>, ReturnType<typeof makeAxis>, ReturnType<typeof makeAxis>]; // prettier-ignore
  const [y, x, ky, kx] = [makeAxis(rows), makeAxis(columns), makeAxis(kernel[0]), makeAxis(kernel[1])];
  const source = builder.parameter(images * groups * channels * height * width);
  const weight = builder.parameter(groups * outputs * channels * kernel[0] * kernel[1]);
  const bias = builder.parameter(groups * outputs);
  const target = builder.parameter(images * groups * outputs * rows * columns);
  const at = (position: typeof y, tap: typeof ky, pad: number) => {
    const first = flipped ? dilation * (tap.extent - 1) - pad : -pad;
    return addIndex(addIndex(scaleIndex(axisIndex(position), stride), scaleIndex(axisIndex(tap), flipped ? -dilation : dilation)), constantIndex(first)); // prettier-ignore
  };
  const [row, column] = [at(y, ky, padding[0]), at(x, kx, padding[1])];
  const guards: Condition[] = [];
  if (padding[0] > 0) guards.push({ index: row, lower: 0, upper: height });
  if (padding[1] > 0) guards.push({ index: column, lower: 0, upper: width });
  const plane = height * width;
  const index = addIndex(
    addIndex(linear([[image, groups * channels * plane], [group, channels * plane], [channel, plane]]), scaleIndex(row, width)), // prettier-ignore
    column,
  );
  const operands = [
    { buffer: weight, index: rowMajor([group, output, channel, ky, kx]), guards: [] },
    { buffer: source, index, guards },
  ] as const;
  const [left, right] = exchanged ? [operands[1], operands[0]] : operands;
  const sides = [[output], [image, y, x]];
  const [m = [], n = []] = exchanged ? [sides[1], sides[0]] : sides;
  builder.kernels.push({
    kind: 'contraction',
    name: 'convolution',
    batch: [group],
    m,
    n,
    k: [channel, ky, kx],
    left,
    right,
    stores: [
      {
        buffer: target,
        index: rowMajor([image, group, output, y, x]),
        value: binary('add', result(), load(bias, rowMajor([group, output]))),
      },
    ],
  });
  return builder;
}

const cases: readonly Convolution[] = [
  { channels: 8, outputs: 8, size: [32, 32], kernel: [3, 3], padding: [1, 1] },
  { channels: 8, outputs: 8, size: [32, 32], kernel: [3, 3], padding: [1, 1], flipped: true },
  // Without padding it is read where it lies.
  { channels: 6, outputs: 12, size: [18, 34], kernel: [3, 3] },
  { channels: 6, outputs: 5, size: [18, 34], kernel: [3, 3], flipped: true, exchanged: true },
  // Whole images in a block, of which the last has fewer; lines of which the last block has fewer; lines that are cut.
  { images: 7, channels: 4, outputs: 8, size: [8, 8], kernel: [3, 3], padding: [1, 1] },
  { images: 1, channels: 3, outputs: 4, size: [29, 24], kernel: [3, 3], padding: [1, 1] },
  { images: 1, channels: 5, outputs: 8, size: [1, 708], kernel: [1, 9] },
  { images: 1, channels: 16, outputs: 8, size: [1, 604], kernel: [1, 5] },
  // Edges of tiles and of lines.
  { channels: 3, outputs: 7, size: [11, 23], kernel: [3, 3], padding: [1, 1] },
  { channels: 2, outputs: 9, size: [13, 31], kernel: [5, 5], padding: [2, 2] },
  { channels: 5, outputs: 6, size: [12, 22], kernel: [4, 2], padding: [3, 1] },
  { channels: 4, outputs: 8, size: [20, 16], kernel: [3, 3], padding: [2, 2], dilation: 2 },
  { channels: 4, outputs: 8, size: [16, 16], kernel: [3, 3], padding: [4, 5] },
  { channels: 1, outputs: 16, size: [28, 32], kernel: [3, 3], padding: [1, 1], images: 3 },
  { groups: 3, channels: 4, outputs: 4, size: [16, 24], kernel: [3, 3], padding: [1, 1] },
  { channels: 6, outputs: 16, size: [16, 16], kernel: [3, 3], padding: [1, 1], exchanged: true },
];

describe('convolutions of few filters read windows', () => {
  it.each(cases)('%j', async (given) => {
    const builder = convolution(given);
    expect(sourceOf(builder)).toContain('convolves');
    expect(await mismatches(builder)).toEqual([]);
  });

  it.each(allTiles)('in tiles of $rows×$columns, with the bytes of packed operands', async (tile) => {
    const [windows, packed] = [[], ['window-products'] as const].map((without) => createWasmBackend({ tile, without: new Set(without) })); // prettier-ignore
    let read = 0;
    for (const given of cases) {
      const builder = convolution(given);
      const executable = windows?.compile(builder.plan());
      if (executable !== undefined && windows?.source(executable).includes('convolves') === true) read++;
      const expected = await runPlan(builder.plan(), builder.data, [], packed);
      expect(await runPlan(builder.plan(), builder.data, [], windows), JSON.stringify(given)).toEqual(expected);
    }
    expect(read).toBeGreaterThan(3);
  });

  it('have them whatever their sizes', async () => {
    const random = generator(5);
    const pick = (most: number, least = 1): number => least + Math.floor(random() * (most - least + 1));
    const packed = createWasmBackend({ without: new Set(['window-products']) });
    const count = Number(process.env['HEBB_FUZZ'] ?? 40);
    let read = 0;
    for (let i = 0; i < count; i++) {
      const kernel = [pick(4), pick(5)] as const;
      const given: Convolution = {
        images: pick(5),
        groups: pick(2),
        channels: pick(9),
        outputs: pick(20, 3),
        size: [pick(24, 9), pick(70, 9)],
        kernel,
        padding: [pick(3, 0), pick(4, 0)],
        dilation: pick(2),
        stride: pick(8) === 1 ? 2 : 1,
        flipped: pick(2) === 1,
        exchanged: pick(2) === 1,
      };
      const builder = convolution(given, i);
      if (sourceOf(builder).includes('convolves')) read++;
      const expected = await runPlan(builder.plan(), builder.data, [], packed);
      expect(await runPlan(builder.plan(), builder.data), JSON.stringify(given)).toEqual(expected);
    }
    expect(read).toBeGreaterThan(count / 3);
  }, 600_000);

  it('have the same bytes on several threads', async () => {
    const device = createWasmBackend({ threads: 3, leastChunk: 0 });
    for (const given of cases) {
      const builder = convolution(given);
      const expected = await runPlan(builder.plan(), builder.data);
      expect(await runPlan(builder.plan(), builder.data, [], device)).toEqual(expected);
    }
  });

  it('take nothing from beyond a line but zeros', async () => {
    const builder = convolution({ images: 1, channels: 1, outputs: 4, size: [16, 16], kernel: [3, 3], padding: [1, 1] }); // prettier-ignore
    const [image, weight, bias] = builder.data as [Float32Array, Float32Array, Float32Array];
    image.fill(0);
    bias.fill(0);
    weight.fill(1);
    // The end of a line, beside the begin of the next one.
    image[16 * 5 + 15] = 1;
    image[16 * 9] = NaN;
    const [, , , target] = (await runPlan(builder.plan(), builder.data)) as [unknown, unknown, unknown, Float32Array];
    for (let y = 0; y < 16; y++)
      for (let x = 0; x < 16; x++) {
        const expected = Math.abs(y - 9) <= 1 && x <= 1 ? NaN : Number(Math.abs(y - 5) <= 1 && x >= 14);
        expect(target[16 * y + x], `${y}, ${x}`).toBe(expected);
      }
  });
});

it('steps of two, lines shorter than a tile, windows that do not overlap and many filters are packed', () => {
  const packed: readonly Convolution[] = [
    { channels: 8, outputs: 8, size: [32, 32], kernel: [3, 3], padding: [1, 1], stride: 2 },
    { channels: 8, outputs: 32, size: [4, 4], kernel: [3, 3], padding: [1, 1], images: 16 },
    { channels: 24, outputs: 4, size: [16, 16], kernel: [1, 1] },
    { channels: 64, outputs: 128, size: [14, 14], kernel: [3, 3], padding: [1, 1] },
  ];
  for (const given of packed) {
    expect(sourceOf(convolution(given)), JSON.stringify(given)).not.toContain('convolves');
  }
});
