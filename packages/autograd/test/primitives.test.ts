import { concat, fold, hypot, scan, setDevice, solve, tensor, unfold, type Tensor } from '@hebb/tensor';
import {
  makeNode,
  nodeOf,
  primitiveNames,
  tensorOf,
  type Attributes,
  type PlanPrimitive,
  type Primitive,
} from '@hebb/tensor/graph';
import { beforeEach, describe, expect, it } from 'vitest';
import { grad } from '../src/index.ts';
import { rules, type Rule } from '../src/rules.ts';
import { gradientErrors, input, type Input } from './support/finite-differences.ts';
import { mappingErrors } from './support/many-examples.ts';

interface Case {
  readonly f: (...inputs: Tensor[]) => Tensor;
  readonly inputs: readonly Input[];
}

/** Why a primitive has no gradient. */
type None = 'source' | 'not differentiable';

function record<P extends PlanPrimitive>(op: P, attributes: Attributes[P]): (...inputs: Tensor[]) => Tensor {
  return (...inputs) => tensorOf(makeNode(op, inputs.map(nodeOf), attributes));
}

const elementwise = (op: PlanPrimitive, options: Parameters<typeof input>[1] = {}): Case[] => [
  { f: record(op, {}), inputs: [input([2, 3], options)] },
  { f: record(op, {}), inputs: [input([], options)] },
];

const pairwise = (
  op: PlanPrimitive,
  left: Parameters<typeof input>[1] = {},
  right: Parameters<typeof input>[1] = {},
): Case[] => [
  { f: record(op, {}), inputs: [input([2, 3], { seed: 2, ...left }), input([2, 3], { seed: 5, ...right })] },
  // Both operands the same: their cotangents meet.
  { f: (x) => record(op, {})(x, x.mul(1.5)), inputs: [input([4], { seed: 3, ...left, ...right })] },
];

const condition = tensor([
  [true, false, true],
  [false, false, true],
]);

const convolutions: { x: number[]; w: number[]; attributes: Attributes['conv'] }[] = [
  {
    x: [2, 2, 5, 4],
    w: [3, 2, 3, 2],
    attributes: { stride: [1, 1], dilation: [1, 1], paddingLow: [0, 0], paddingHigh: [0, 0], groups: 1 },
  },
  {
    x: [1, 4, 6, 5],
    w: [4, 2, 2, 3],
    attributes: { stride: [2, 1], dilation: [2, 1], paddingLow: [1, 2], paddingHigh: [2, 0], groups: 2 },
  },
  {
    x: [1, 3, 6, 6],
    w: [3, 1, 3, 3],
    attributes: { stride: [2, 2], dilation: [1, 1], paddingLow: [0, 1], paddingHigh: [1, 1], groups: 3 },
  },
  {
    x: [1, 1, 7, 6],
    w: [2, 1, 2, 2],
    attributes: { stride: [3, 2], dilation: [1, 2], paddingLow: [-1, -1], paddingHigh: [1, -1], groups: 1 },
  },
  {
    x: [2, 2, 7],
    w: [2, 2, 3],
    attributes: { stride: [3], dilation: [1], paddingLow: [1], paddingHigh: [0], groups: 1 },
  },
  {
    x: [1, 2, 3, 4, 3],
    w: [2, 1, 2, 2, 2],
    attributes: { stride: [1, 2, 1], dilation: [1, 1, 1], paddingLow: [0, 1, 0], paddingHigh: [0, 0, 1], groups: 2 },
  },
];

function outputShape({ x, w, attributes }: (typeof convolutions)[number]): readonly number[] {
  return record('conv', attributes)(
    tensor(new Float32Array(x.reduce((a, b) => a * b)), { shape: x }),
    tensor(new Float32Array(w.reduce((a, b) => a * b)), { shape: w }),
  ).shape;
}

/** Without pattern, some of them outside, some twice. */
const positions = (shape: readonly number[], extent: number): Tensor =>
  tensor(
    Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * i + 3 * i + 1) % (extent + 2)) - 1),
    { shape },
  );

