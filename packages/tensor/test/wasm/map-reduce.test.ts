import { describe, expect, it } from 'vitest';
import { divideIndex, remainderIndex } from '../../src/compiler/index-expression.ts';
import type { Expression } from '../../src/compiler/kernel.ts';
import { randomUniform } from '../../src/graph/threefry.ts';
import {
  addIndex,
  axisIndex,
  backend,
  binary,
  cast,
  constant,
  constantIndex,
  generator,
  inside,
  linear,
  load,
  makeAxis,
  mismatches,
  PlanBuilder,
  result,
  rowMajor,
  runPlan,
  scaleIndex,
  select,
  unary,
} from './support.ts';

describe('map kernels', () => {
  it('of every short length', async () => {
    for (let size = 1; size <= 20; size++) {
      const builder = new PlanBuilder(size);
      const axis = makeAxis(size);
      const [a, b, c] = [builder.parameter(size), builder.parameter(size), builder.parameter(size)];
      const index = axisIndex(axis);
      builder.kernels.push({
        kind: 'map',
        name: 'add',
        axes: [axis],
        stores: [{ buffer: c, index, value: binary('add', load(a, index), load(b, index)) }],
      });
      expect(await mismatches(builder), String(size)).toEqual([]);
    }
  });

  it('without axes', async () => {
    const builder = new PlanBuilder();
    const x = builder.parameter(1);
    builder.scalars.push({ type: 'f32' }, { type: 'i32' });
    const rate: Expression = { kind: 'scalar', type: 'f32', slot: 0 };
    const count: Expression = { kind: 'scalar', type: 'i32', slot: 1 };
    builder.kernels.push({
      kind: 'map',
      name: 'scalar',
      axes: [],
      stores: [
        {
          buffer: x,
          index: constantIndex(0),
          value: binary('add', load(x, constantIndex(0)), binary('mul', rate, cast(count, 'f32'))),
        },
      ],
    });
    expect(await mismatches(builder, [0.25, -7])).toEqual([]);
  });

  it('with transposes, broadcasts, flips and strides', async () => {
    for (const [m, n] of [
      [5, 7],
      [8, 12],
      [1, 9],
      [13, 1],
      [33, 6],
      [3, 4],
      [40, 41],
    ] as const) {
      const builder = new PlanBuilder(m * n);
      const [i, j] = [makeAxis(m), makeAxis(n)];
      const [x, y, row, column, out, outTransposed, wide] = [
        builder.parameter(m * n),
        builder.parameter(m * n),
        builder.parameter(n),
        builder.parameter(m),
        builder.parameter(m * n),
        builder.parameter(m * n),
        builder.parameter(3 * m * n),
      ];
      const sum = [
        load(x, rowMajor([i, j])),
        load(y, rowMajor([j, i])),
        load(row, linear([[j, 1]])),
        load(column, linear([[i, 1]])),
        load(
          x,
          linear(
            [
              [i, -n],
              [j, -1],
            ],
            m * n - 1,
          ),
        ),
        load(
          wide,
          linear(
            [
              [i, 3 * n],
              [j, 2],
            ],
            n,
          ),
        ),
      ].reduce((a, b) => binary('add', a, b));
      builder.kernels.push({
        kind: 'map',
        name: 'views',
        axes: [i, j],
        stores: [
          { buffer: out, index: rowMajor([i, j]), value: sum },
          {
            buffer: outTransposed,
            index: linear(
              [
                [i, -1],
                [j, m],
              ],
              m - 1,
            ),
            value: unary('neg', sum),
          },
        ],
      });
      expect(await mismatches(builder), `${m} ${n}`).toEqual([]);
    }
  });

  it('with padding: guarded loads, near and far outside', async () => {
    for (const [low, high] of [
      [1, 2],
      [5, 0],
      [300_000, 300_000],
    ] as const) {
      const builder = new PlanBuilder(low);
      const [rows, columns] = [low > 1000 ? 1 : 4, 9];
      const width = low + columns + high;
      const [i, j] = [makeAxis(rows), makeAxis(width)];
      const x = builder.parameter(rows * columns);
      const out = builder.parameter(rows * width);
      const index = linear(
        [
          [i, columns],
          [j, 1],
        ],
        -low,
      );
      const guards = [{ index: linear([[j, 1]], -low), lower: 0, upper: columns }];
      builder.kernels.push({
        kind: 'map',
        name: 'pad',
        axes: [i, j],
        stores: [
          {
            buffer: out,
            index: rowMajor([i, j]),
            value: select(inside(guards), load(x, index, 'f32', guards), constant(-1)),
          },
        ],
      });
      expect(await mismatches(builder), `${low} ${high}`).toEqual([]);
    }
  });

  it('with divisions and remainders along the vector axis', async () => {
    for (const [a, b] of [
      [4, 6],
      [7, 5],
      [3, 3],
      [2, 16],
    ] as const) {
      const builder = new PlanBuilder(a * b);
      const size = a * b;
      const axis = makeAxis(size + 5);
      const [x, out] = [builder.parameter(size), builder.parameter(size + 5, 'i32')];
      // A transposed [a, b] view, flat, with a tail that wraps around.
      const inner = remainderIndex(axisIndex(axis), size);
      const transposed = addIndex(scaleIndex(remainderIndex(inner, a), b), divideIndex(inner, a));
      const value = binary('add', cast(binary('mul', load(x, transposed), constant(1000)), 'i32'), {
        kind: 'index',
        type: 'i32',
        index: transposed,
      });
      builder.kernels.push({
        kind: 'map',
        name: 'view',
        axes: [axis],
        stores: [{ buffer: out, index: axisIndex(axis), value }],
      });
      expect(await mismatches(builder), `${a} ${b}`).toEqual([]);
      // The same view, whole, so that the axis can be split.
      const whole = makeAxis(size);
      const view = addIndex(scaleIndex(remainderIndex(axisIndex(whole), a), b), divideIndex(axisIndex(whole), a));
      builder.kernels.push({
        kind: 'map',
        name: 'split',
        axes: [whole],
        stores: [
          { buffer: out, index: view, value: cast(binary('mul', load(x, axisIndex(whole)), constant(99)), 'i32') },
        ],
      });
      expect(await mismatches(builder), `${a} ${b} whole`).toEqual([]);
    }
  });

  it('update in place, several buffers at once, each seeing the old values', async () => {
    const builder = new PlanBuilder(2);
    const axis = makeAxis(103);
    const index = axisIndex(axis);
    const [p, m, v, g] = [
      builder.parameter(103),
      builder.parameter(103),
      builder.parameter(103),
      builder.parameter(103),
    ];
    const newM = binary(
      'add',
      binary('mul', load(m, index), constant(0.9)),
      binary('mul', load(g, index), constant(0.1)),
    );
    const newV = binary('add', load(v, index), binary('mul', load(p, index), load(m, index)));
    builder.kernels.push({
      kind: 'map',
      name: 'update',
      axes: [axis],
      stores: [
        { buffer: m, index, value: newM },
        { buffer: p, index, value: binary('sub', load(p, index), binary('mul', load(m, index), load(v, index))) },
        { buffer: v, index, value: binary('mul', newV, load(p, index)) },
      ],
    });
    expect(await mismatches(builder)).toEqual([]);
  });

  it('with integers and booleans', async () => {
    const builder = new PlanBuilder(8);
    const axis = makeAxis(45);
    const index = axisIndex(axis);
    const [i, j, p, q] = [
      builder.parameter(45, 'i32'),
      builder.parameter(45, 'i32'),
      builder.parameter(45, 'bool'),
      builder.parameter(45, 'bool'),
    ];
    const [a, b] = [load(i, index, 'i32'), load(j, index, 'i32')];
    const [r, s] = [load(p, index, 'bool'), load(q, index, 'bool')];
    const integers: Expression[] = [
      ...(['add', 'sub', 'mul', 'maximum', 'minimum'] as const).map((operator) => binary(operator, a, b)),
      ...(['neg', 'abs', 'sign', 'relu'] as const).map((operator) => unary(operator, a)),
      select(binary('less', a, b), a, b),
      cast(r, 'i32'),
    ];
    const booleans: Expression[] = [
      ...(['equal', 'notEqual', 'less', 'lessEqual'] as const).map((operator) => binary(operator, a, b)),
      ...(['and', 'or', 'equal', 'notEqual'] as const).map((operator) => binary(operator, r, s)),
      unary('not', r),
      cast(a, 'bool'),
      constant(1, 'bool'),
    ];
    const stores = [
      ...integers.map((value) => ({ buffer: builder.parameter(45, 'i32'), index, value })),
      ...booleans.map((value) => ({ buffer: builder.parameter(45, 'bool'), index, value })),
      { buffer: builder.parameter(45), index, value: binary('add', cast(r, 'f32'), cast(a, 'f32')) },
    ];
    builder.kernels.push({ kind: 'map', name: 'integers', axes: [axis], stores });
    expect(await mismatches(builder)).toEqual([]);
  });

  it('draw the numbers of Threefry-2x32 with 13 rounds', async () => {
    const builder = new PlanBuilder();
    builder.scalars.push({ type: 'i32' }, { type: 'i32' });
    const axis = makeAxis(1003);
    const out = builder.parameter(1003);
    const value: Expression = {
      kind: 'random',
      type: 'f32',
      word: 0,
      index: axisIndex(axis),
      seed: { kind: 'scalar', type: 'i32', slot: 0 },
      counter: { kind: 'scalar', type: 'i32', slot: 1 },
    };
    builder.kernels.push({
      kind: 'map',
      name: 'random',
      axes: [axis],
      stores: [{ buffer: out, index: axisIndex(axis), value }],
    });
    const [drawn = new Float32Array()] = await runPlan(builder.plan(), builder.data, [-5, 77]);
    expect([...drawn]).toEqual(Array.from({ length: 1003 }, (_, i) => randomUniform(-5, 77, i)));
    const mean = Array.from(drawn).reduce((a, b) => a + b, 0) / 1003;
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 / Math.sqrt(12 * 1003));
  });
});

