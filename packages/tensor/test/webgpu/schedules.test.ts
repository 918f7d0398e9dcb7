import { beforeAll, expect, test } from 'vitest';
import {
  addIndex,
  axisIndex,
  constantIndex,
  divideIndex,
  makeAxis,
  remainderIndex,
  scaleIndex,
  type Axis,
} from '../../src/compiler/index-expression.ts';
import type { ContractionKernel, Kernel, Operand, ReduceKernel, Reducer } from '../../src/compiler/kernel.ts';
import { layerNorm, logSoftmax, setDevice, softmax, tensor, type Tensor } from '../../src/index.ts';
import type { WebgpuBackend } from '../../src/webgpu/backend.ts';
import { gpuProfile, softwareProfile } from '../../src/webgpu/profile.ts';
import { compileTensors } from '../support/programs.ts';
import {
  axesOf,
  binary,
  cast,
  check,
  enabled,
  constant,
  describeWebgpu,
  integers,
  load,
  makePlan,
  map,
  openBackend,
  parameter,
  result,
  rowMajor,
  runPlan,
  select,
  store,
  strided,
  temporary,
  unary,
  values,
} from './support.ts';

/** The device with its own schedules, and with those of other classes of devices, in shapes that compile fast. */
let backend: WebgpuBackend;
let gpu: WebgpuBackend;
let wide: WebgpuBackend;
let direct: WebgpuBackend;
beforeAll(async () => {
  if (!enabled) return;
  const small = { unroll: false, reduceThreads: 64, wantedGroups: 8, reduceGroups: 8, wantedThreads: 512, tileFrom: 1 };
  const tile = { m: 32, n: 32, k: 16, threadM: 4, threadN: 4 };
  backend = await openBackend();
  gpu = await openBackend(() => ({ profile: { ...gpuProfile, ...small, tiles: [tile] } }));
  wide = await openBackend(() => ({
    profile: { ...gpuProfile, ...small, tiles: [{ m: 32, n: 64, k: 8, threadM: 8, threadN: 8 }] },
  }));
  direct = await openBackend(() => ({ profile: { ...softwareProfile, tileFrom: 1 } }));
});

function reduce(
  axes: readonly Axis[],
  reduceAxes: readonly Axis[],
  reducers: readonly Reducer[],
  ...stores: Kernel['stores'][number][]
): ReduceKernel {
  return { kind: 'reduce', name: 'reduce', axes, reduceAxes, reducers, stores };
}

function plain(buffer: number, index: Operand['index'], guards: Operand['guards'] = []): Operand {
  return { buffer, index, guards };
}

/** out[b, m, n] = Σ left[b, m, k] right[b, k, n], row-major, either operand transposed. */
function matmul(
  b: number,
  m: number,
  n: number,
  k: number,
  transposeLeft = false,
  transposeRight = false,
): ContractionKernel {
  const [batch, i, j, l] = axesOf(b, m, n, k) as [Axis, Axis, Axis, Axis];
  return {
    kind: 'contraction',
    name: 'matmul',
    batch: [batch],
    m: [i],
    n: [j],
    k: [l],
    left: plain(0, transposeLeft ? rowMajor(batch, l, i) : rowMajor(batch, i, l)),
    right: plain(1, transposeRight ? rowMajor(batch, j, l) : rowMajor(batch, l, j)),
    stores: [store(2, rowMajor(batch, i, j), result())],
  };
}

function matmulPlan(kernel: ContractionKernel): ReturnType<typeof makePlan> {
  const size = (axes: readonly Axis[]): number => axes.reduce((product, { extent }) => product * extent, 1);
  const b = size(kernel.batch);
  return makePlan(
    [
      parameter(0, b * size(kernel.m) * size(kernel.k)),
      parameter(1, b * size(kernel.k) * size(kernel.n)),
      parameter(2, b * size(kernel.m) * size(kernel.n)),
    ],
    [kernel],
  );
}

async function checkMatmul(on: WebgpuBackend, kernel: ContractionKernel): Promise<void> {
  const plan = matmulPlan(kernel);
  await check(
    on,
    plan,
    plan.buffers.map(({ size }, i) => values(size, i + 1)),
    [],
    { absolute: 1e-4, relative: 1e-5 },
  );
}

