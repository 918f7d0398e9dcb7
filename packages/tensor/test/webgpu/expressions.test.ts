import { beforeAll, expect, test } from 'vitest';
import { axisIndex, makeAxis } from '../../src/compiler/index-expression.ts';
import type { BinaryOperator, Expression, ScalarType, UnaryOperator } from '../../src/compiler/kernel.ts';
import { randomUniform } from '../../src/graph/threefry.ts';
import type { WebgpuBackend } from '../../src/webgpu/backend.ts';
import { evaluatePlan } from '../support/plan-evaluator.ts';
import {
  binary,
  cast,
  constant,
  describeWebgpu,
  enabled,
  expectClose,
  load,
  makePlan,
  map,
  openBackend,
  parameter,
  runPlan,
  select,
  store,
  unary,
  type Tolerance,
} from './support.ts';

let backend: WebgpuBackend;
beforeAll(async () => {
  if (enabled) backend = await openBackend();
});

const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2,
  -2,
  2.5,
  -2.5,
  3,
  -3,
  10,
  88,
  89,
  -87,
  -100,
  1e-30,
  -1e-30,
  1e30,
  -1e30,
  Infinity,
  -Infinity,
  NaN,
];

/** `count` numbers from low to high, both signs where low is negative. */
function sweep(low: number, high: number, count = 4001): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

function onAxis(size: number): {
  axis: ReturnType<typeof makeAxis>;
  x: (buffer?: number, type?: ScalarType) => Expression;
} {
  const axis = makeAxis(size);
  return { axis, x: (buffer = 0, type = 'f32') => load(buffer, axisIndex(axis), type) };
}

async function unaries(
  operators: readonly UnaryOperator[],
  input: Float32Array,
  tolerances: Tolerance[] = [],
): Promise<void> {
  const { axis, x } = onAxis(input.length);
  const value = x();
  const plan = makePlan(
    [0, ...operators.map((_, i) => i + 1)].map((i) => parameter(i, input.length)),
    [map([axis], ...operators.map((operator, i) => store(i + 1, axisIndex(axis), unary(operator, value))))],
  );
  const arrays = [input, ...operators.map(() => new Float32Array(input.length))];
  const expected = evaluatePlan(plan, arrays);
  const actual = await runPlan(backend, plan, arrays);
  operators.forEach((operator, i) => {
    try {
      expectClose(
        actual[i + 1]!,
        Array.from(expected[i + 1]!, Math.fround),
        tolerances[i] ?? { absolute: 1e-37, relative: 1e-6 },
      );
    } catch (error) {
      throw new Error(`${operator}: ${(error as Error).message}`, { cause: error });
    }
  });
}

describeWebgpu('unary operators', () => {
  const smooth: UnaryOperator[] = ['exp', 'expm1', 'log', 'log1p', 'sqrt', 'sin', 'cos', 'tanh', 'sigmoid', 'erf'];
  const close: Tolerance[] = smooth.map(() => ({ absolute: 1e-37, relative: 5e-7 }));

  test('smooth functions over their ranges', async () => {
    await unaries(smooth, sweep(-9, 9), close);
    await unaries(smooth, sweep(-104, 95), close);
    await unaries(
      smooth,
      Float32Array.from({ length: 600 }, (_, i) => 10 ** (i / 10 - 30) * (i % 2 === 0 ? 1 : -1)),
      close,
    );
  });

  test('log is accurate near 1', async () => {
    await unaries(
      ['log'],
      Float32Array.from({ length: 2001 }, (_, i) => 1 + (i - 1000) * 1e-5),
      [{ absolute: 1e-37, relative: 2e-7 }],
    );
  });

  test('special values', async () => {
    await unaries(smooth, Float32Array.from(special), close);
    await unaries(
      ['neg', 'abs', 'sign', 'relu', 'floor', 'ceil', 'round'],
      Float32Array.from(special.filter((x) => !Number.isNaN(x))),
    );
    await unaries(['neg', 'abs', 'relu', 'floor', 'ceil', 'round'], Float32Array.from([NaN, 1]));
  });
});

