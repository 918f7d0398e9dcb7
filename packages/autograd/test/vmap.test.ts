/** vmap: of everything that is not differentiable too, in every place, with gradients inside and outside, and what it refuses. */
import {
  ArgumentError,
  assign,
  bernoulli,
  compile,
  composite,
  concat,
  conv2d,
  logSoftmax,
  manualSeed,
  maxPool2d,
  rand,
  scan,
  setDevice,
  ShapeError,
  softmax,
  stack,
  tensor,
  variable,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import {
  linearize,
  makeNode,
  nodeOf,
  primitiveNames,
  primitives,
  tensorOf,
  toProgram,
  type Attributes,
  type Primitive,
} from '@hebb/tensor/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileProgram } from '../../tensor/src/compiler/compile.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import { backward, customGradient, grad, jvp, valueAndGrad, vmap } from '../src/index.ts';
import { isDifferentiable } from '../src/rules.ts';

const range = (shape: readonly number[], scale = 1): Tensor =>
  tensor(
    Float64Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, i) => Math.round(Math.sin(i * 7 + 2) * 64 * scale) / 64,
    ),
    { shape },
  );

async function expectSame(actual: Tensor, expected: Tensor, digits = 5): Promise<void> {
  expect(String(actual)).toBe(String(expected));
  const [left, right] = [await actual.data(), await expected.data()];
  left.forEach((value, i) => expect(value).toBeCloseTo(right[i] as number, digits));
}

/** f of every example, stacked. */
const loop =
  (f: (...x: Tensor[]) => Tensor, inAxes?: readonly (number | null)[]) =>
  (...args: Tensor[]): Tensor => {
    const mapped = args.map((_, i) => (inAxes === undefined ? 0 : inAxes[i]) === 0);
    const count = args[mapped.indexOf(true)]?.shape[0] ?? 0;
    const example = (k: number): Tensor[] =>
      args.map((x, i) => (mapped[i] === true ? x.narrow(0, k, 1).reshape(x.shape.slice(1)) : x));
    return stack(Array.from({ length: count }, (_, k) => f(...example(k))));
  };