const reductions = (op: 'sum' | 'prod' | 'max' | 'min'): Case[] => [
  { f: record(op, { axes: [0, 1] }), inputs: [input([2, 3])] },
  { f: record(op, { axes: [1] }), inputs: [input([2, 3, 2])] },
  { f: record(op, { axes: [0, 2] }), inputs: [input([2, 3, 2])] },
];

const values = (shape: readonly number[], list: readonly number[]): Input => ({
  shape,
  values: Float64Array.from(list),
});

const windows = { kernel: [2, 3], stride: [2, 1], dilation: [1, 2] };

const joined = (...parts: Tensor[]): Tensor => concat(parts.map((part) => part.flatten()));
const recurrent = (reverse: boolean) => (h: Tensor, xs: Tensor, w: Tensor, b: Tensor) => {
  const step = (state: Tensor, x: Tensor): [Tensor, Tensor] => {
    const next = state.matmul(w).add(x).add(b).tanh();
    return [next, next.mul(x)];
  };
  return joined(...scan(step, h, xs, { reverse }));
};

const loops: Case[] = [
  ...[false, true].map((reverse) => ({
    f: recurrent(reverse),
    inputs: [input([2, 3]), input([4, 2, 3], { seed: 2 }), input([3, 3], { seed: 3 }), input([3], { seed: 4 })],
  })),
  // Two carries that change places, one of them not stacked, and a count of steps.
  {
    f: (a, b, xs) => {
      const step = ([p, q, n]: readonly [Tensor, Tensor, Tensor], x: Tensor) =>
        [[q.mul(x), p.add(q).sin(), n.add(1)], { p, scaled: q.mul(n.to('float32')) }] as const;
      const [[p, q], ys] = scan(step, [a, b, tensor(0, { dtype: 'int32' })], xs);
      return joined(p, q, ys.p, ys.scaled);
    },
    inputs: [input([2]), input([2], { seed: 2 }), input([3, 2], { seed: 3 })],
  },
  // A loop in a loop, which reads what the outer one carries and steps over, and what lies outside of both.
  {
    f: (a, xs, w) => {
      const outer = (sum: Tensor, x: Tensor): [Tensor, Tensor] => {
        const [inner] = scan((s, row) => [s.mul(row).add(x.mul(sum)), undefined], sum, w);
        return [inner, inner.square()];
      };
      return joined(...scan(outer, a, xs));
    },
    inputs: [input([2]), input([3, 2], { seed: 2 }), input([2, 2], { seed: 3 })],
  },
  // An operation with a gradient of its own, of which a part does not depend on the step.
  {
    f: (a, xs, w) => scan((h, x) => [hypot(h.mul(x), w), undefined], a, xs)[0].sin(),
    inputs: [input([2]), input([3, 2], { seed: 2 }), input([2], { seed: 3 })],
  },
  // One with loops inside, of what no step changes.
  {
    f: (a, w) =>
      scan(
        (h) => [
          solve(
            w.add(
              tensor([
                [3, 0.5],
                [0, 2],
              ]),
            ),
            h,
          ),
          undefined,
        ],
        a,
        undefined,
        { length: 2 },
      )[0],
    inputs: [input([2, 2, 1]), input([2, 2, 2], { seed: 3 })],
  },
  // In a loop in a loop, an operation with a gradient of its own between what the inner one carries and what the outer one does.
  {
    f: (a, xs, w) => {
      const outer = (sum: Tensor, x: Tensor): [Tensor, Tensor] => {
        const [inner] = scan((s, row) => [hypot(s.mul(row), sum.mul(x)), undefined], sum, w);
        return [inner.sin(), inner];
      };
      return joined(...scan(outer, a, xs));
    },
    inputs: [input([2]), input([3, 2], { seed: 2 }), input([2, 2], { seed: 3 })],
  },
  // No carry, and a derivative taken at every step.
  {
    f: (xs, w) => {
      const energy = (x: Tensor): Tensor => x.mul(w).sin().sum();
      const [, ys] = scan((none, x) => [none, grad(energy)(x)], [], xs);
      return ys;
    },
    inputs: [input([3, 2]), input([2], { seed: 2 })],
  },
  { f: (x) => scan((y) => [y.mul(y.sin()), undefined], x, undefined, { length: 3 })[0], inputs: [input([3])] },
];

