import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Condition, ContractionKernel } from '../../src/compiler/kernel.ts';
import type { HostArray } from '../../src/runtime/backend.ts';
import { addIndex, divideIndex, remainderIndex } from '../../src/compiler/index-expression.ts';
import { createWasmBackend, hasRelaxedSimd } from '../../src/wasm/backend.ts';
import { allTiles, chooseTile, timeTiles, usualTile } from '../../src/wasm/tiles.ts';
import {
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
  unary,
  constantIndex,
  type Axis,
  type Index,
} from './support.ts';

interface Layout {
  readonly leftTransposed?: boolean;
  readonly rightTransposed?: boolean;
}

function matmul(
  b: number,
  m: number,
  n: number,
  k: number,
  { leftTransposed, rightTransposed }: Layout = {},
  seed = 1,
): PlanBuilder {
  const builder = new PlanBuilder(seed);
  const [batch, row, column, inner] = [makeAxis(b), makeAxis(m), makeAxis(n), makeAxis(k)];
  const left = builder.parameter(b * m * k);
  const right = builder.parameter(b * k * n);
  const out = builder.parameter(b * m * n);
  builder.kernels.push({
    kind: 'contraction',
    name: 'matmul',
    batch: [batch],
    m: [row],
    n: [column],
    k: [inner],
    left: { buffer: left, index: rowMajor(leftTransposed ? [batch, inner, row] : [batch, row, inner]), guards: [] },
    right: {
      buffer: right,
      index: rowMajor(rightTransposed ? [batch, column, inner] : [batch, inner, column]),
      guards: [],
    },
    stores: [{ buffer: out, index: rowMajor([batch, row, column]), value: result() }],
  });
  return builder;
}

/** The same in float64, term by term: the interpreter of plans takes seconds for millions of terms. */
function productOf(
  [left = [], right = []]: readonly ArrayLike<number>[],
  batch: number,
  m: number,
  n: number,
  k: number,
  { leftTransposed, rightTransposed }: Layout,
): Float64Array {
  const out = new Float64Array(batch * m * n);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) {
          const x = left[b * m * k + (leftTransposed === true ? l * m + i : i * k + l)] ?? NaN;
          const y = right[b * k * n + (rightTransposed === true ? j * k + l : l * n + j)] ?? NaN;
          sum += x * y;
        }
        out[(b * m + i) * n + j] = sum;
      }
    }
  }
  return out;
}

const inTiles = allTiles.map((tile) => createWasmBackend({ tile }));

/** Element by element `toEqual` takes seconds for a million numbers. */
function sameBytes(a: HostArray | undefined, b: HostArray | undefined): boolean {
  const [x, y] = [a, b].map((array) => array && Buffer.from(array.buffer, array.byteOffset, array.byteLength));
  return x !== undefined && y !== undefined && x.equals(y);
}

/** Where results differ from the evaluator's, or between tiles by a bit. */
async function mismatchesInAnyTile(
  builder: PlanBuilder,
  scalars: readonly number[] = [],
  options: Parameters<typeof mismatches>[2] = {},
): Promise<string[]> {
  const wrong = await mismatches(builder, scalars, options);
  const expected = await runPlan(builder.plan(), builder.data, scalars);
  for (const device of inTiles) expect(await runPlan(builder.plan(), builder.data, scalars, device)).toEqual(expected);
  return wrong;
}

const layouts: Layout[] = [
  {},
  { leftTransposed: true },
  { rightTransposed: true },
  { leftTransposed: true, rightTransposed: true },
];