describe.each(devices)('vmap on %s', (name) => {
  beforeAll(() => setDevice(name));

  it('is a function of many examples at once', async () => {
    const dot = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();
    const [a, b] = [range([4, 3]), range([4, 3], 2)];
    await expectSame(vmap(dot)(a, b), a.mul(b).sum(1));
    await expectSame(vmap(dot, { inAxes: [0, null] })(a, tensor([1, 2, 3])), a.matmul(tensor([1, 2, 3])));
  });

  it('finds the examples along any axis, and leaves them along any', async () => {
    const x = range([2, 3, 4]);
    await expectSame(vmap((t: Tensor) => t.sum(0), { inAxes: 1 })(x), x.sum(0));
    await expectSame(vmap((t: Tensor) => t.sum(0), { inAxes: -1, outAxes: -1 })(x), x.sum(0));
    await expectSame(vmap((t: Tensor) => t.mul(2), { inAxes: 2, outAxes: 1 })(x), x.mul(2).permute([0, 2, 1]));
    const f = vmap((t: Tensor, u: Tensor) => t.add(u), { inAxes: [1, 0], outAxes: 1 });
    await expectSame(f(range([3, 4]), range([4, 3])), range([3, 4]).add(range([4, 3]).transpose(0, 1)));
  });

  it('finds the examples of every tensor along an axis of its own, and leaves them so', async () => {
    const [w, b, x, y] = [range([3, 2]), range([3], 2), range([2, 4]), range([2, 4], 3)];
    const f = vmap(
      ({ w: slopes, b: [shift, power] }: { w: Tensor; b: [Tensor, number] }, points: Map<string, Tensor>) => {
        const line = slopes.mul(points.get('x') as Tensor).add(shift);
        return { line, rest: [line.pow(power).sum(), points.get('y') as Tensor] };
      },
      {
        inAxes: [
          { w: 1, b: [null, null] },
          new Map([
            ['y', 0],
            ['x', null],
          ]),
        ],
        outAxes: { line: -1, rest: 0 },
      },
    );
    const points = new Map([
      ['x', tensor([1, 2, 3])],
      ['y', y],
    ]);
    const { line, rest } = f({ w, b: [b, 2] }, points);
    const each = w
      .transpose(0, 1)
      .mul(tensor([1, 2, 3]))
      .add(b);
    await expectSame(line, each.transpose(0, 1));
    await expectSame(rest[0] as Tensor, each.square().sum(1));
    await expectSame(rest[1] as Tensor, y);
    // Models that share one tensor, and are otherwise many: per-example gradients of what is many alone.
    const loss = (m: { w: Tensor; b: Tensor }, at: Tensor): Tensor => m.w.mul(at).sum().add(m.b).square();
    const models = { w: x, b: tensor(1) };
    const each2 = vmap(grad(loss), { inAxes: [{ w: 0, b: null }, null] })(models, tensor([1, -1, 2, 0]));
    await expectSame(each2.b, loop((one) => grad(loss)({ w: one, b: tensor(1) }, tensor([1, -1, 2, 0])).b)(x));
  });

  it('gives once what does not depend on the example, where outAxes says so', async () => {
    const w = range([2]);
    const f = vmap((x: Tensor) => [x.mul(w), { same: w.square(), again: tensor(5) }] as const, {
      outAxes: [0, { same: null, again: null }],
    });
    const [each, { same, again }] = f(range([3, 2]));
    await expectSame(each, range([3, 2]).mul(w));
    await expectSame(same, w.square());
    expect(await again.item()).toBe(5);
    const total = (v: Tensor): Tensor => vmap((_x: Tensor) => v.square().sum(), { outAxes: null })(zeros([3]));
    await expectSame(grad(total)(w), w.mul(2));
  });

  it('takes and returns tensors in arrays, objects and Maps, and hands on what is no tensor', async () => {
    const f = vmap(
      ({ x, ws }: { x: Tensor; ws: Tensor[] }, how: { scale: number }) =>
        new Map([['y', [x.mul(ws[0] as Tensor).mul(how.scale), x.argmax()]]]),
      { inAxes: [0, null] },
    );
    const y = f({ x: range([2, 3]), ws: [range([2, 3], 2)] }, { scale: 3 }).get('y') as Tensor[];
    await expectSame(
      y[0] as Tensor,
      range([2, 3])
        .mul(range([2, 3], 2))
        .mul(3),
    );
    await expectSame(y[1] as Tensor, range([2, 3]).argmax(1));
  });

  it('repeats results that do not depend on the example', async () => {
    const w = variable(tensor([1, 2]));
    const f = vmap((x: Tensor) => [x, w, tensor(5), w.square()]);
    const [, same, five, square] = f(zeros([3]));
    expect(await (same as Tensor).toArray()).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(await (five as Tensor).toArray()).toEqual([5, 5, 5]);
    expect(await (square as Tensor).toArray()).toEqual([
      [1, 4],
      [1, 4],
      [1, 4],
    ]);
  });

  it('nests', async () => {
    const [a, b] = [range([3, 2]), range([4, 2], 2)];
    const dot = (x: Tensor, y: Tensor): Tensor => x.mul(y).sum();
    const products = vmap((x: Tensor) => vmap((y: Tensor) => dot(x, y))(b))(a);
    await expectSame(products, a.matmul(b.transpose(0, 1)));
    const cubes = vmap((x: Tensor) => vmap((y: Tensor) => grad((z: Tensor) => z.pow(3))(y))(x))(a);
    await expectSame(cubes, a.square().mul(3));
  });

  it('gives gradients of each example', async () => {
    const loss = ({ w, b }: { w: Tensor; b: Tensor }, x: Tensor, target: Tensor): Tensor =>
      logSoftmax(x.matmul(w).add(b).tanh(), -1).mul(target).sum().neg();
    const parameters = { w: range([3, 2]), b: range([2]) };
    const [xs, targets] = [range([5, 3], 2), softmax(range([5, 2]), -1)];
    const each = vmap(grad(loss), { inAxes: [null, 0, 0] })(parameters, xs, targets);
    const gradient = (pick: 'w' | 'b') => (x: Tensor, t: Tensor) => grad(loss)(parameters, x, t)[pick];
    await expectSame(each.w, loop(gradient('w'))(xs, targets));
    await expectSame(each.b, loop(gradient('b'))(xs, targets));
    // Their sum is the gradient of the sum.
    const total = (p: typeof parameters): Tensor => vmap(loss, { inAxes: [null, 0, 0] })(p, xs, targets).sum();
    await expectSame(grad(total)(parameters).w, each.w.sum(0));
  });

  it('gives gradients of each example through convolutions, pooling and loops', async () => {
    const net = (w: Tensor, x: Tensor): Tensor => {
      const features = maxPool2d(conv2d(x.unsqueeze(0), w, { padding: 1 }).relu(), 2).flatten();
      const [state] = scan((s, v) => [s.mul(v).sin().add(v), undefined], tensor(0.5), features);
      return state;
    };
    const [w, xs] = [range([2, 1, 3, 3]), range([3, 1, 4, 4], 2)];
    const each = vmap(valueAndGrad(net), { inAxes: [null, 0] })(w, xs);
    await expectSame(each.value, loop((x) => net(w, x))(xs));
    await expectSame(each.grad, loop((x) => grad(net)(w, x))(xs), 4);
  });

  it('follows a gradient of one’s own, inside and outside', async () => {
    const binarize = customGradient(
      (x: Tensor) => x.sign(),
      (cotangent) => [cotangent.mul(3)],
    );
    const f = (x: Tensor): Tensor => binarize(x).mul(x.detach()).sum();
    const xs = tensor([
      [1, -2],
      [3, 4],
    ]);
    expect(await vmap(grad(f))(xs).toArray()).toEqual([
      [3, -6],
      [9, 12],
    ]);
    expect(await grad((t: Tensor) => vmap(f)(t).sum())(xs).toArray()).toEqual([
      [3, -6],
      [9, 12],
    ]);
    expect(await grad((t: Tensor) => vmap(vmap(f))(t).sum())(xs.reshape([2, 1, 2])).toArray()).toEqual([
      [[3, -6]],
      [[9, 12]],
    ]);
    expect(await jvp((t: Tensor) => vmap(f)(t), [xs], [xs]).tangent.toArray()).toEqual([3 + 12, 27 + 48]);
  });

  it('sums what a gradient of one’s own gives to shared inputs', async () => {
    const scaled = customGradient(
      (x: Tensor, w: Tensor) => x.mul(w),
      (cotangent, _, x, w) => [cotangent.mul(w), tensor(1).mul(cotangent).mul(x).mul(10)],
    );
    const constant = customGradient(
      (x: Tensor, w: Tensor) => x.add(w.mul(0)),
      (cotangent) => [cotangent, tensor(7)],
    );
    const xs = tensor([1, 2, 4]);
    const total = (f: typeof scaled) => (w: Tensor) => vmap((x: Tensor) => f(x, w))(xs).sum();
    expect(await grad(total(scaled))(tensor(3)).item()).toBe(70);
    expect(await grad(total(constant))(tensor(3)).item()).toBe(21);
  });

  it('reads what is around, also in a gradient of one’s own', async () => {
    const xs = tensor([1, 2, 3]);
    const f = (x: Tensor): Tensor => {
      // The gradient reads the example, which is no input.
      const odd = customGradient(
        (y: Tensor) => y.mul(2),
        (cotangent) => [cotangent.mul(x.detach()).mul(x.detach())],
      );
      return odd(x.add(1));
    };
    expect(await grad((t: Tensor) => vmap(f)(t).sum())(xs).toArray()).toEqual([1, 4, 9]);
    expect(await vmap(grad(f))(xs).toArray()).toEqual([1, 4, 9]);
  });

  it('loops: what depends on the examples is carried for each', async () => {
    const f = (h: Tensor, xs: Tensor, w: Tensor): Tensor => {
      const step = ([state, count]: readonly [Tensor, Tensor], x: Tensor) => {
        const next = state.mul(w).add(x).sin();
        return [[next, count.add(1)], { next, twice: count.mul(2).to('float32') }] as const;
      };
      const [[last, count], ys] = scan(step, [h, tensor(0, { dtype: 'int32' })], xs, { reverse: true });
      return concat([last.reshape([1]), count.to('float32').reshape([1]), ys.next, ys.twice]);
    };
    const [h, xs, w] = [range([3]), range([3, 4], 2), range([3])];
    for (const inAxes of [
      [0, 0, 0],
      [null, 0, null],
      [0, null, null],
      [null, null, 0],
    ]) {
      const args = [h, xs, w].map((x, i) => (inAxes[i] === 0 ? x : x.narrow(0, 1, 1).reshape(x.shape.slice(1))));
      await expectSame(vmap(f, { inAxes })(...(args as [Tensor, Tensor, Tensor])), loop(f, inAxes)(...args));
    }
    // A loop around, and a loop in a loop.
    const [sums] = scan((s, x) => [s.add(vmap((y: Tensor) => y.mul(x))(w)), undefined], zeros([3]), tensor([1, 2]));
    await expectSame(sums, w.mul(3));
    const nested = (x: Tensor): Tensor =>
      scan((s, v) => [scan((t, u) => [t.mul(u).add(x), undefined], s, w)[0].add(v), undefined], x, w)[0];
    await expectSame(vmap(nested)(h), loop(nested)(h));
    await expectSame(vmap(grad(nested))(h), loop(grad(nested))(h));
  });

  it('runs inside of compiled functions, and around them', async () => {
    const square = compile((x: Tensor) => x.square().sum());
    expect(
      await vmap(square)(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ).toArray(),
    ).toEqual([5, 25]);
    const w = variable(tensor([2, 3]), { requiresGrad: true });
    const step = compile((xs: Tensor) =>
      vmap(
        grad((v: Tensor, x: Tensor) => v.mul(x).sum().square()),
        { inAxes: [null, 0] },
      )(w, xs),
    );
    expect(
      await step(
        tensor([
          [1, 0],
          [0, 1],
        ]),
      ).toArray(),
    ).toEqual([
      [4, 0],
      [0, 6],
    ]);
    assign(w, tensor([1, 1]));
    expect(
      await step(
        tensor([
          [1, 0],
          [0, 1],
        ]),
      ).toArray(),
    ).toEqual([
      [2, 0],
      [0, 2],
    ]);
  });

  it('draws random numbers for each example', async () => {
    manualSeed(3);
    const draws = (await vmap((x: Tensor) => rand([2]).add(x))(zeros([50])).data()) as Float32Array;
    expect(new Set(draws).size).toBe(100);
    const nested = await vmap((x: Tensor) => vmap((y: Tensor) => rand([]).add(y))(x))(zeros([5, 4])).data();
    expect(new Set(nested).size).toBe(20);
    const kept = vmap((x: Tensor) => bernoulli([], 0.5).where(x, 0))(tensor(new Float32Array(200).fill(1)));
    const share = await kept.mean().item();
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.7);
    // In a gradient the same as in the value.
    const f = (x: Tensor): Tensor => x.mul(rand([]));
    const { value, grad: slope } = vmap(valueAndGrad(f))(tensor([1, 1, 1, 1]));
    await expectSame(slope, value);
    const compiled = compile((x: Tensor) => vmap((y: Tensor) => rand([]).add(y))(x));
    const first = await compiled(zeros([3])).data();
    expect(new Set([...first, ...(await compiled(zeros([3])).data())]).size).toBe(6);
  });

  it('of no examples gives none', async () => {
    const f = vmap((x: Tensor, w: Tensor) => ({ y: conv2d(x, w), i: x.argmax(0) }), { inAxes: [0, null] });
    const { y, i } = f(zeros([0, 1, 2, 4, 4]), zeros([3, 2, 3, 3]));
    expect([String(y), String(i)]).toEqual(['float32[0,1,3,2,2]', 'int32[0,2,4,4]']);
    expect(await y.data()).toHaveLength(0);
    const each = vmap(grad((x: Tensor) => x.square().sum()))(zeros([0, 3]));
    expect(each.shape).toEqual([0, 3]);
  });
});