describeWebgpu('binary operators', () => {
  const pairs = special.flatMap((a) => special.map((b) => [a, b] as const));
  const left = Float32Array.from(pairs, ([a]) => a);
  const right = Float32Array.from(pairs, ([, b]) => b);

  test('special values of float operators and comparisons', async () => {
    const { axis, x } = onAxis(pairs.length);
    const [a, b] = [x(0), x(1)];
    const operators: BinaryOperator[] = [
      'add',
      'sub',
      'mul',
      'div',
      'maximum',
      'minimum',
      'equal',
      'notEqual',
      'less',
      'lessEqual',
    ];
    await withAxis(
      axis,
      operators.map((operator) => binary(operator, a, b)),
      [left, right],
      operators,
    );
    await withAxis(
      axis,
      [binary('notEqual', a, a), binary('equal', a, a), cast('bool', a)],
      [left, right],
      ['isNaN', 'isNotNaN', 'truth'],
    );
  });

  test('quotients of constants that are zero', async () => {
    const { axis, x } = onAxis(special.length);
    await withAxis(
      axis,
      [0, -0].map((divisor) => binary('div', x(0), constant(divisor))),
      [Float32Array.from(special)],
      ['/ 0', '/ −0'],
    );
  });

  test('powers', async () => {
    const { axis, x } = onAxis(pairs.length);
    await withAxis(
      axis,
      [binary('pow', x(0), x(1)), ...[2, 3, -1, 0, 0.5, 7].map((e) => binary('pow', x(0), constant(e)))],
      [left, right],
      ['pow', '^2', '^3', '^-1', '^0', '^½', '^7'],
      { absolute: 1e-37, relative: 2e-6 },
    );
    const bases = Float32Array.from({ length: 2000 }, (_, i) => 0.01 + (i % 50) * 0.13);
    const exponents = Float32Array.from({ length: 2000 }, (_, i) => (Math.floor(i / 50) - 20) * 0.37);
    const wide = onAxis(2000);
    await withAxis(wide.axis, [binary('pow', wide.x(0), wide.x(1))], [bases, exponents], ['pow'], {
      absolute: 1e-37,
      relative: 1e-6,
    });
    const steps = Float32Array.from({ length: 100 }, (_, i) => i * 37 + 1);
    const decay = onAxis(100);
    await withAxis(decay.axis, [binary('pow', constant(0.999), decay.x(0))], [steps, steps], ['decay'], {
      absolute: 1e-37,
      relative: 1e-6,
    });
  });

  async function withAxis(
    axis: ReturnType<typeof makeAxis>,
    expressions: Expression[],
    inputs: Float32Array[],
    names: string[],
    tolerance: Tolerance = { absolute: 1e-37, relative: 3e-7 },
  ): Promise<void> {
    const outputs = expressions.map(({ type }) =>
      type === 'f32' ? new Float32Array(axis.extent) : new Int32Array(axis.extent),
    );
    const plan = makePlan(
      [
        ...inputs.map((_, i) => parameter(i, axis.extent)),
        ...expressions.map(({ type }, i) => parameter(inputs.length + i, axis.extent, type)),
      ],
      [map([axis], ...expressions.map((value, i) => store(inputs.length + i, axisIndex(axis), value)))],
    );
    const arrays = [...inputs, ...outputs];
    const expected = evaluatePlan(plan, arrays);
    const actual = await runPlan(backend, plan, arrays);
    expressions.forEach((expression, e) => {
      const got = actual[inputs.length + e]!;
      const want = expected[inputs.length + e]!;
      const wrong: string[] = [];
      for (let i = 0; i < axis.extent; i++) {
        const w = expression.type === 'f32' ? Math.fround(want[i]!) : want[i]!;
        const g = got[i]!;
        if (Object.is(g, w) || g === w || Math.abs(g - w) <= tolerance.absolute! + tolerance.relative! * Math.abs(w))
          continue;
        wrong.push(`${inputs.map((input) => input[i]).join(', ')} → ${g}, expected ${w}`);
      }
      expect(wrong, names[e]).toEqual([]);
    });
  }

  test('integers and bools', async () => {
    const numbers = [0, 1, -1, 2, 7, -7, 100000, 2147483647, -2147483648];
    const both = numbers.flatMap((a) => numbers.map((b) => [a, b] as const));
    const size = both.length;
    const { axis, x } = onAxis(size);
    const [a, b] = [x(0, 'i32'), x(1, 'i32')];
    const truth = [binary('less', a, constant(1, 'i32')), binary('less', b, constant(1, 'i32'))] as const;
    const expressions = [
      ...(['add', 'sub', 'mul', 'maximum', 'minimum', 'equal', 'notEqual', 'less', 'lessEqual'] as const).map(
        (operator) => binary(operator, a, b),
      ),
      ...(['neg', 'abs', 'sign'] as const).map((operator) => unary(operator, a)),
      ...(['and', 'or', 'equal', 'notEqual', 'maximum', 'minimum'] as const).map(
        (operator) => ({ ...binary(operator, truth[0], truth[1]), type: 'bool' }) as Expression,
      ),
      unary('not', truth[0]),
      cast('f32', a),
      cast('bool', a),
      cast('i32', truth[0]),
      cast('f32', truth[0]),
      select(truth[0], a, b),
    ];
    const inputs = [Int32Array.from(both, ([p]) => p), Int32Array.from(both, ([, p]) => p)];
    const plan = makePlan(
      [
        ...inputs.map((_, i) => parameter(i, size, 'i32')),
        ...expressions.map(({ type }, i) => parameter(2 + i, size, type)),
      ],
      [map([axis], ...expressions.map((value, i) => store(2 + i, axisIndex(axis), value)))],
    );
    const arrays = [
      ...inputs,
      ...expressions.map(({ type }) => (type === 'f32' ? new Float32Array(size) : new Int32Array(size))),
    ];
    const expected = evaluatePlan(plan, arrays);
    const actual = await runPlan(backend, plan, arrays);
    expressions.forEach((_, i) => expectClose(actual[2 + i]!, expected[2 + i]!, { absolute: 0, relative: 1e-7 }));
  });

  test('float to integer saturates and truncates', async () => {
    const input = Float32Array.from([
      0,
      0.9,
      -0.9,
      1.5,
      -1.5,
      2147483520,
      2147483648,
      -2147483648,
      3e9,
      -3e9,
      Infinity,
      -Infinity,
      NaN,
    ]);
    const { x, axis } = onAxis(input.length);
    const plan = makePlan(
      [parameter(0, input.length), parameter(1, input.length, 'i32')],
      [map([axis], store(1, axisIndex(axis), cast('i32', x())))],
    );
    const [, output] = await runPlan(backend, plan, [input, new Int32Array(input.length)]);
    expect([...output!]).toEqual([
      0, 0, 0, 1, -1, 2147483520, 2147483647, -2147483648, 2147483647, -2147483648, 2147483647, -2147483648, 0,
    ]);
  });
});