describe('matrix products', () => {
  it('of every small size, in every layout', async () => {
    let seed = 0;
    for (let m = 1; m <= 17; m++) {
      for (let n = 1; n <= 17; n++) {
        const k = 1 + ((m * 7 + n * 5 + seed) % 17);
        const layout = layouts[seed % 4];
        expect(
          await mismatches(matmul(1 + (seed % 3), m, n, k, layout, seed)),
          `${m} ${n} ${k} ${JSON.stringify(layout)}`,
        ).toEqual([]);
        seed++;
      }
    }
  });

  it('have the same bytes in tiles of every size and on several threads', async () => {
    const devices = allTiles.flatMap((tile) => [
      createWasmBackend({ tile }),
      createWasmBackend({ tile, threads: 3, leastChunk: 0 }),
    ]);
    const shapes = [
      [1, 7, 23, 300],
      [1, 509, 131, 257],
      [1, 67, 1030, 33],
      [3, 101, 95, 70],
      [1, 13, 6, 2049],
    ] as const;
    for (const [i, [b, m, n, k]] of shapes.entries()) {
      for (const layout of [layouts[i % 4], layouts[(i + 2) % 4]]) {
        const builder = matmul(b, m, n, k, layout);
        const [[, , expected] = [], ...others] = await Promise.all(
          devices.map((device) => runPlan(builder.plan(), builder.data, [], device, 3)),
        );
        for (const [, , product] of others) expect(sameBytes(product, expected), `${b} ${m} ${n} ${k}`).toBe(true);
        const exact = productOf(builder.data, b, m, n, k, layout ?? {});
        const error = exact.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected?.[i] ?? NaN))), 0);
        expect(error).toBeLessThan(1e-5 * Math.sqrt(k));
      }
    }
  });

  it('of every small inner size', async () => {
    for (let k = 1; k <= 17; k++) {
      for (const layout of layouts) {
        for (const [m, n] of [
          [5, 9],
          [12, 3],
          [1, 7],
          [2, 20],
        ] as const) {
          expect(await mismatches(matmul(2, m, n, k, layout, k)), `${m} ${n} ${k} ${JSON.stringify(layout)}`).toEqual(
            [],
          );
        }
      }
    }
  });

  it('larger than one block in every direction', async () => {
    for (const [m, n, k] of [
      [70, 530, 40],
      [530, 70, 40],
      [33, 40, 600],
      [517, 9, 270],
      [3, 1030, 300],
      [1, 300, 1000],
      [600, 2, 300],
    ] as const) {
      for (const layout of layouts) {
        expect(
          await mismatches(matmul(1, m, n, k, layout), [], { scale: 20 }),
          `${m} ${n} ${k} ${JSON.stringify(layout)}`,
        ).toEqual([]);
      }
    }
  });

  it('cut into tasks, with one operand packed for all', async () => {
    const threaded = createWasmBackend({ threads: 3 });
    for (const [batch, m, n, k] of [
      [1, 150, 90, 610],
      [1, 90, 151, 610],
      [3, 261, 41, 300],
      [2, 37, 420, 270],
      [5, 18, 17, 1500],
    ] as const) {
      for (const layout of layouts) {
        const builder = matmul(batch, m, n, k, layout);
        const expected = productOf(builder.data, batch, m, n, k, layout);
        for (const device of [backend, threaded]) {
          const [, , actual] = await runPlan(builder.plan(), builder.data, [], device);
          const farthest = expected.reduce((far, want, i) => Math.max(far, Math.abs(want - (actual?.[i] ?? NaN))), 0);
          expect(farthest, `${batch} ${m} ${n} ${k} ${JSON.stringify(layout)} on ${device.description}`).toBeLessThan(
            2e-4,
          );
        }
      }
    }
  });

  it('with an empty inner axis are zero', async () => {
    expect(await mismatches(matmul(1, 5, 6, 0))).toEqual([]);
  });

  it('share an operand between batches', async () => {
    const builder = new PlanBuilder(3);
    const [b, t, d, o] = [makeAxis(6), makeAxis(11), makeAxis(19), makeAxis(23)];
    const x = builder.parameter(6 * 11 * 19);
    const w = builder.parameter(23 * 19);
    const bias = builder.parameter(23);
    const out = builder.parameter(6 * 11 * 23);
    builder.kernels.push({
      kind: 'contraction',
      name: 'linear',
      batch: [b],
      m: [t],
      n: [o],
      k: [d],
      left: { buffer: x, index: rowMajor([b, t, d]), guards: [] },
      right: { buffer: w, index: rowMajor([o, d]), guards: [] },
      stores: [
        {
          buffer: out,
          index: rowMajor([b, t, o]),
          value: unary('relu', binary('add', result(), load(bias, linear([[o, 1]])))),
        },
      ],
    });
    expect(await mismatches(builder)).toEqual([]);
  });

  it('store transposed, reversed and several values, in place', async () => {
    const builder = new PlanBuilder(4);
    const [m, n, k] = [makeAxis(21), makeAxis(35), makeAxis(50)];
    const [a, b] = [builder.parameter(21 * 50), builder.parameter(50 * 35)];
    const [residual, transposed, reversed] = [
      builder.parameter(21 * 35),
      builder.parameter(21 * 35),
      builder.parameter(21 * 35),
    ];
    const sum = binary('add', result(), load(residual, rowMajor([m, n])));
    builder.kernels.push({
      kind: 'contraction',
      name: 'multi',
      batch: [],
      m: [m],
      n: [n],
      k: [k],
      left: { buffer: a, index: rowMajor([m, k]), guards: [] },
      right: { buffer: b, index: rowMajor([k, n]), guards: [] },
      stores: [
        { buffer: residual, index: rowMajor([m, n]), value: sum },
        { buffer: transposed, index: rowMajor([n, m]), value: binary('mul', sum, sum) },
        {
          buffer: reversed,
          index: linear(
            [
              [m, 35],
              [n, -1],
            ],
            34,
          ),
          value: unary('neg', result()),
        },
      ],
    });
    expect(await mismatches(builder)).toEqual([]);
  });

  it('read views with divisions and remainders', async () => {
    const builder = new PlanBuilder(5);
    const [m, n, k] = [makeAxis(12), makeAxis(18), makeAxis(24)];
    const a = builder.parameter(12 * 24);
    const b = builder.parameter(24 * 18);
    const out = builder.parameter(12 * 18);
    // k runs through pairs of a [6, 4] view, transposed; m and n through divided views.
    const kView = addIndex(
      linear([], 0),
      addIndex(scale(remainderIndex(axisIndex(k), 6), 4), divideIndex(axisIndex(k), 6)),
    );
    const nView = addIndex(scale(remainderIndex(axisIndex(n), 3), 6), divideIndex(axisIndex(n), 3));
    builder.kernels.push({
      kind: 'contraction',
      name: 'views',
      batch: [],
      m: [m],
      n: [n],
      k: [k],
      left: { buffer: a, index: addIndex(linear([[m, 24]]), kView), guards: [] },
      right: { buffer: b, index: addIndex(linear([[k, 18]]), nView), guards: [] },
      stores: [{ buffer: out, index: rowMajor([m, n]), value: result() }],
    });
    expect(await mismatches(builder)).toEqual([]);
    // An index that mixes m and k in one division.
    const mixed = divideIndex(addIndex(linear([[m, 3]]), axisIndex(k)), 2);
    builder.kernels[0] = {
      ...(builder.kernels[0] as ContractionKernel),
      left: { buffer: a, index: mixed, guards: [] },
    };
    expect(await mismatches(builder)).toEqual([]);
  });
});

