/**
 * Random numbers in loops: each step draws its own, those of the steps written out, and whatever computes a step again sees the same.
 *
 * @module-tag long: draws inside of loops on every device.
 */
import {
  bernoulli,
  compile,
  defaultGenerator,
  Generator,
  manualSeed,
  permutation,
  rand,
  randint,
  randn,
  scaledDotProductAttention,
  scan,
  setDevice,
  stack,
  tensor,
  whileLoop,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { checkpoint, customGradient, grad, hessian, vmap } from '../src/index.ts';

type Step = (state: Tensor, x: Tensor) => Tensor;

/** The states after each step, in the order of `xs`. */
function looped(step: Step, first: Tensor, xs: Tensor, reverse = false): Tensor {
  const recorded = (s: Tensor, x: Tensor): readonly [Tensor, Tensor] => {
    const next = step(s, x);
    return [next, next];
  };
  return scan(recorded, first, xs, { reverse })[1];
}

function written(step: Step, first: Tensor, xs: Tensor, reverse = false): Tensor {
  const length = xs.shape[0] ?? 0;
  const states: Tensor[] = [];
  let state = first;
  for (let i = 0; i < length; i++) {
    const position = reverse ? length - 1 - i : i;
    state = step(state, xs.narrow(0, position, 1).squeeze(0));
    states[position] = state;
  }
  return stack(states);
}

/** What `f` gives after the same seed, and how many draws it has made. */
async function seeded(f: () => Tensor): Promise<{ values: number[]; draws: number }> {
  manualSeed(5);
  const result = f();
  const { draws } = defaultGenerator;
  return { values: [...(await result.data())], draws };
}

const inner: Step = (s, x) => looped((t) => t.mul(0.5).add(rand([2]).mul(x)), s, zeros([3])).sum(0);
const steps: readonly [string, Step][] = [
  ['one draw', (s, x) => s.add(rand([2])).add(x)],
  ['draws of several shapes, and of two numbers each', (s, x) => s.add(randn([2]).mul(x)).add(rand([2, 2]).sum(0))],
  [
    'draws that choose',
    (s, x) =>
      bernoulli([2], 0.5)
        .to('float32')
        .mul(x)
        .add(s)
        .add(randint([2], 0, 9).to('float32')),
  ],
  ['orders', (s, x) => s.mul(2).add(x).add(permutation(2).to('float32'))],
  ['a loop inside that draws', inner],
  ['a draw before and after a loop inside', (s, x) => inner(s.add(rand([2])), x).add(rand([2]))],
  ['examples inside that draw', (s, x) => vmap((y: Tensor) => rand([]).mul(y))(s).add(x)],
  ['a recomputed part that draws', (s, x) => checkpoint((y: Tensor) => y.add(rand([2])))(s).mul(x.add(1))],
  [
    'attention with dropout',
    (s, x) => {
      const rows = s.reshape([1, 2, 1]).mul(x.add(1));
      return scaledDotProductAttention(rows, rows, rows, { dropout: 0.5 }).reshape([2]).add(s.mul(0.5));
    },
  ],
  [
    'a loop that ends',
    (s, x) =>
      whileLoop(
        (y) => y.sum().less(6),
        (y) => y.add(rand([2])),
        s,
        { maxSteps: 4 },
      )[0]
        .mul(0.5)
        .add(x),
  ],
];

let [xs, first] = [] as unknown as [Tensor, Tensor];
function on(name: string): void {
  setDevice(name as 'wasm');
  xs = tensor([1, 2, 3, 4, 5]);
  first = tensor([0.25, 0.5]);
}

describe.each(devices)('a loop on %s draws what its steps draw one after the other', (name) => {
  beforeAll(() => on(name));

  it.each(steps)('%s', async (_, step) => {
    for (const reverse of [false, true]) {
      const a = await seeded(() => looped(step, first, xs, reverse));
      const b = await seeded(() => written(step, first, xs, reverse));
      expect(a.draws).toBe(b.draws);
      expect(a.draws).toBeGreaterThanOrEqual(5);
      b.values.forEach((value, i) => expect(a.values[i]).toBeCloseTo(value, 4));
    }
  });

  it.each(steps)('also in its gradient: %s', async (_, step) => {
    const gradientOf = (states: typeof looped) => (): Tensor =>
      grad((x: Tensor) => states((s, y) => step(s.mul(s), y).tanh(), first, x).sum())(xs);
    const a = await seeded(gradientOf(looped));
    const b = await seeded(gradientOf(written));
    expect(a.draws).toBe(b.draws);
    b.values.forEach((value, i) => expect(a.values[i]).toBeCloseTo(value, 4));
  });

  it('bit for bit, and anew with every call of a compiled function', async () => {
    const draws = (states: typeof looped): Tensor => states(() => rand([3]), zeros([3]), xs);
    const once = await seeded(() => draws(looped));
    expect(once.values).toEqual((await seeded(() => draws(written))).values);
    expect(new Set(once.values).size).toBe(15);
    const run = compile(() => draws(looped));
    manualSeed(5);
    const [a, b] = [await run().data(), await run().data()];
    expect([...a]).toEqual(once.values);
    expect(new Set([...a, ...b]).size).toBe(30);
  });
});

describe('what draws in loops', () => {
  beforeAll(() => on('wasm'));

  it('takes numbers of the generator that it names, and leaves it where the written steps do', async () => {
    const run = (states: typeof looped): Tensor => {
      const [g, h] = [new Generator(1), new Generator(2)];
      const all = states((s) => s.add(rand([2], { generator: g })).mul(rand([2], { generator: h })), first, xs);
      return all
        .sum(0)
        .add(rand([2], { generator: g }))
        .sub(rand([2], { generator: h }));
    };
    const [a, b] = [await run(looped).data(), await run(written).data()];
    b.forEach((value, i) => expect(a[i]).toBeCloseTo(value, 5));
  });

  it('draws for each example of its own: a mapped loop, of which nothing else depends on the example', async () => {
    const walk = (x: Tensor): Tensor => looped(() => rand([2]), zeros([2]), zeros([3])).add(x.mul(0));
    const values = [...(await vmap(walk)(zeros([4])).data())];
    expect(new Set(values).size).toBe(24);
    const shared = (x: Tensor): Tensor => looped((s) => s.add(x), zeros([]), zeros([3]));
    const noise = rand([3]);
    const twice = vmap((x: Tensor) => looped((s, n) => s.add(n), x, noise).add(shared(x)))(zeros([2]));
    const [p, q] = (await twice.toArray()) as number[][];
    expect(p).toEqual(q);
  });

  it('draws for each of two nested examples, and anew at every step', async () => {
    const f = (x: Tensor): Tensor => looped(() => rand([]), zeros([]), zeros([3])).add(x.mul(0));
    const values = [...(await vmap(vmap(f))(zeros([2, 4])).data())];
    expect(new Set(values).size).toBe(24);
  });

  it('has second derivatives that see the draws of each step', async () => {
    const f = (states: typeof looped) => (): Tensor =>
      hessian((x: Tensor) =>
        states(
          (s) =>
            s
              .mul(s)
              .mul(rand([2]))
              .add(1)
              .sin(),
          x,
          zeros([3]),
        ).sum(),
      )(first);
    const [a, b] = [await seeded(f(looped)), await seeded(f(written))];
    b.values.forEach((value, i) => expect(a.values[i]).toBeCloseTo(value, 3));
  });

  it('draws anew at every step of a backward loop, where a gradient of its own draws', async () => {
    const noisy = customGradient(
      (x: Tensor) => x.mul(1),
      (cotangent) => [cotangent.add(rand([2]))],
    );
    const f = (h: Tensor): Tensor => looped((s, x) => noisy(s.add(x)), h, zeros([1])).sum();
    const g = (x: Tensor): Tensor =>
      looped((s, y) => noisy(s.add(y)), zeros([2]), x)
        .sum(1)
        .sum();
    expect(new Set(await grad(f)(first).data()).size).toBe(2);
    // The cotangent of step t is what the steps after it added to 1, …: differences of neighbours are single draws.
    const [a = 0, b = 0, c = 0] = await grad(g)(zeros([3])).data();
    expect(Math.abs(c - (b - c))).toBeGreaterThan(1e-6);
    expect(Math.abs(b - c - (a - b))).toBeGreaterThan(1e-6);
  });

  it('keeps memory that does not grow with the draws: a long walk of many walkers', async () => {
    const walkers = 4096;
    const [end] = scan((s) => [s.add(randn([walkers])), undefined], zeros([walkers]), undefined, { length: 1000 });
    const data = [...(await end.data())];
    const mean = data.reduce((sum, value) => sum + value, 0) / walkers;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / walkers;
    // A sum of 1,000 standard normals has variance 1,000: within four standard errors, 1000 √(2 / 4096).
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(1000 / walkers));
    expect(Math.abs(variance - 1000)).toBeLessThan(4 * 1000 * Math.sqrt(2 / walkers));
  });
});