const cases: { readonly [P in Exclude<Primitive, 'composite'>]: readonly Case[] | None } = {
  buffer: 'source',
  argument: 'source',
  scalar: 'source',
  constant: 'source',
  iota: 'source',
  random: 'source',

  neg: elementwise('neg'),
  abs: elementwise('abs'),
  sign: elementwise('sign'),
  exp: elementwise('exp'),
  expm1: elementwise('expm1'),
  exp2: elementwise('exp2'),
  log: elementwise('log', { low: 0.2, high: 3 }),
  log1p: elementwise('log1p', { low: -0.8, high: 3 }),
  log2: elementwise('log2', { low: 0.2, high: 3 }),
  log10: elementwise('log10', { low: 0.2, high: 3 }),
  sqrt: elementwise('sqrt', { low: 0.2, high: 3 }),
  sin: elementwise('sin'),
  cos: elementwise('cos'),
  asin: elementwise('asin', { low: -0.8, high: 0.8 }),
  acos: elementwise('acos', { low: -0.8, high: 0.8 }),
  atan: elementwise('atan', { low: -3, high: 3 }),
  tanh: elementwise('tanh'),
  sigmoid: elementwise('sigmoid', { low: -5, high: 5 }),
  erf: elementwise('erf'),
  erfc: elementwise('erfc'),
  normalCdf: elementwise('normalCdf'),
  log1pExp: elementwise('log1pExp', { low: -4, high: 4 }),
  erfinv: elementwise('erfinv', { low: -0.8, high: 0.8 }),
  lgamma: [...elementwise('lgamma', { low: 0.3, high: 9 }), ...elementwise('lgamma', { low: -0.8, high: -0.2 })],
  digamma: [...elementwise('digamma', { low: 0.4, high: 9 }), ...elementwise('digamma', { low: -0.8, high: -0.2 })],
  relu: elementwise('relu'),
  floor: elementwise('floor', { away: [-1, 0, 1] }),
  ceil: elementwise('ceil', { away: [-1, 0, 1] }),
  round: elementwise('round', { away: [-0.5, 0.5] }),
  trunc: elementwise('trunc', { away: [-1, 0, 1] }),
  not: 'not differentiable',
  // Between floating numbers; from and to others it has none.
  cast: [{ f: record('cast', { dtype: 'float32' }), inputs: [input([2, 3])] }],
  bitcast: 'not differentiable',
  detach: 'not differentiable',

  add: pairwise('add'),
  sub: pairwise('sub'),
  mul: pairwise('mul'),
  div: pairwise('div', {}, { gap: 0.4 }),
  pow: [
    { f: record('pow', {}), inputs: [input([2, 3], { low: 0.3, high: 2 }), input([2, 3], { seed: 4 })] },
    { f: (x) => x.pow(4), inputs: [input([5])] },
    { f: (x) => x.pow(-1.5), inputs: [input([4], { low: 0.5, high: 2 })] },
  ],
  fmod: pairwise('fmod', { low: 1, high: 1.9 }, { low: 0.61, high: 0.94 }),
  floorDivide: 'not differentiable',
  copySign: pairwise('copySign'),
  maximum: pairwise('maximum'),
  minimum: pairwise('minimum'),
  equal: 'not differentiable',
  notEqual: 'not differentiable',
  less: 'not differentiable',
  lessEqual: 'not differentiable',
  and: 'not differentiable',
  or: 'not differentiable',
  xor: 'not differentiable',
  shiftLeft: 'not differentiable',
  shiftRight: 'not differentiable',
  where: [{ f: (a, b) => condition.where(a, b), inputs: [input([2, 3]), input([2, 3], { seed: 2 })] }],

  reshape: [{ f: record('reshape', { shape: [3, 2, 1] }), inputs: [input([2, 3])] }],
  transpose: [
    { f: record('transpose', { permutation: [1, 0] }), inputs: [input([2, 3])] },
    { f: record('transpose', { permutation: [2, 0, 1] }), inputs: [input([2, 3, 2])] },
  ],
  broadcast: [
    { f: record('broadcast', { shape: [4, 2, 3] }), inputs: [input([2, 1])] },
    { f: record('broadcast', { shape: [2, 3] }), inputs: [input([])] },
    { f: record('broadcast', { shape: [1, 3] }), inputs: [input([1, 1])] },
  ],
  slice: [
    { f: record('slice', { starts: [1, 0], steps: [1, 1], shape: [2, 3] }), inputs: [input([4, 3])] },
    { f: record('slice', { starts: [1, 2], steps: [3, 2], shape: [3, 2] }), inputs: [input([9, 6])] },
    { f: record('slice', { starts: [2, 0], steps: [5, 2], shape: [1, 2] }), inputs: [input([4, 4])] },
    { f: (x) => concat([record('slice', { starts: [4], steps: [2], shape: [0] })(x), x]), inputs: [input([4])] },
  ],
  pad: [
    { f: record('pad', { low: [1, 0], high: [0, 2], interior: [0, 0], value: 3 }), inputs: [input([2, 3])] },
    { f: record('pad', { low: [2, 1], high: [1, 0], interior: [2, 1], value: 0 }), inputs: [input([3, 2])] },
    { f: record('pad', { low: [0, 1], high: [0, 0], interior: [3, 0], value: 0 }), inputs: [input([1, 2])] },
  ],
  flip: [{ f: record('flip', { axes: [0, 2] }), inputs: [input([2, 3, 2])] }],
  concat: [
    {
      f: record('concat', { axis: 1 }),
      inputs: [input([2, 3]), input([2, 1], { seed: 2 }), input([2, 2], { seed: 3 })],
    },
    { f: (x) => concat([x, x.mul(2), x]), inputs: [input([2, 2])] },
  ],
  unfold: [
    { f: record('unfold', windows), inputs: [input([2, 5, 7])] },
    { f: (x) => unfold(x, [3]), inputs: [input([6])] },
  ],
  fold: [
    { f: record('fold', { ...windows, size: [5, 7] }), inputs: [input([2, 2, 3, 2, 3])] },
    { f: (x) => fold(x, [7], { stride: 2 }), inputs: [input([3, 2])] },
  ],

  gather: [
    { f: (x) => record('gather', { axis: 0, outside: 7 })(x, positions([5, 3], 4)), inputs: [input([4, 3])] },
    { f: (x) => record('gather', { axis: 1, outside: 0 })(x, positions([2, 6, 2], 3)), inputs: [input([2, 3, 2])] },
  ],
  scatter: (['set', 'add', 'mul', 'max', 'min'] as const).flatMap((combine) => [
    {
      f: (base, updates) => record('scatter', { axis: 0, combine })(base, positions([6, 2], 4), updates),
      inputs: [input([4, 2], { seed: 2 }), input([6, 2], { seed: 5 })],
    },
    {
      f: (base, updates) => record('scatter', { axis: 1, combine })(base, positions([2, 5], 3), updates),
      inputs: [input([2, 3], { seed: 4 }), input([2, 5], { seed: 7 })],
    },
  ]),

  argSort: 'not differentiable',
  cumulative: (['sum', 'prod', 'max', 'min', 'logSumExp'] as const).flatMap((operator) =>
    [false, true].flatMap((reverse) => [
      { f: record('cumulative', { axis: 0, operator, reverse }), inputs: [input([7])] },
      { f: record('cumulative', { axis: 1, operator, reverse }), inputs: [input([2, 5, 2])] },
      // Zeros, of which a product's gradient must not know, and ties.
      {
        f: (x) => record('cumulative', { axis: 0, operator, reverse })(x.mul(tensor([1, 0, 1, 1, 0, 1]))),
        inputs: [input([6])],
      },
    ]),
  ),

  sum: reductions('sum'),
  prod: [
    ...reductions('prod'),
    // Where factors are 0, quotients by them say nothing.
    { f: record('prod', { axes: [1] }), inputs: [values([4, 3], [0, 2, 3, 0, 0, 3, 0, 0, 0, 1, -2, 0.5])] },
    { f: record('prod', { axes: [0, 2] }), inputs: [values([2, 2, 3], [1, 0, 3, -1, 0, 2, 2, 0.5, 1, 0, 1, -1.5])] },
    { f: record('prod', { axes: [0] }), inputs: [values([1], [0])] },
  ],
  max: reductions('max'),
  min: reductions('min'),
  argmax: 'not differentiable',

  dot: [
    { f: record('dot', {}), inputs: [input([2, 3]), input([3, 4], { seed: 2 })] },
    { f: record('dot', {}), inputs: [input([2, 2, 3]), input([2, 3, 1], { seed: 2 })] },
    { f: (x) => record('dot', {})(x, x), inputs: [input([3, 3])] },
  ],
  conv: convolutions.map(({ x, w, attributes }) => ({
    f: record('conv', attributes),
    inputs: [input(x), input(w, { seed: 2 })],
  })),
  convInputGradient: convolutions.map((convolution) => ({
    f: record('convInputGradient', { ...convolution.attributes, inputSize: convolution.x.slice(2) }),
    inputs: [input(outputShape(convolution)), input(convolution.w, { seed: 2 })],
  })),
  convWeightGradient: convolutions.map((convolution) => ({
    f: record('convWeightGradient', { ...convolution.attributes, kernelSize: convolution.w.slice(2) }),
    inputs: [input(convolution.x), input(outputShape(convolution), { seed: 2 })],
  })),

  scan: loops,
  result: loops,
};

