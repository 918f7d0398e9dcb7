/** An operation without a gradient says so by name, wherever a gradient is asked for that would be zero in silence. */
import * as hebb from '@hebb/tensor';
import {
  bitcast,
  composite,
  gather,
  norm,
  scan,
  setDevice,
  stack,
  tensor,
  variable,
  whileLoop,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { backward, checkpoint, grad, hvp, jacobian, jvp, valueAndGrad, vjp, vmap } from '../src/index.ts';

beforeAll(() => setDevice('reference'));

const x = tensor([1, 2]);
/** The place of the maximum, for every element. */
const position = (t: Tensor): Tensor => t.argmax().to('float32').broadcastTo([2]);
const steps = <const C, Y>(step: (carry: C) => readonly [C, Y], carry: C): [C, Y] =>
  scan(step, carry, undefined, { length: 3 });
const cuts: readonly (readonly [name: string, f: (x: Tensor) => Tensor])[] = [
  ['argmax', (t) => t.argmax().to('float32')],
  ['the conversion to int32', (t) => t.to('int32').to('float32').sum()],
  ['equal', (t) => t.sin().equal(1).to('float32').sum()],
  // By the name of what was called, not of what that is made of.
  ['greater', (t) => t.greater(1).to('float32').sum()],
  ['greaterEqual', (t) => t.greaterEqual(1).to('float32').sum()],
  ['not', (t) => t.not().to('float32').sum()],
  ['and', (t) => t.and(t).to('float32').sum()],
  ['or', (t) => t.or(t).to('float32').sum()],
  ['all', (t) => hebb.all(t).to('float32')],
  ['any', (t) => hebb.any(t).to('float32')],
  ['countNonZero', (t) => hebb.countNonZero(t).to('float32')],
  ['argmin', (t) => t.argmin().to('float32')],
  ['signBit', (t) => hebb.signBit(t).to('float32').sum()],
  ['isNaN', (t) => hebb.isNaN(t).to('float32').sum()],
  ['isInf', (t) => hebb.isInf(t).to('float32').sum()],
  ['isFinite', (t) => hebb.isFinite(t).to('float32').sum()],
  ['isClose', (t) => hebb.isClose(t, t).to('float32').sum()],
  ['oneHot', (t) => hebb.oneHot(t, 4).sum()],
  ['matrixRank', (t) => hebb.matrixRank(t.reshape([1, 2])).to('float32')],
  ['the indices of sort', (t) => hebb.sort(t).indices.to('float32').sum()],
  ['the indices of topK', (t) => hebb.topK(t, 1).indices.to('float32').sum()],
  ['the indices of median', (t) => hebb.median(t, 0).indices.to('float32')],
  ['the indices of mode', (t) => hebb.mode(t, 0).indices.to('float32')],
  ['the indices of maxWithIndices', (t) => hebb.maxWithIndices(t, 0).indices.to('float32')],
  ['the indices of minWithIndices', (t) => hebb.minWithIndices(t, 0).indices.to('float32')],
  // For all examples, too.
  ['signBit', (t) => vmap((one: Tensor) => hebb.signBit(one).to('float32'))(t).sum()],
  ['bitcast', (t) => bitcast(bitcast(t, 'int32').add(1), 'float32').sum()],
  // The first one on the way, not the last.
  ['argmax', (t) => t.mul(2).argmax().to('float32').add(1).to('int32').to('float32')],
  // Inside of a composite that leaves the gradient to its body.
  ['argmax', (t) => composite('position', {}, [t], (input) => input.argmax().to('float32'))],
  // Inside of loops: of the carry, of what is read step by step, of what all steps read, of what is stacked.
  ['argmax', (t) => steps((s) => [position(s), undefined], t)[0].sum()],
  ['argmax', (t) => scan((s, x) => [s.add(stack([x, s]).argmax().to('float32')), s], tensor(0), t)[0]],
  [
    'the conversion to int32',
    (t) => steps((s) => [s.add(t.mul(s.detach()).to('int32').to('float32')), s], zeros([2]))[0].sum(),
  ],
  ['argmax', (t) => steps((s) => [s, position(s)], t)[1].sum()],
  // From one carry to another, over several steps.
  [
    'argmax',
    (t) => steps(([a, b]) => [[a.mul(2), position(a), b], undefined], [t, t.detach(), t.detach()])[0][2].sum(),
  ],
  // In a loop in a loop, and in what is computed again.
  ['argmax', (t) => steps((s) => [steps((r) => [position(r), undefined], s)[0], undefined], t)[0].sum()],
  ['argmax', (t) => checkpoint((s: Tensor) => position(s).sum())(t)],
];

describe.each(cuts)('%s', (name, f) => {
  const message = new RegExp(
    String.raw`\] the result depends on argument 0, float32\[2\], only through ${name}, which has no gradient\.\n {2}hint: `,
  );

  it('is named by grad, vjp, jvp and hvp', () => {
    expect(() => grad(f)(x)).toThrow(message);
    expect(() => vjp(f, x).pullback(tensor(1))).toThrow(message);
    expect(() => jvp(f, [x], [x])).toThrow(message);
    expect(() => hvp(f, [x], [x])).toThrow(message);
  });

  it('is named where parameters are trained', () => {
    const w = variable(tensor([1, 2]), { requiresGrad: true });
    expect(() => valueAndGrad(() => f(w), { w })).toThrow(`parameter w, float32[2], only through ${name}`);
    expect(() => backward(f(w))).toThrow(`a parameter, float32[2], only through ${name}`);
  });

  it('is fine beside a way with a gradient, where it is detached, and for who is not asked', async () => {
    const mixed = (t: Tensor): Tensor => t.sum().add(f(t));
    expect(await grad(mixed)(x).toArray()).toEqual([1, 1]);
    const [, other] = vjp((t: Tensor, u: Tensor) => f(t.detach()).add(u), x, tensor(5)).pullback(tensor(1));
    expect(await other.item()).toBe(1);
    expect(await grad((u: Tensor) => f(x).mul(u))(tensor(5)).item()).toBe(await f(x).item());
  });
});

describe('in the body of a loop', () => {
  const xs = tensor([
    [1, 2],
    [3, 4],
  ]);
  const place = (t: Tensor): Tensor => t.argmax().to('float32');
  /** The name of the operation, and a function of two arguments, of which the first is cut off. */
  const loops: readonly (readonly [name: string, f: (t: Tensor, u: Tensor) => Tensor])[] = [
    [
      'argmax',
      (t, u) => scan((s) => [s.add(place(t)).mul(u.sum()), undefined], tensor(0), undefined, { length: 3 })[0],
    ],
    ['argmax', (t, u) => scan((s, v) => [s.add(place(v)).mul(u.sum()), undefined], tensor(0), xs.add(t))[0]],
    ['argmax', (t, u) => scan((s, v) => [s, place(v).mul(u.sum())], tensor(0), xs.mul(t))[1].sum()],
    [
      'the conversion to int32',
      (t, u) => scan((s) => [s.to('int32').to('float32').mul(u), undefined], t, undefined, { length: 2 })[0].sum(),
    ],
    // Through another carry, a step later.
    [
      'argmax',
      (t, u) =>
        scan(
          ([p, q]: readonly [Tensor, Tensor]) => [[p.mul(2), q.add(place(p)).mul(u.sum())], undefined],
          [t, tensor(0)],
          undefined,
          { length: 3 },
        )[0][1],
    ],
    // In a loop in a loop.
    [
      'argmax',
      (t, u) =>
        scan(
          (s, v) => [scan((r) => [r.add(place(v)), undefined], s.mul(u.sum()), undefined, { length: 2 })[0], undefined],
          tensor(0),
          xs.mul(t),
        )[0],
    ],
    ['argmax', (t, u) => checkpoint((v: Tensor) => place(v))(t).mul(u.sum())],
  ];

  it.each(loops.map((one, i) => [one[0], i, one[1]] as const))('%s is named, case %i', async (name, _i, f) => {
    const message = new RegExp(String.raw`depends on argument 0, float32\[2\], only through ${name}, which has no`);
    expect(() => grad(f)(x, x)).toThrow(message);
    expect(() => vjp(f, x, x).pullback(tensor(1))).toThrow(message);
    expect(() => jvp(f, [x, x], [x, x])).toThrow(message);
    expect(() => jacobian(f)(x, x)).toThrow(message);
    const w = variable(tensor([1, 2]), { requiresGrad: true });
    expect(() => backward(f(w, tensor([3, 4])))).toThrow(/only through/);
    // The other argument has its gradient, and so has this one where something else leads there.
    expect((await grad(f, { argnums: 1 })(x, x).data()).every(Number.isFinite)).toBe(true);
    expect(await grad((t: Tensor) => f(t, x).add(t.sum()))(x).toArray()).toEqual([1, 1]);
    expect((await grad((t: Tensor) => f(t.detach(), x).add(t.sum()))(x).data()).length).toBe(2);
  });

  it('a result that is not cut off has its gradient, be it zero', async () => {
    const both = (t: Tensor) => scan((s, v) => [s.add(v), place(v)], t, xs);
    expect(await grad((t: Tensor) => both(t)[0].sum())(x).toArray()).toEqual([1, 1]);
    expect(
      await grad((t: Tensor) => scan((s) => [s.round(), undefined], t, undefined, { length: 2 })[0].sum())(x).toArray(),
    ).toEqual([0, 0]);
    // The carry before a step is the first one, too.
    const w = tensor([5]);
    const before = scan((s) => [place(s).reshape([1]), s], w, undefined, { length: 1 })[1];
    expect(before.shape).toEqual([1, 1]);
    expect(
      await grad((t: Tensor) => scan((s) => [place(s).reshape([1]), s], t, undefined, { length: 1 })[1].sum())(
        w,
      ).toArray(),
    ).toEqual([1]);
  });

  it('a selection in it is none', async () => {
    const steps = (t: Tensor): Tensor =>
      whileLoop(
        (s) => s.sum().less(t.sum()),
        (s) => s.add(1),
        tensor([0, 0]),
        { maxSteps: 4 },
      )[0].sum();
    expect(await vjp(steps, x).pullback(tensor(1))[0].toArray()).toEqual([0, 0]);
    expect(() => grad(steps)(x)).toThrow(/only through less/);
  });
});

describe('a selection', () => {
  const choose = (t: Tensor): Tensor => t.greater(1).where(2, 3).sum();
  const take = (t: Tensor): Tensor => gather(tensor([5, 6]), 0, t.argmax().reshape([1])).sum();

  it('is named where nothing else has a gradient', () => {
    expect(() => grad(choose)(x)).toThrow(/only through greater, which has no gradient/);
    expect(() => grad(take)(x)).toThrow(/only through argmax, which has no gradient/);
    const w = variable(tensor([1, 2]), { requiresGrad: true });
    expect(() => valueAndGrad(() => choose(w), { w })).toThrow(/only through greater/);
    expect(() => backward(choose(w))).toThrow(/only through greater/);
  });

  it('has the derivative zero, as the second of whatever is piecewise linear', async () => {
    for (const f of [choose, take]) {
      expect(await vjp(f, x).pullback(tensor(1))[0].toArray()).toEqual([0, 0]);
      expect(await jvp(f, [x], [x]).tangent.item()).toBe(0);
    }
    const pieces = (t: Tensor): Tensor => t.greater(1).where(t.mul(2), t).add(t.max()).sum();
    expect(await hvp(pieces, [x], [x])[0].toArray()).toEqual([0, 0]);
    expect(await vjp(grad(pieces), x).pullback(x)[0].toArray()).toEqual([0, 0]);
  });
});

it('is named of a carry that the result does not depend on, and of one that does it is not asked', async () => {
  const two = (a: Tensor, b: Tensor): Tensor => steps(([s, r]) => [[s.mul(2), r.mul(s)], s], [a, b])[0][0].sum();
  expect(() => grad(two, { argnums: 1 })(x, x)).toThrow(/does not depend on argument 1/);
  expect(await grad(two)(x, x).toArray()).toEqual([8, 8]);
  // The last step alone gives the result: the carry before the first has no way to it.
  const last = (a: Tensor, b: Tensor): Tensor =>
    steps((): readonly [Tensor, undefined] => [b.mul(3), undefined], a)[0].sum();
  expect(() => grad(last)(x, x)).toThrow(/does not depend on argument 0/);
  expect(await grad(last, { argnums: 1 })(x, x).toArray()).toEqual([3, 3]);
});

it('a count of what is not zero selects: its derivative is zero', async () => {
  expect(
    await vjp((t: Tensor) => norm(t, undefined, { p: 0 }), x)
      .pullback(tensor(1))[0]
      .toArray(),
  ).toEqual([0, 0]);
  expect(() => grad((t: Tensor) => norm(t, undefined, { p: 0 }))(x)).toThrow(/only through notEqual/);
});

it('a function that does not depend on an argument at all has the derivative zero in vjp and jvp', async () => {
  const { value, tangent } = jvp((t: Tensor, _u: Tensor) => t.square(), [x, x], [tensor([0, 0]), x]);
  expect(await value.toArray()).toEqual([1, 4]);
  expect(await tangent.toArray()).toEqual([0, 0]);
  const [, zero] = vjp((t: Tensor, _u: Tensor) => t.square(), x, x).pullback(x);
  expect(await zero.toArray()).toEqual([0, 0]);
});

describe('what is chosen by comparisons or drawn', () => {
  const choices: readonly (readonly [name: string, f: (x: Tensor) => Tensor])[] = [
    [
      'searchSorted',
      (t) =>
        hebb
          .searchSorted(tensor([0, 1]), t)
          .to('float32')
          .sum(),
    ],
    [
      'searchSorted',
      (t) =>
        hebb
          .searchSorted(t, tensor([0, 1]))
          .to('float32')
          .sum(),
    ],
    ['bucketize', (t) => hebb.bucketize(t, [0, 1]).to('float32').sum()],
    ['multinomial', (t) => hebb.multinomial(t, 1).to('float32').sum()],
    ['multinomial', (t) => hebb.multinomial(t, 3, { replacement: true }).to('float32').sum()],
    ['the counts of histogram', (t) => hebb.histogram(t, [0, 1, 2]).counts.sum()],
    ['the indices of cummax', (t) => hebb.cummax(t, 0).indices.to('float32').sum()],
    ['the indices of cummin', (t) => hebb.cummin(t, 0).indices.to('float32').sum()],
  ];
  it.each(choices)('names %s', (name, f) => {
    expect(() => grad(f)(x)).toThrow(`only through ${name}, which has no gradient.`);
  });

  it('says nothing of floorDivide, whose gradient is 0 as it says', async () => {
    for (const divisor of [2, 0, tensor([3, -3])])
      expect(await grad((t: Tensor) => hebb.floorDivide(t, divisor).sum())(x).toArray()).toEqual([0, 0]);
    expect(await grad((t: Tensor) => hebb.floorDivide(5, t).sum())(x).toArray()).toEqual([0, 0]);
    expect(await grad((t: Tensor) => hebb.floorDivide(t.to('float16'), 2).sum())(x).toArray()).toEqual([0, 0]);
  });
});