describe('vmap refuses', () => {
  beforeAll(() => setDevice('reference'));
  const same = (x: Tensor): Tensor => x;

  it('axes that are not there, and numbers of examples that differ', () => {
    expect(() => vmap(same)(tensor(1))).toThrow(/argument 0, float32\[\], has no axis 0 for the examples/);
    expect(() => vmap(same, { inAxes: 2 })(zeros([1, 2]))).toThrow(ShapeError);
    expect(() => vmap(same, { outAxes: 1 })(zeros([1]))).toThrow(
      /the result, of rank 1 with the examples, has no axis 1/,
    );
    expect(() => vmap((x: Tensor, y: { a: Tensor }) => x.add(y.a))(zeros([2]), { a: zeros([3]) })).toThrow(
      /argument 1\.a has 3 examples, but argument 0 has 2/,
    );
  });

  it('chunks of no examples', () => {
    for (const chunkSize of [0, -1, 1.5, NaN]) expect(() => vmap(same, { chunkSize })).toThrow(/chunkSize/);
  });

  it('axes of another structure than what they are said of', () => {
    const pair = (p: { a: Tensor; b: Tensor }): Tensor => p.a.add(p.b);
    const p = { a: zeros([2]), b: zeros([2]) };
    expect(() => vmap(pair, { inAxes: [{ a: 0 }] })(p)).toThrow(
      /inAxes\[0\], { a }, has another structure than argument 0, { a, b }/,
    );
    expect(() => vmap(pair, { inAxes: [{ a: 0, c: 0 }] })(p)).toThrow(ArgumentError);
    expect(() => vmap(pair, { inAxes: [[0, 0]] })(p)).toThrow(ArgumentError);
    expect(() => vmap(pair, { inAxes: [{ a: 0, b: { c: 0 } }] })(p)).toThrow(
      /inAxes\[0\]\.b, { c }, .* argument 0\.b, the tensor float32\[2\]/,
    );
    expect(() => vmap(pair, { inAxes: { a: 0, b: 0 } as never })).toThrow(/goes into a list/);
    expect(() => vmap(pair, { inAxes: [{ a: 0, b: 'x' as never }] })).toThrow(/inAxes\[0\]\.b must be an axis/);
    expect(() => vmap(pair, { outAxes: [0] })(p)).toThrow(/outAxes, \[0\], has another structure than the result/);
    expect(() => vmap(pair, { outAxes: null })(p)).toThrow(/the result, float32\[\], depends on the example/);
    expect(() => vmap(pair, { inAxes: [{ a: 0, b: 2 }] })(p)).toThrow(/argument 0\.b, float32\[2\], has no axis 2/);
  });

  it('nothing to map over, and what is no tensor', () => {
    expect(() => vmap(same, { inAxes: null })(zeros([2]))).toThrow(/nothing to map over/);
    expect(() => vmap(same, { inAxes: [0, 0] })(zeros([2]))).toThrow(/inAxes has 2 entries/);
    expect(() => vmap((x: Tensor, k: number) => x.mul(k))(zeros([2]), 3)).toThrow(/argument 1 is 3/);
    expect(() => vmap(same, { inAxes: 0.5 })).toThrow(ArgumentError);
    expect(() => vmap((_x: Tensor) => 5)(zeros([2]))).toThrow(/must return tensors/);
    expect(() => vmap(async (x: Tensor) => x)(zeros([2]))).toThrow(/must not be async/);
  });

  it('to read, to assign, or to leave gradients, inside', async () => {
    let leaked: Tensor | undefined;
    vmap((x: Tensor) => {
      leaked = x.add(1);
      return x;
    })(zeros([2]));
    await expect(leaked?.data()).rejects.toThrow(/inside the body of a loop or of vmap/);
    const state = variable(tensor(0));
    expect(() =>
      vmap((x: Tensor) => {
        assign(state, x);
        return x;
      })(zeros([2])),
    ).toThrow(/\[assign\].*vmap/);
    const w = variable(tensor(1), { requiresGrad: true });
    expect(() =>
      vmap((x: Tensor) => {
        const loss = x.mul(w);
        backward(loss);
        return loss;
      })(zeros([2])),
    ).toThrow(/\[backward\].*vmap/);
    expect(await state.item()).toBe(0);
  });
});