const scale = (index: Index, factor: number): Index =>
  [...Array(factor).keys()].reduce((total) => addIndex(total, index), constantIndex(0));

interface Convolution {
  readonly batch: number;
  readonly channels: number;
  readonly outputs: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

const convolutions: Convolution[] = [
  { batch: 2, channels: 3, outputs: 5, size: 9, kernel: 3, stride: 1, padding: 1 },
  { batch: 3, channels: 16, outputs: 9, size: 14, kernel: 3, stride: 1, padding: 1 },
  { batch: 2, channels: 1, outputs: 16, size: 12, kernel: 3, stride: 1, padding: 0 },
  { batch: 2, channels: 4, outputs: 6, size: 13, kernel: 5, stride: 2, padding: 2 },
  { batch: 1, channels: 3, outputs: 4, size: 8, kernel: 4, stride: 2, padding: 1 },
  { batch: 5, channels: 7, outputs: 8, size: 6, kernel: 1, stride: 1, padding: 0 },
  { batch: 2, channels: 3, outputs: 3, size: 11, kernel: 3, stride: 3, padding: 1 },
  { batch: 1, channels: 2, outputs: 3, size: 5, kernel: 5, stride: 1, padding: 4 },
  { batch: 1, channels: 3, outputs: 8, size: 40, kernel: 3, stride: 1, padding: 1 },
];

function within(index: Index, extent: number): Condition {
  return { index, lower: 0, upper: extent };
}

interface Axes {
  readonly n: Axis;
  readonly o: Axis;
  readonly c: Axis;
  readonly oh: Axis;
  readonly ow: Axis;
  readonly kh: Axis;
  readonly kw: Axis;
  readonly ih: Axis;
  readonly iw: Axis;
}

function convolutionAxes({
  batch,
  channels,
  outputs,
  size,
  kernel,
  stride,
  padding,
}: Convolution): Axes & { out: number } {
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  return {
    out,
    n: makeAxis(batch),
    o: makeAxis(outputs),
    c: makeAxis(channels),
    oh: makeAxis(out),
    ow: makeAxis(out),
    kh: makeAxis(kernel),
    kw: makeAxis(kernel),
    ih: makeAxis(size),
    iw: makeAxis(size),
  };
}

describe('convolutions', () => {
  for (const shape of convolutions) {
    const { channels, outputs, size, kernel, stride, padding, batch } = shape;
    const name = JSON.stringify(shape);

    it(`forward ${name}`, async () => {
      for (const imagesAreBatch of [false, true]) {
        const { n, o, c, oh, ow, kh, kw, out } = convolutionAxes(shape);
        const builder = new PlanBuilder(size);
        const x = builder.parameter(batch * channels * size * size);
        const w = builder.parameter(outputs * channels * kernel * kernel);
        const y = builder.parameter(batch * outputs * out * out);
        const row = linear(
          [
            [oh, stride],
            [kh, 1],
          ],
          -padding,
        );
        const column = linear(
          [
            [ow, stride],
            [kw, 1],
          ],
          -padding,
        );
        const input = addIndex(
          linear([
            [n, channels * size * size],
            [c, size * size],
          ]),
          addIndex(scale(row, size), column),
        );
        builder.kernels.push({
          kind: 'contraction',
          name: 'conv',
          batch: imagesAreBatch ? [n] : [],
          m: [o],
          n: imagesAreBatch ? [oh, ow] : [n, oh, ow],
          k: [c, kh, kw],
          left: { buffer: w, index: rowMajor([o, c, kh, kw]), guards: [] },
          right: { buffer: x, index: input, guards: [within(row, size), within(column, size)] },
          stores: [{ buffer: y, index: rowMajor([n, o, oh, ow]), value: result() }],
        });
        expect(await mismatchesInAnyTile(builder)).toEqual([]);
      }
    });

    it(`input gradient ${name}`, async () => {
      const { n, o, c, kh, kw, ih, iw, out } = convolutionAxes(shape);
      const builder = new PlanBuilder(size + 1);
      const dy = builder.parameter(batch * outputs * out * out);
      const w = builder.parameter(outputs * channels * kernel * kernel);
      const dx = builder.parameter(batch * channels * size * size);
      // Shifted by a multiple of the stride so that nothing is negative.
      const shift = stride * kernel;
      const coordinate = (i: Axis, k: Axis): { index: Index; guards: Condition[] } => {
        const sum = linear(
          [
            [i, 1],
            [k, -1],
          ],
          padding + shift,
        );
        const index = addIndex(divideIndex(sum, stride), constantIndex(-kernel));
        const exact = remainderIndex(sum, stride);
        return { index, guards: [within(index, out), { index: exact, lower: 0, upper: 1 }] };
      };
      const row = coordinate(ih, kh);
      const column = coordinate(iw, kw);
      builder.kernels.push({
        kind: 'contraction',
        name: 'dx',
        batch: [],
        m: [c],
        n: [n, ih, iw],
        k: [o, kh, kw],
        left: { buffer: w, index: rowMajor([o, c, kh, kw]), guards: [] },
        right: {
          buffer: dy,
          index: addIndex(
            linear([
              [n, outputs * out * out],
              [o, out * out],
            ]),
            addIndex(scale(row.index, out), column.index),
          ),
          guards: [...row.guards, ...column.guards],
        },
        stores: [{ buffer: dx, index: rowMajor([n, c, ih, iw]), value: result() }],
      });
      expect(await mismatchesInAnyTile(builder)).toEqual([]);
    });

    it(`weight gradient ${name}`, async () => {
      const { n, o, c, oh, ow, kh, kw, out } = convolutionAxes(shape);
      const builder = new PlanBuilder(size + 2);
      const dy = builder.parameter(batch * outputs * out * out);
      const x = builder.parameter(batch * channels * size * size);
      const dw = builder.parameter(outputs * channels * kernel * kernel);
      const row = linear(
        [
          [oh, stride],
          [kh, 1],
        ],
        -padding,
      );
      const column = linear(
        [
          [ow, stride],
          [kw, 1],
        ],
        -padding,
      );
      builder.kernels.push({
        kind: 'contraction',
        name: 'dw',
        batch: [],
        m: [o],
        n: [c, kh, kw],
        k: [n, oh, ow],
        left: { buffer: dy, index: rowMajor([n, o, oh, ow]), guards: [] },
        right: {
          buffer: x,
          index: addIndex(
            linear([
              [n, channels * size * size],
              [c, size * size],
            ]),
            addIndex(scale(row, size), column),
          ),
          guards: [within(row, size), within(column, size)],
        },
        stores: [{ buffer: dw, index: rowMajor([o, c, kh, kw]), value: result() }],
      });
      expect(await mismatchesInAnyTile(builder, [], { scale: 20 })).toEqual([]);
    });
  }

  it('over long inner axes stay in small tables', async () => {
    const builder = new PlanBuilder(9);
    const [m, n, b, t] = [makeAxis(5), makeAxis(6), makeAxis(3), makeAxis(3000)];
    const a = builder.parameter(3 * 5 * 3000);
    const x = builder.parameter(3 * 3005);
    const out = builder.parameter(30);
    builder.kernels.push({
      kind: 'contraction',
      name: 'long',
      batch: [],
      m: [m],
      n: [n],
      k: [b, t],
      left: { buffer: a, index: rowMajor([b, m, t]), guards: [] },
      right: {
        buffer: x,
        index: linear(
          [
            [b, 3005],
            [t, 1],
            [n, 1],
          ],
          -3,
        ),
        guards: [
          within(
            linear(
              [
                [t, 1],
                [n, 1],
              ],
              -3,
            ),
            3000,
          ),
        ],
      },
      stores: [{ buffer: out, index: rowMajor([m, n]), value: result() }],
    });
    expect(await mismatchesInAnyTile(builder, [], { scale: 50 })).toEqual([]);
  });
});

describe('tiles', () => {
  const kernel = (m: number, n: number): ContractionKernel => {
    const [found] = matmul(1, m, n, 300).kernels;
    if (found?.kind !== 'contraction') throw new Error('no contraction');
    return found;
  };
  const twice = allTiles.map((tile) => ({ ...tile, speed: tile.columns === 8 ? 1 : tile.rows === 6 ? 2 : 1.75 }));

  it('are the fastest for what they are given', () => {
    expect(chooseTile(kernel(512, 512), twice).tile).toMatchObject({ rows: 6, columns: 16 });
    expect(chooseTile(kernel(512, 512), [{ ...usualTile, speed: 1 }]).tile).toMatchObject(usualTile);
    // Of 6×16 a quarter would be waste, or three.
    expect(chooseTile(kernel(8, 512), twice).tile).toMatchObject({ rows: 4, columns: 16 });
    expect(chooseTile(kernel(4, 8), twice).tile).toMatchObject(usualTile);
  });

  it('have the side that they fill along the columns', () => {
    const few = kernel(2048, 4);
    const { kernel: turned, tile } = chooseTile(few, [{ ...usualTile, speed: 1 }]);
    expect(tile).toMatchObject(usualTile);
    expect([turned.m, turned.n]).toEqual([few.n, few.m]);
  });

  describe('are tried in the code that an engine makes last', () => {
    afterEach(() => {
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    });

    /** Speeds by a clock of its own: the second code is there after some milliseconds of it, in `pause` of which other programs run. */
    const speeds = (secondCodeAfter: number, pause: number): { names: string[]; milliseconds: number } => {
      let clock = 0;
      const tries: Record<string, number> = {};
      const run = (name: string, first: number, second: number) => (times: number) => {
        tries[name] = (tries[name] ?? 0) + 1;
        if (tries[name] % 7 === 1) clock += pause;
        clock += ((clock < secondCodeAfter ? first : second) * times) / 16;
      };
      vi.spyOn(performance, 'now').mockImplementation(() => clock);
      const exports = {
        tile4x8: run('4x8', 0.024, 0.0055),
        tile6x8: run('6x8', 0.03, 0.0062),
        tile6x16: run('6x16', 0.052, 0.0084),
      };
      const compiled = class {
        readonly exports = exports;
      };
      vi.stubGlobal('WebAssembly', { Memory: compiled, Module: compiled, Instance: compiled });
      const names = [...timeTiles(true)]
        .sort((x, y) => y.speed - x.speed)
        .map(({ rows, columns }) => `${rows}x${columns}`);
      return { names, milliseconds: clock };
    };
    const fastestFirst = ['6x16', '4x16', '6x8', '4x8'];

    it('on an idle machine', () => {
      const { names, milliseconds } = speeds(6, 0);
      expect(names).toEqual(fastestFirst);
      expect(milliseconds).toBeLessThan(12);
    });

    it('on a busy one, where that code comes late and other programs run between', () => {
      expect(speeds(40, 0).names).toEqual(fastestFirst);
      expect(speeds(300, 28).names).toEqual(fastestFirst);
    });

    it('for no longer where that code is there after one run', () => {
      const { names, milliseconds } = speeds(0.12, 0);
      expect(names).toEqual(fastestFirst);
      expect(milliseconds).toBeLessThan(12);
    });

    it('for so long where there is no second code', () => {
      expect(speeds(Infinity, 0).milliseconds).toBeLessThan(90);
      expect(speeds(0, 0)).toMatchObject({ names: fastestFirst });
      expect(speeds(0, 0).milliseconds).toBeLessThan(90);
    });
  });

  it('have a speed each, from a trial', () => {
    for (const relaxed of [false, hasRelaxedSimd()]) {
      const timed = timeTiles(relaxed);
      expect(timed.map(({ rows, columns }) => ({ rows, columns }))).toEqual(allTiles);
      for (const { speed } of timed) expect(speed > 0 && speed < Infinity).toBe(true);
    }
  });
});