const operators = ['sum', 'prod', 'max', 'min', 'argmax'] as const;

describe('reductions', () => {
  it('over rows, columns and both, of many sizes', async () => {
    for (const [m, n] of [
      [1, 1],
      [1, 5],
      [3, 4],
      [4, 3],
      [7, 16],
      [16, 7],
      [5, 130],
      [130, 5],
      [2, 1000],
      [1000, 2],
      [33, 33],
    ] as const) {
      for (const type of ['f32', 'i32'] as const) {
        const builder = new PlanBuilder(m * 1000 + n);
        const [i, j] = [makeAxis(m), makeAxis(n)];
        const x = builder.parameter(m * n, type);
        for (const operator of operators) {
          const out = operator === 'argmax' ? 'i32' : type;
          const reducers = [{ operator, value: load(x, rowMajor([i, j]), type) }];
          const store = (axes: (typeof i)[]) => [
            {
              buffer: builder.parameter(
                axes.reduce((p, { extent }) => p * extent, 1),
                out,
              ),
              index: rowMajor(axes),
              value: result(0, out),
            },
          ];
          builder.kernels.push(
            { kind: 'reduce', name: 'rows', axes: [i], reduceAxes: [j], reducers, stores: store([i]) },
            { kind: 'reduce', name: 'columns', axes: [j], reduceAxes: [i], reducers, stores: store([j]) },
            { kind: 'reduce', name: 'all', axes: [], reduceAxes: [i, j], reducers, stores: store([]) },
            { kind: 'reduce', name: 'transposed', axes: [], reduceAxes: [j, i], reducers, stores: store([]) },
          );
        }
        expect(await mismatches(builder), `${m} ${n} ${type}`).toEqual([]);
      }
    }
  });

  it('over outer and inner axes at once, with several reducers and an epilogue', async () => {
    for (const [a, b, c] of [
      [5, 7, 9],
      [4, 16, 8],
      [2, 3, 300],
      [300, 3, 2],
      [20, 1, 20],
    ] as const) {
      const builder = new PlanBuilder(a + b + c);
      const [i, j, k] = [makeAxis(a), makeAxis(b), makeAxis(c)];
      const x = builder.parameter(a * b * c);
      const scale = builder.parameter(b);
      const [mean, spread] = [builder.parameter(b), builder.parameter(b)];
      const value = load(x, rowMajor([i, j, k]));
      const average = binary('mul', result(0), constant(1 / (a * c)));
      const square = binary('sub', binary('mul', result(1), constant(1 / (a * c))), binary('mul', average, average));
      builder.kernels.push({
        kind: 'reduce',
        name: 'statistics',
        axes: [j],
        reduceAxes: [i, k],
        reducers: [
          { operator: 'sum', value },
          { operator: 'sum', value: binary('mul', value, value) },
          { operator: 'max', value },
        ],
        stores: [
          { buffer: mean, index: linear([[j, 1]]), value: binary('add', average, load(scale, linear([[j, 1]]))) },
          { buffer: spread, index: linear([[j, 1]]), value: binary('add', square, result(2)) },
        ],
      });
      expect(await mismatches(builder), `${a} ${b} ${c}`).toEqual([]);
    }
  });

  it('over guarded windows', async () => {
    const builder = new PlanBuilder(21);
    const [c, o, k] = [makeAxis(3), makeAxis(10), makeAxis(3)];
    const x = builder.parameter(3 * 10);
    const out = builder.parameter(30);
    const position = linear(
      [
        [o, 1],
        [k, 1],
      ],
      -1,
    );
    const guards = [{ index: position, lower: 0, upper: 10 }];
    const value = select(
      inside(guards),
      load(x, addIndex(linear([[c, 10]]), position), 'f32', guards),
      constant(-Infinity),
    );
    builder.kernels.push({
      kind: 'reduce',
      name: 'pool',
      axes: [c, o],
      reduceAxes: [k],
      reducers: [{ operator: 'max', value }],
      stores: [{ buffer: out, index: rowMajor([c, o]), value: result() }],
    });
    expect(await mismatches(builder)).toEqual([]);
  });

  it('propagate NaN, take the first maximum, and start below everything', async () => {
    for (const n of [3, 9, 40, 300]) {
      for (const fill of [Number.NaN, -Infinity, Infinity, 0]) {
        const random = generator(n);
        const values = Array.from({ length: 6 * n }, () => Math.floor(random() * 4));
        for (let row = 0; row < 6; row++)
          if (row % 2 === 0)
            for (let count = 0; count <= row; count++) values[row * n + Math.floor(random() * n)] = fill;
        for (let column = 0; column < n; column++) values[3 * n + column] = -Infinity;
        for (const [axesOrder, size] of [
          ['rows', 6],
          ['columns', n],
        ] as const) {
          const builder = new PlanBuilder();
          const [i, j] = [makeAxis(6), makeAxis(n)];
          const x = builder.parameter(6 * n, 'f32', values);
          const [kept, reduced] = axesOrder === 'rows' ? [i, j] : [j, i];
          for (const operator of ['max', 'min', 'argmax'] as const) {
            const type = operator === 'argmax' ? 'i32' : 'f32';
            const out = builder.parameter(size, type);
            builder.kernels.push({
              kind: 'reduce',
              name: operator,
              axes: [kept],
              reduceAxes: [reduced],
              reducers: [{ operator, value: load(x, rowMajor([i, j])) }],
              stores: [{ buffer: out, index: axisIndex(kept), value: result(0, type) }],
            });
          }
          expect(await mismatches(builder), `${n} ${fill} ${axesOrder}`).toEqual([]);
        }
      }
    }
  });

  it('have the sign of zero and NaN of either sign in maxima and minima of any length', async () => {
    const negativeNaN = new Float32Array(Uint32Array.of(0xffc00001).buffer)[0] ?? NaN;
    const rest = { '-0': -0, '0': 0, '-1': -1, '1': 1, '-∞': -Infinity, '∞': Infinity };
    for (const length of [3, 15, 16, 17, 64, 129]) {
      for (const [name, value] of Object.entries(rest)) {
        for (const [at, other] of [
          [0, 0],
          [length - 1, -0],
          [length >> 1, NaN],
          [1, negativeNaN],
          [2, 1e-45],
        ] as const) {
          const values = new Float32Array(length).fill(value);
          // The bits of a NaN survive in an array of words alone.
          new Uint32Array(values.buffer)[at] = new Uint32Array(Float32Array.of(other).buffer)[0] ?? 0;
          if (Object.is(other, negativeNaN)) new Uint32Array(values.buffer)[at] = 0xffc00001;
          for (const vector of [false, true]) {
            const builder = new PlanBuilder();
            const repeated = vector ? Float32Array.from({ length: 8 * length }, (_, i) => values[i >> 3] ?? 0) : values;
            const x = builder.parameter(repeated.length, 'f32', repeated);
            if (Number.isNaN(other))
              new Uint32Array((builder.data[x] as Float32Array).buffer).set(new Uint32Array(repeated.buffer));
            const y = builder.parameter(16);
            const [axis, column] = [makeAxis(length), makeAxis(vector ? 8 : 1)];
            const value = load(x, linear([[axis, vector ? 8 : 1], [column, 1]])); // prettier-ignore
            builder.kernels.push({
              kind: 'reduce',
              name: 'extremes',
              axes: [column],
              reduceAxes: [axis],
              reducers: [{ operator: 'max', value }, { operator: 'min', value }], // prettier-ignore
              stores: [0, 1].map((position) => ({ buffer: y, index: linear([[column, 1]], 8 * position), value: result(position) })), // prettier-ignore
            });
            const [, found = []] = await runPlan(builder.plan(), builder.data);
            const note = `${length} × ${name}, ${other} at ${at}`;
            expect(found[0], note).toBe(Math.max(...values));
            expect(found[8], note).toBe(Math.min(...values));
          }
        }
      }
    }
  });

  it('keep long float32 sums accurate to 1e-6, and infinities', async () => {
    const size = 3_000_017;
    for (const [rows, columns] of [
      [1, size],
      [size, 1],
      [size - 1, 2],
    ] as const) {
      const builder = new PlanBuilder();
      const [i, j] = [makeAxis(rows === 1 ? 1 : Math.floor(rows / 2)), makeAxis(columns)];
      const total = i.extent * j.extent;
      const x = builder.parameter(total, 'f32', new Float32Array(total).fill(0.1));
      const out = builder.parameter(j.extent === columns && rows > 1 ? columns : 1);
      const overAll = rows === 1;
      builder.kernels.push({
        kind: 'reduce',
        name: 'sum',
        axes: overAll ? [] : [j],
        reduceAxes: overAll ? [i, j] : [i],
        reducers: [{ operator: 'sum', value: load(x, rowMajor([i, j])) }],
        stores: [{ buffer: out, index: overAll ? constantIndex(0) : axisIndex(j), value: result() }],
      });
      const sums = (await runPlan(builder.plan(), builder.data))[1] ?? new Float32Array();
      const expected = Math.fround(0.1) * (overAll ? total : i.extent);
      for (const sum of sums) expect(Math.abs(sum - expected) / expected).toBeLessThan(1e-6);
    }
    const builder = new PlanBuilder();
    const axis = makeAxis(100_000);
    const values = new Float32Array(100_000).fill(1);
    values[77_777] = Infinity;
    const x = builder.parameter(100_000, 'f32', values);
    const out = builder.parameter(1);
    builder.kernels.push({
      kind: 'reduce',
      name: 'sum',
      axes: [],
      reduceAxes: [axis],
      reducers: [{ operator: 'sum', value: load(x, axisIndex(axis)) }],
      stores: [{ buffer: out, index: constantIndex(0), value: result() }],
    });
    expect([...((await runPlan(builder.plan(), builder.data))[1] ?? [])]).toEqual([Infinity]);
  });

  it('of nothing: sums are zero', async () => {
    const builder = new PlanBuilder();
    const [i, j] = [makeAxis(5), makeAxis(0)];
    const x = builder.parameter(1);
    const out = builder.parameter(5);
    builder.kernels.push({
      kind: 'reduce',
      name: 'sum',
      axes: [i],
      reduceAxes: [j],
      reducers: [{ operator: 'sum', value: load(x, rowMajor([i, j])) }],
      stores: [{ buffer: out, index: axisIndex(i), value: result() }],
    });
    expect([...((await runPlan(builder.plan(), builder.data))[1] ?? [])]).toEqual([0, 0, 0, 0, 0]);
  });

  it('give the same bits on every run', async () => {
    const builder = new PlanBuilder(99);
    const [i, j] = [makeAxis(37), makeAxis(5003)];
    const x = builder.parameter(37 * 5003);
    const out = builder.parameter(37);
    builder.kernels.push({
      kind: 'reduce',
      name: 'sum',
      axes: [i],
      reduceAxes: [j],
      reducers: [{ operator: 'sum', value: unary('exp', load(x, rowMajor([i, j]))) }],
      stores: [{ buffer: out, index: axisIndex(i), value: result() }],
    });
    const first = await runPlan(builder.plan(), builder.data);
    for (let run = 0; run < 3; run++)
      expect((await runPlan(builder.plan(), builder.data, [], backend))[1]).toEqual(first[1]);
  });
});