type Undifferentiable =
  | 'not'
  | 'bitcast'
  | 'detach'
  | 'floorDivide'
  | 'equal'
  | 'notEqual'
  | 'less'
  | 'lessEqual'
  | 'and'
  | 'or'
  | 'xor'
  | 'shiftLeft'
  | 'shiftRight'
  | 'argmax'
  | 'argSort'
  | 'random';

const record =
  <P extends Primitive>(op: P, attributes: Attributes[P]) =>
  (...inputs: Tensor[]): Tensor =>
    tensorOf(makeNode(op, inputs.map(nodeOf), attributes));
const integers = (shape: readonly number[], step: number): Tensor =>
  tensor(
    Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * step) % 7) - 3),
    { shape },
  );
const bools = (shape: readonly number[], step: number): Tensor => integers(shape, step).greater(0);
type Make = (shape: readonly number[]) => Tensor;
const twice = (make: (shape: readonly number[], step: number) => Tensor): Make[] => [
  (s) => make(s, 3),
  (s) => make(s, 5),
];

/** Those with a gradient are compared in primitives.test.ts. */
const others: { readonly [P in Undifferentiable]: { f: (...x: Tensor[]) => Tensor; inputs: Make[] }[] } = {
  not: [
    { f: record('not', {}), inputs: [(s) => bools(s, 3)] },
    { f: record('not', {}), inputs: [(s) => integers(s, 3)] },
  ],
  bitcast: [{ f: record('bitcast', { dtype: 'int32' }), inputs: [range] }],
  detach: [{ f: record('detach', {}), inputs: [range] }],
  floorDivide: [{ f: record('floorDivide', {}), inputs: twice(integers) }],
  equal: [{ f: record('equal', {}), inputs: twice(integers) }],
  notEqual: [{ f: record('notEqual', {}), inputs: twice(bools) }],
  less: [{ f: record('less', {}), inputs: [range, (s) => range(s, 2)] }],
  lessEqual: [{ f: record('lessEqual', {}), inputs: twice(integers) }],
  and: [{ f: record('and', {}), inputs: twice(bools) }],
  or: [{ f: record('or', {}), inputs: twice(integers) }],
  xor: [{ f: record('xor', {}), inputs: twice(integers) }],
  shiftLeft: [{ f: record('shiftLeft', {}), inputs: twice(integers) }],
  shiftRight: [{ f: record('shiftRight', {}), inputs: twice(integers) }],
  argmax: [
    { f: record('argmax', { axis: 0 }), inputs: [range] },
    { f: record('argmax', { axis: 1 }), inputs: [range] },
  ],
  argSort: [
    { f: record('argSort', { axis: 0, descending: false }), inputs: [range] },
    { f: record('argSort', { axis: 1, descending: true }), inputs: [(s) => integers(s, 3)] },
  ],
  random: [{ f: (x) => rand([2, 3]).less(2).and(x), inputs: [(s) => bools(s, 3)] }],
};