describeWebgpu('maps', () => {
  test.each([
    // 8 threads of 4 points: the last of 48 workgroups has 13 of 1517.
    ['several points a thread, a ragged end in rows of workgroups', 37, 41, '16 × 3'],
    ['several points a thread, workgroups too many', 32, 40, '14 × 3'],
    ['several points a thread and nothing left over', 32, 32, '16 × 2'],
    ['a point a thread where there are few', 3, 5, '2 × 1'],
  ])('%s', async (_name, rows, columns, workgroups) => {
    const several = await openBackend(({ limits }) => ({
      limits: { ...limits, workgroupsPerDimension: 16 },
      profile: { ...softwareProfile, mapThreads: 8, mapPoints: 4, wantedGroups: 2 },
    }));
    const [i, j] = axesOf(rows, columns) as [Axis, Axis];
    const here = rowMajor(i, j);
    const points = rows * columns;
    // Updated in place, with a row that is the same in every turn, and read in another order.
    const updated = map(
      [i, j],
      store(0, here, binary('mul', load(0, here), load(1, axisIndex(j)))),
      store(2, strided([i, j], [1, rows]), binary('add', load(0, here), constant(1))),
    );
    const plan = makePlan([parameter(0, points), parameter(1, columns), parameter(2, points)], [updated]);
    await check(several, plan, [values(points), values(columns, 2), values(points, 3)]);
    expect(several.source(several.compile(plan))).toContain(`${workgroups} workgroups`);
  });

  test('broadcast, transpose and strides over an odd shape', async () => {
    const [i, j, k] = axesOf(3, 5, 7) as [Axis, Axis, Axis];
    const sum = binary(
      'add',
      load(0, rowMajor(k, j, i)),
      binary('mul', load(1, strided([j], [1])), load(2, strided([i, j, k], [100, 14, 2], 3))),
    );
    await check(
      backend,
      makePlan(
        [parameter(0, 105), parameter(1, 5), parameter(2, 300), parameter(3, 105)],
        [map([i, j, k], store(3, rowMajor(i, j, k), sum))],
      ),
      [values(105), values(5, 2), values(300, 3), values(105, 4)],
    );
  });

  test('quotients and remainders of a reshape, and a flat size beyond one dimension of workgroups', async () => {
    const size = 65535 * 64 + 77;
    const i = makeAxis(size);
    const at = addIndex(
      scaleIndex(remainderIndex(axisIndex(i), 13), 11),
      remainderIndex(divideIndex(axisIndex(i), 13), 11),
    );
    const plan = makePlan([parameter(0, 143), parameter(1, size)], [map([i], store(1, axisIndex(i), load(0, at)))]);
    const [, output] = await runPlan(backend, plan, [values(143), new Float32Array(size)]);
    const input = values(143);
    for (const p of [0, 1, 12, 13, 142, 143, 65535 * 64 - 1, 65535 * 64, size - 1]) {
      expect(output![p]).toBe(input[(p % 13) * 11 + (Math.floor(p / 13) % 11)]);
    }
  });

  test('padding by guards, and a gather outside of everything', async () => {
    const [i, j] = axesOf(5, 6) as [Axis, Axis];
    const row = addIndex(axisIndex(i), constantIndex(-1));
    const column = addIndex(axisIndex(j), constantIndex(-2));
    const guards = [
      { index: row, lower: 0, upper: 3 },
      { index: column, lower: 0, upper: 3 },
    ];
    const at = addIndex(scaleIndex(row, 3), column);
    const value = select({ kind: 'inside', type: 'bool', conditions: guards }, load(0, at, 'f32', guards), constant(7));
    await check(
      backend,
      makePlan([parameter(0, 9), parameter(1, 30)], [map([i, j], store(1, rowMajor(i, j), value))]),
      [values(9), values(30)],
    );
  });

  test('several stores, in place, through bool and int temporaries', async () => {
    const [i] = axesOf(37) as [Axis];
    const at = axisIndex(i);
    const x = load(0, at);
    const half = binary('mul', x, constant(0.5));
    const first = map(
      [i],
      store(0, at, half),
      store(1, at, binary('sub', load(1, at), half)),
      store(2, at, binary('less', x, constant(0))),
      store(3, at, cast('i32', binary('mul', x, constant(100)))),
    );
    const second = map(
      [i],
      store(4, at, select(load(2, at, 'bool'), load(3, at, 'i32'), { kind: 'index', type: 'i32', index: at })),
    );
    const plan = makePlan(
      [
        parameter(0, 37),
        parameter(1, 37),
        temporary(0, 37, 'bool'),
        temporary(256, 37, 'i32'),
        parameter(2, 37, 'i32'),
      ],
      [first, second],
    );
    await check(backend, plan, [values(37), values(37, 2), new Int32Array(37)]);
  });

  test('scalars of both types', async () => {
    const [i] = axesOf(9) as [Axis];
    const value = binary(
      'add',
      binary('mul', load(0, axisIndex(i)), { kind: 'scalar', type: 'f32', slot: 0 }),
      cast('f32', { kind: 'scalar', type: 'i32', slot: 5 }),
    );
    const plan = makePlan(
      [parameter(0, 9), parameter(1, 9)],
      [map([i], store(1, axisIndex(i), value))],
      ['f32', 'f32', 'f32', 'f32', 'f32', 'i32'],
    );
    await check(backend, plan, [values(9), new Float32Array(9)], [0.3, 0, 0, 0, 0, -17]);
  });

  test('a chain of thousands of operations', async () => {
    const [i] = axesOf(5) as [Axis];
    let value = load(0, axisIndex(i));
    for (let step = 0; step < 3000; step++)
      value = step % 2 === 0 ? binary('sub', value, constant(0.25)) : unary('neg', value);
    await check(
      backend,
      makePlan([parameter(0, 5), parameter(1, 5)], [map([i], store(1, axisIndex(i), value))]),
      [values(5), values(5)],
      [],
      { absolute: 1e-3 },
    );
  });

  test('empty buffers and empty kernels', async () => {
    const none = makeAxis(0);
    const [i] = axesOf(4) as [Axis];
    const guards = [{ index: axisIndex(i), lower: 0, upper: 0 }];
    const value = select(
      { kind: 'inside', type: 'bool', conditions: guards },
      load(0, axisIndex(i), 'f32', guards),
      constant(3),
    );
    const plan = makePlan(
      [parameter(0, 0), parameter(1, 4)],
      [map([none], store(0, axisIndex(none), constant(1))), map([i], store(1, axisIndex(i), value))],
    );
    await check(backend, plan, [new Float32Array(0), values(4)]);
  });
});