// After so many recorded operations a computation starts by itself, and what it computes forgets how: it is to come between cases.
beforeEach(async () => {
  setDevice('reference');
  await tensor([1]).add(1).data();
});

it('has a case for every primitive', () => {
  expect([...Object.keys(cases), 'composite'].sort()).toEqual([...primitiveNames].sort());
});

describe.each(Object.entries(cases))('the gradient of %s', (name, entry) => {
  if (typeof entry === 'string') {
    it(`does not exist: ${entry}`, () => {
      const x = tensor([1, 2]);
      const rule = rules[name as keyof typeof rules] as Rule<keyof typeof rules>;
      expect(rule(x, { inputs: [x, x], output: x, attributes: {} })).toEqual([]);
    });
    return;
  }
  it.each(entry.map((one, i) => [i, one.inputs.map(({ shape }) => `[${shape.join(',')}]`).join(' '), one] as const))(
    'is what finite differences say, case %i: %s',
    (_i, _shapes, one) => {
      const { first, second, third, tangent, transpose, primitives } = gradientErrors(one.f, one.inputs);
      expect(primitives).toContain(name);
      expect(first).toBeLessThan(1e-6);
      expect(tangent).toBeLessThan(1e-6);
      expect(second).toBeLessThan(1e-5);
      expect(third).toBeLessThan(1e-4);
      // Both are exact: jvp is vjp, transposed.
      expect(transpose).toBeLessThan(1e-12);
    },
  );
  it.each(entry.map((one, i) => [i, one.inputs.map(({ shape }) => `[${shape.join(',')}]`).join(' '), one] as const))(
    'is mapped over examples as a loop would, and so is the value, case %i: %s',
    (_i, _shapes, one) => {
      const { values, outside, inside } = mappingErrors(one.f, one.inputs);
      expect(values).toBeLessThan(1e-9);
      expect(outside).toBeLessThan(1e-9);
      expect(inside).toBeLessThan(1e-9);
    },
  );
});