it('there is a case here for every primitive with inputs and without a gradient', () => {
  const without = primitiveNames.filter((op) => primitives[op].arity !== 0 && !isDifferentiable(op));
  expect(Object.keys(others).sort()).toEqual(without.sort());
});

describe.each(Object.entries(others))('vmap of %s, which has no gradient', (_name, cases) => {
  beforeAll(() => setDevice('reference'));

  it.each(cases.map((one, i) => [i, one] as const))('is what a loop gives, case %i', async (_i, { f, inputs }) => {
    for (let mask = 1; mask < 2 ** inputs.length; mask++) {
      const inAxes = inputs.map((_, i) => ((mask >> i) & 1 ? 0 : null));
      const args = inputs.map((make, i) => make(inAxes[i] === 0 ? [3, 2, 3] : [2, 3]));
      await expectSame(vmap(f, { inAxes })(...args), loop(f, inAxes)(...args), 9);
    }
  });
});

it('a composite without a gradient of its own is its body', async () => {
  const f = vmap((x: Tensor) => composite('half', {}, [x], (input) => input.mul(0.5)));
  expect(await f(tensor([1, 2])).toArray()).toEqual([0.5, 1]);
});

it('memory of chunks is that of one chunk', () => {
  const f = (x: Tensor): Tensor => {
    const outer = x.unsqueeze(0).mul(x.unsqueeze(1)).sin();
    return outer.matmul(outer).sum();
  };
  const bytesOf = (chunkSize?: number): number => {
    const mapped = vmap(f, chunkSize === undefined ? {} : { chunkSize })(zeros([128, 64]));
    return compileProgram(toProgram(linearize([nodeOf(mapped)]))).arenaBytes;
  };
  expect(bytesOf()).toBeGreaterThan(128 * 64 * 64 * 4);
  expect(bytesOf(8)).toBeLessThan(3 * 8 * 64 * 64 * 4);
});