describeWebgpu('reductions', () => {
  const all = (value: Reducer['value']): Reducer[] =>
    (['sum', 'max', 'min', 'prod', 'argmax'] as const).map((operator) => ({ operator, value }));

  function plan(outputs: number, length: number, along: boolean): ReturnType<typeof makePlan> {
    const [i, r] = axesOf(outputs, length) as [Axis, Axis];
    const value = load(0, along ? rowMajor(i, r) : rowMajor(r, i));
    const stores = [0, 1, 2, 3].map((p) => store(p + 1, axisIndex(i), result(p)));
    const kernel = reduce([i], [r], all(value), ...stores, store(5, axisIndex(i), result(4, 'i32')));
    return makePlan(
      [
        parameter(0, outputs * length),
        parameter(1, outputs),
        parameter(2, outputs),
        parameter(3, outputs),
        parameter(4, outputs),
        parameter(5, outputs, 'i32'),
      ],
      [kernel],
    );
  }

  test.each([
    ['a loop', () => backend, 70, 9, true],
    ['long loops', () => backend, 7, 333, true],
    ['columns', () => backend, 5, 101, false],
    ['one long', () => backend, 1, 5000, true],
    ['lanes', () => gpu, 7, 333, true],
    ['lanes over columns', () => gpu, 5, 201, false],
    ['one workgroup', () => gpu, 1, 20001, true],
  ] as const)('sum, max, min, prod and argmax, %s', async (_name, on, outputs, length, along) => {
    const data = values(outputs * length);
    await check(
      on(),
      plan(outputs, length, along),
      [data, ...[0, 1, 2, 3].map(() => new Float32Array(outputs)), new Int32Array(outputs)],
      [],
      { absolute: 1e-4 },
    );
  });

  test('NaN wins, its first position is the argmax', async () => {
    const data = values(7 * 333);
    data[333 + 200] = NaN;
    data[333 + 100] = NaN;
    data[5 * 333] = NaN;
    data.fill(-Infinity, 3 * 333, 4 * 333);
    for (const on of [backend, gpu])
      await check(
        on,
        plan(7, 333, true),
        [data, ...[0, 1, 2, 3].map(() => new Float32Array(7)), new Int32Array(7)],
        [],
        {
          absolute: 1e-4,
        },
      );
  });

  test('a sum of a million is accurate and the same every time', async () => {
    const size = 1_000_003;
    const [r] = axesOf(size) as [Axis];
    const kernel = reduce(
      [],
      [r],
      [{ operator: 'sum', value: load(0, axisIndex(r)) }],
      store(1, constantIndex(0), result()),
    );
    const data = Float32Array.from({ length: size }, (_, i) => 0.1 + (i % 7) * 0.01);
    const exact = data.reduce((a, b) => a + b, 0);
    for (const on of [backend, gpu]) {
      const sums: number[] = [];
      for (let run = 0; run < 3; run++) {
        const plan = makePlan([parameter(0, size), parameter(1, 1)], [kernel]);
        const [, sum] = await runPlan(on, plan, [data, new Float32Array(1)]);
        sums.push(sum![0]!);
      }
      expect(Math.abs(sums[0]! - exact) / exact).toBeLessThan(1e-6);
      expect(new Set(sums).size).toBe(1);
    }
  });

  test('two axes with a guard, an epilogue, integer and bool reducers', async () => {
    const [n, c, h, w] = axesOf(3, 4, 5, 6) as [Axis, Axis, Axis, Axis];
    const guards = [{ index: addIndex(axisIndex(h), axisIndex(w)), lower: 2, upper: 8 }];
    const at = rowMajor(n, c, h, w);
    const inside = { kind: 'inside', type: 'bool', conditions: guards } as const;
    const value = select(inside, load(0, at, 'f32', guards), constant(0));
    const whole = load(3, at, 'i32');
    const kernel = reduce(
      [c],
      [n, h, w],
      [
        { operator: 'sum', value },
        { operator: 'sum', value: whole },
        { operator: 'max', value: binary('less', whole, constant(-10, 'i32')) },
        { operator: 'min', value: whole },
      ],
      store(1, axisIndex(c), binary('add', binary('mul', load(1, axisIndex(c)), constant(0.9)), result())),
      store(2, axisIndex(c), select(result(2, 'bool'), result(1, 'i32'), result(3, 'i32'))),
    );
    await check(
      backend,
      makePlan([parameter(0, 360), parameter(1, 4), parameter(2, 4, 'i32'), parameter(3, 360, 'i32')], [kernel]),
      [values(360), values(4, 2), new Int32Array(4), integers(360, 37)],
      [],
      { absolute: 1e-4 },
    );
  });

  test('a reduction over nothing', async () => {
    const [i, r] = axesOf(3, 0) as [Axis, Axis];
    const kernel = reduce(
      [i],
      [r],
      [{ operator: 'sum', value: load(0, rowMajor(i, r)) }],
      store(1, axisIndex(i), unary('neg', result())),
    );
    await check(backend, makePlan([parameter(0, 0), parameter(1, 3)], [kernel]), [new Float32Array(0), values(3)]);
  });
});