describeWebgpu('constants', () => {
  test('any number can be written', async () => {
    const numbers = [0.1, -0.1, 1e-7, 3.4028234663852886e38, -1e30, 1e21, Infinity, -Infinity, NaN, 16777217, 1e-40];
    const axis = makeAxis(3);
    const integers = [2147483647, -2147483648, -5];
    const plan = makePlan(
      [...numbers.map((_, i) => parameter(i, 3)), ...integers.map((_, i) => parameter(numbers.length + i, 3, 'i32'))],
      [
        map(
          [axis],
          ...[...numbers.map((value) => constant(value)), ...integers.map((value) => constant(value, 'i32'))].map(
            (value, i) => store(i, axisIndex(axis), value),
          ),
        ),
        map(
          [axis],
          store(0, axisIndex(axis), binary('add', binary('mul', constant(1e30), constant(1e30)), constant(1))),
        ),
      ],
    );
    const outputs = await runPlan(backend, plan, [
      ...numbers.map(() => new Float32Array(3)),
      ...integers.map(() => new Int32Array(3)),
    ]);
    expectClose(
      outputs.map((data) => data[1]!),
      [Infinity, ...numbers.slice(1).map(Math.fround), ...integers],
      { absolute: 1e-38, relative: 0 },
    );
  });
});

describeWebgpu('random', () => {
  test('the bits of threefry', async () => {
    const size = 1000;
    const axis = makeAxis(size);
    const value: Expression = {
      kind: 'random',
      type: 'f32',
      word: 0,
      index: axisIndex(axis),
      seed: { kind: 'scalar', type: 'i32', slot: 0 },
      counter: { kind: 'scalar', type: 'i32', slot: 1 },
    };
    const plan = makePlan([parameter(0, size)], [map([axis], store(0, axisIndex(axis), value))], ['i32', 'i32']);
    for (const [seed, counter] of [
      [0, 0],
      [-1, 2147483647],
      [123456789, 42],
    ] as const) {
      const [drawn] = await runPlan(backend, plan, [new Float32Array(size)], [seed, counter]);
      expect([...drawn!]).toEqual(Array.from({ length: size }, (_, i) => randomUniform(seed, counter, i)));
    }
  });
});