describeWebgpu('contractions', () => {
  test.each([
    ['ragged everywhere', matmul(1, 61, 45, 37)],
    ['both transposed', matmul(1, 33, 70, 50, true, true)],
    ['batched', matmul(3, 32, 32, 32, false, true)],
    ['vector times matrix', matmul(1, 1, 100, 70)],
    ['many small', matmul(40, 5, 6, 7)],
    ['over nothing', matmul(1, 3, 4, 0)],
    ['split along k', matmul(1, 20, 24, 3001, true, false)],
  ])('%s', async (_name, kernel) => {
    await checkMatmul(backend, kernel);
  });

  test.each([
    ['shared memory, ragged everywhere', () => gpu, matmul(1, 61, 45, 37)],
    ['shared memory, batched, whole tiles', () => gpu, matmul(3, 32, 32, 32, false, true)],
    ['shared memory, split along k', () => gpu, matmul(1, 20, 24, 3001, true, false)],
    ['shared memory, 8 × 8 a thread', () => wide, matmul(1, 33, 70, 50, true, true)],
    ['registers alone, ragged everywhere', () => direct, matmul(2, 61, 45, 37)],
    ['registers alone, few terms', () => direct, matmul(2, 37, 70, 5)],
    ['registers alone, split along k', () => direct, matmul(1, 20, 24, 3001, true, false)],
  ] as const)('%s', async (_name, on, kernel) => {
    await checkMatmul(on(), kernel);
  });

  test('workgroups beyond one dimension, in every schedule', async () => {
    const few = await openBackend(({ limits }) => ({
      limits: { ...limits, workgroupsPerDimension: 3 },
      profile: {
        ...gpuProfile,
        unroll: false,
        mapThreads: 8,
        reduceThreads: 8,
        wantedThreads: 8,
        wantedGroups: 1,
        tileFrom: 1,
        tiles: [{ m: 8, n: 8, k: 4, threadM: 4, threadN: 4 }],
      },
    }));
    const [i, r] = axesOf(37, 40) as [Axis, Axis];
    const rows = reduce(
      [i],
      [r],
      [{ operator: 'max', value: load(0, rowMajor(i, r)) }],
      store(1, axisIndex(i), result()),
    );
    const columns = reduce(
      [r],
      [i],
      [{ operator: 'min', value: load(0, rowMajor(i, r)) }],
      store(2, axisIndex(r), result()),
    );
    const scaled = map([i, r], store(0, rowMajor(i, r), binary('mul', load(0, rowMajor(i, r)), constant(3))));
    await check(few, makePlan([parameter(0, 1480), parameter(1, 37), parameter(2, 40)], [scaled, rows, columns]), [
      values(1480),
      values(37),
      values(40),
    ]);
    await checkMatmul(few, matmul(1, 20, 30, 9));
    few.destroy();
  });

  test('an epilogue with bias, residual in place and activation', async () => {
    const kernel = matmul(1, 40, 30, 20);
    const [m] = kernel.m as [Axis];
    const [n] = kernel.n as [Axis];
    const at = rowMajor(m, n);
    const sum = binary('add', binary('add', result(), load(3, axisIndex(n))), load(2, at));
    const full = { ...kernel, batch: [], stores: [store(2, at, unary('relu', sum))] };
    for (const on of [backend, direct])
      await check(
        on,
        makePlan([parameter(0, 800), parameter(1, 600), parameter(2, 1200), parameter(3, 30)], [full]),
        [values(800), values(600, 2), values(1200, 3), values(30, 4)],
        [],
        { absolute: 1e-4 },
      );
  });

  // x [2, 12, 9, 8], w [13, 12, 3, 3], stride 2, padding 1 → y [2, 13, 5, 4].
  const sizes = { x: 1728, w: 1404, y: 520 };
  const buffers = [parameter(0, sizes.x), parameter(1, sizes.w), parameter(2, sizes.y)];
  const inputs = (): Float32Array[] => [values(sizes.x), values(sizes.w, 2), values(sizes.y, 3)];
  const axes = (): Record<'b' | 'o' | 'p' | 'q' | 'c' | 'u' | 'v', Axis> => {
    const [b, o, p, q, c, u, v] = axesOf(2, 13, 5, 4, 12, 3, 3) as [Axis, Axis, Axis, Axis, Axis, Axis, Axis];
    return { b, o, p, q, c, u, v };
  };
  const window = (p: Axis, u: Axis): ReturnType<typeof axisIndex> => strided([p, u], [2, 1], -1);

  test('convolution', async () => {
    const { b, o, p, q, c, u, v } = axes();
    const row = window(p, u);
    const column = window(q, v);
    const at = addIndex(addIndex(strided([b, c], [864, 72]), scaleIndex(row, 8)), column);
    const guards = [
      { index: row, lower: 0, upper: 9 },
      { index: column, lower: 0, upper: 8 },
    ];
    const kernel: Kernel = {
      kind: 'contraction',
      name: 'conv',
      batch: [],
      m: [o],
      n: [b, p, q],
      k: [c, u, v],
      left: plain(1, rowMajor(o, c, u, v)),
      right: plain(0, at, guards),
      stores: [store(2, rowMajor(b, o, p, q), result())],
    };
    // The images as columns, as rows, and as a batch that the weights do not know.
    const swapped: Kernel = { ...kernel, m: [b, p, q], n: [o], left: kernel.right, right: kernel.left };
    const batched: Kernel = { ...kernel, batch: [b], n: [p, q] };
    const both: Kernel = { ...swapped, batch: [b], m: [p, q] };
    for (const variant of [kernel, swapped, batched, both]) {
      await check(direct, makePlan(buffers, [variant]), inputs(), [], { absolute: 1e-4 });
    }
    await check(backend, makePlan(buffers, [batched]), inputs(), [], { absolute: 1e-4 });
    expect(direct.source(direct.compile(makePlan(buffers, [both])))).toBe(
      direct.source(direct.compile(makePlan(buffers, [swapped]))),
    );
  });

  test('gradient of the input, with quotients where the stride does not divide', async () => {
    const { b, o, c, u, v } = axes();
    const [h, w] = axesOf(9, 8) as [Axis, Axis];
    // y position p = (h + 1 − u) / 2 where that is whole.
    const place = (x: Axis, k: Axis): [ReturnType<typeof axisIndex>, ReturnType<typeof axisIndex>] => {
      const shifted = strided([x, k], [1, -1], 3);
      return [addIndex(divideIndex(shifted, 2), constantIndex(-1)), remainderIndex(shifted, 2)];
    };
    const [p, pRest] = place(h, u);
    const [q, qRest] = place(w, v);
    const at = addIndex(addIndex(strided([b, o], [260, 20]), scaleIndex(p, 4)), q);
    const guards = [
      { index: pRest, lower: 0, upper: 1 },
      { index: qRest, lower: 0, upper: 1 },
      { index: p, lower: 0, upper: 5 },
      { index: q, lower: 0, upper: 4 },
    ];
    const kernel: Kernel = {
      kind: 'contraction',
      name: 'conv',
      batch: [],
      m: [b, h, w],
      n: [c],
      k: [o, u, v],
      left: plain(2, at, guards),
      right: plain(1, rowMajor(o, c, u, v)),
      stores: [store(0, rowMajor(b, c, h, w), result())],
    };
    for (const on of [backend, direct]) await check(on, makePlan(buffers, [kernel]), inputs(), [], { absolute: 1e-4 });
  });

  test('gradient of the weights', async () => {
    const { b, o, p, q, c, u, v } = axes();
    const row = window(p, u);
    const column = window(q, v);
    const at = addIndex(addIndex(strided([b, c], [864, 72]), scaleIndex(row, 8)), column);
    const guards = [
      { index: row, lower: 0, upper: 9 },
      { index: column, lower: 0, upper: 8 },
    ];
    const kernel: Kernel = {
      kind: 'contraction',
      name: 'conv',
      batch: [],
      m: [o],
      n: [c, u, v],
      k: [b, p, q],
      left: plain(2, rowMajor(b, o, p, q)),
      right: plain(0, at, guards),
      stores: [store(1, rowMajor(o, c, u, v), result())],
    };
    for (const on of [backend, gpu]) await check(on, makePlan(buffers, [kernel]), inputs(), [], { absolute: 1e-4 });
  });

  test('rows: a thread, a few threads or a workgroup for each, whatever is left over at the end', async () => {
    setDevice('reference');
    // The last rows are too long and too few for one workgroup each: their phases run one by one.
    for (const [rows, length, apply] of [
      [70, 5, (x: Tensor) => softmax(x, -1)],
      [13, 100, (x: Tensor) => layerNorm(x, 100)],
      [3, 300, (x: Tensor) => logSoftmax(x, -1)],
      [300, 33, (x: Tensor) => x.sub(x.max(1, { keepDims: true })).flip(1)],
      [3, 6000, (x: Tensor) => x.div(x.abs().sum(1, { keepDims: true }))],
    ] as const) {
      const data = values(rows * length);
      const { plan } = compileTensors([apply(tensor(data, { shape: [rows, length] }))]);
      expect(plan.kernels.map(({ kind }) => kind)).toEqual(['rows']);
      for (const device of [backend, gpu]) {
        const executable = device.compile(plan);
        if (length < 1000) expect(executable.kernelCount).toBe(1);
        else expect(executable.kernelCount).toBeGreaterThan(1);
        executable.dispose();
        await check(device, plan, [data, new Float32Array(data.length)], [], { absolute: 2e-6 });
      }
    }
  });
});
