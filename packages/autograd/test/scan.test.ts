/** Loops: their gradients are those of PyTorch's cells and of the same steps written out, and cost what the steps cost. */
import { readFileSync } from 'node:fs';
import {
  assign,
  compile,
  cond,
  concat,
  device,
  scan,
  setDevice,
  stack,
  tensor,
  variable,
  whileLoop,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { linearize, nodeOf, toProgram } from '@hebb/tensor/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileProgram } from '../../tensor/src/compiler/compile.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import { backward, checkpoint, customGradient, grad, valueAndGrad, vjp, vmap } from '../src/index.ts';

interface Stored {
  readonly shape: number[];
  readonly data: number[];
}

interface Golden {
  readonly kind: 'lstm' | 'gru';
  readonly reverse: boolean;
  readonly inputs: Readonly<Record<string, Stored>>;
  readonly outputs: Stored[];
  readonly cotangents: Stored[];
  readonly gradients: Readonly<Record<string, Stored>>;
}

const goldens = JSON.parse(readFileSync(new URL('golden/scan.json', import.meta.url), 'utf8')) as Golden[];
const stored = ({ shape, data }: Stored): Tensor => tensor(data, { shape });

async function expectClose(actual: Tensor, expected: Stored, what: string, tolerance = 2e-5): Promise<void> {
  expect(actual.shape, what).toEqual(expected.shape);
  const data = await actual.data();
  expected.data.forEach((value, i) =>
    expect(Math.abs((data[i] ?? NaN) - value), `${what}[${i}]`).toBeLessThan(tolerance * Math.max(1, Math.abs(value))),
  );
}

type Weights = Readonly<Record<'inputWeight' | 'hiddenWeight' | 'inputBias' | 'hiddenBias', Tensor>>;

const gatesOf = (x: Tensor, weight: Tensor, bias: Tensor, count: number): Tensor[] => {
  const all = x.matmul(weight.transpose(0, 1)).add(bias);
  const size = (all.shape[1] ?? 0) / count;
  return Array.from({ length: count }, (_, i) => all.narrow(1, i * size, size));
};

function lstm(
  [h, c]: readonly [Tensor, Tensor],
  x: Tensor,
  { inputWeight, hiddenWeight, inputBias, hiddenBias }: Weights,
): readonly [readonly [Tensor, Tensor], Tensor] {
  const [i, f, g, o] = gatesOf(x, inputWeight, inputBias, 4).map((part, gate) =>
    part.add(gatesOf(h, hiddenWeight, hiddenBias, 4)[gate] as Tensor),
  ) as [Tensor, Tensor, Tensor, Tensor];
  const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
  const next = o.sigmoid().mul(cell.tanh());
  return [[next, cell], next];
}

function gru(
  h: Tensor,
  x: Tensor,
  { inputWeight, hiddenWeight, inputBias, hiddenBias }: Weights,
): readonly [Tensor, Tensor] {
  const [r, z, n] = gatesOf(x, inputWeight, inputBias, 3) as [Tensor, Tensor, Tensor];
  const [hr, hz, hn] = gatesOf(h, hiddenWeight, hiddenBias, 3) as [Tensor, Tensor, Tensor];
  const update = z.add(hz).sigmoid();
  const candidate = n.add(r.add(hr).sigmoid().mul(hn)).tanh();
  const next = candidate.add(update.mul(h.sub(candidate)));
  return [next, next];
}

function outputsOf({ kind, reverse }: Golden, { xs, h, c, ...weights }: Record<string, Tensor>): Tensor[] {
  if (kind === 'gru') {
    const [last, hs] = scan((state, x) => gru(state, x, weights as Weights), h as Tensor, xs as Tensor, { reverse });
    return [hs, last];
  }
  const first = [h as Tensor, c as Tensor] as const;
  const [[hidden, cell], hs] = scan((state, x) => lstm(state, x, weights as Weights), first, xs as Tensor, { reverse });
  return [hs, hidden, cell];
}

describe.each(devices)('loops on %s', (name) => {
  beforeAll(() => setDevice(name));

  it.each(goldens.map((golden) => [`${golden.kind}${golden.reverse ? ', backwards' : ''}`, golden] as const))(
    'compute and differentiate as PyTorch does: %s',
    async (_, golden) => {
      const values = Object.fromEntries(Object.entries(golden.inputs).map(([key, value]) => [key, stored(value)]));
      const outputs = outputsOf(golden, values);
      for (const [i, output] of outputs.entries())
        await expectClose(output, golden.outputs[i] as Stored, `output ${i}`);
      const loss = (inputs: Record<string, Tensor>): Tensor =>
        outputsOf(golden, inputs)
          .map((output, i) => output.mul(stored(golden.cotangents[i] as Stored)).sum())
          .reduce((a, b) => a.add(b));
      const gradients = grad(loss)(values);
      for (const [key, gradient] of Object.entries(golden.gradients))
        await expectClose(gradients[key] as Tensor, gradient, `gradient of ${key}`);
    },
  );

  it('trains compiled and recorded to the same weights, one plan for all steps', async () => {
    const train = async (compiled: boolean): Promise<number[]> => {
      const w = variable(
        tensor([
          [0.3, -0.2],
          [0.1, 0.4],
        ]),
        { requiresGrad: true },
      );
      const b = variable(zeros([2]), { requiresGrad: true });
      const xs = tensor(
        Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
        { shape: [4, 3, 2] },
      );
      const step = (input: Tensor): Tensor => {
        const run = (): Tensor => {
          const [last, all] = scan(
            (h, x) => {
              const next = h.matmul(w).add(x).add(b).tanh();
              return [next, next.square().mean()];
            },
            zeros([3, 2]),
            input,
          );
          return last.sum().square().add(all.sum());
        };
        const { value, grads } = valueAndGrad(run, { w, b });
        assign(w, w.sub(grads.w.mul(0.1)));
        assign(b, b.sub(grads.b.mul(0.1)));
        return value;
      };
      const run = compiled ? compile(step) : step;
      const losses: Tensor[] = [];
      for (let i = 0; i < 6; i++) losses.push(run(xs));
      await losses[5]?.item();
      const { misses } = device.stats().planCache;
      for (let i = 0; i < 6; i++) losses.push(run(xs));
      await losses[11]?.item();
      expect(device.stats().planCache.misses).toBe(misses);
      const values: number[] = [];
      for (const loss of losses) values.push(await loss.item());
      expect(values[11]).toBeLessThan(values[0] as number);
      return [...values, ...(await w.data()), ...(await b.data())];
    };
    const recorded = await train(false);
    (await train(true)).forEach((value, i) => expect(value).toBeCloseTo(recorded[i] as number, 5));
  });

  it('are the steps written out: value, first and second derivative', async () => {
    const xs = tensor(
      Float32Array.from({ length: 20 }, (_, i) => Math.cos(i)),
      { shape: [5, 4] },
    );
    const w = tensor([0.5, -0.3, 0.8, 0.1]);
    const step = (h: Tensor, x: Tensor): [Tensor, Tensor] => [h.mul(w).add(x).sin(), h.mul(x)];
    const looped = (h: Tensor): Tensor => {
      const [last, ys] = scan(step, h, xs);
      return last.sum().add(ys.square().sum());
    };
    const written = (h: Tensor): Tensor => {
      const ys: Tensor[] = [];
      let last = h;
      for (let i = 0; i < 5; i++) {
        const [next, y] = step(last, xs.narrow(0, i, 1).reshape([4]));
        last = next;
        ys.push(y);
      }
      return last.sum().add(stack(ys).square().sum());
    };
    const h = tensor([0.1, 0.2, 0.3, 0.4]);
    const all = (f: (h: Tensor) => Tensor): Tensor => {
      const second = grad((x: Tensor) => grad(f)(x).square().sum())(h);
      return concat([f(h).reshape([1]), grad(f)(h), second]);
    };
    const [a, b] = [await all(looped).data(), await all(written).data()];
    b.forEach((value, i) => expect(a[i]).toBeCloseTo(value, 4));
  });

  it.each([false, true])(
    'are the steps written out for weights that products of all steps read (reverse: %s), for each example, too',
    async (reverse) => {
      // prettier-ignore
      const wave = (shape: number[], by: number): Tensor =>
      tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(by * (i + 1))), { shape }); // prettier-ignore
      const [xs, w] = [wave([3, 4, 6], 0.7), wave([6, 6], 0.3)];
      const step = (weight: Tensor, h: Tensor, x: Tensor): Tensor => h.matmul(weight).add(x.matmul(weight.transpose(0, 1))).tanh(); // prettier-ignore
      const looped = (weight: Tensor, h: Tensor): Tensor =>
        scan((s, x) => [step(weight, s, x), s], h, xs, { reverse })[0]
          .square()
          .sum();
      const written = (weight: Tensor, h: Tensor): Tensor => {
        let last = h;
        for (let i = 0; i < 3; i++) last = step(weight, last, xs.narrow(0, reverse ? 2 - i : i, 1).reshape([4, 6]));
        return last.square().sum();
      };
      const all = (f: (weight: Tensor, h: Tensor) => Tensor): Tensor => {
        const second = grad((weight: Tensor) =>
          grad(f)(weight, wave([4, 6], 1))
            .square()
            .sum(),
        )(w);
        const each = vmap(grad(f), { inAxes: [null, 0] })(w, wave([2, 4, 6], 2));
        return concat([grad(f)(w, wave([4, 6], 1)).reshape([36]), second.reshape([36]), each.reshape([72])]);
      };
      const [a, b] = [await all(looped).data(), await all(written).data()];
      b.forEach((value, i) =>
        expect(Math.abs((a[i] ?? NaN) - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value))),
      );
    },
  );
});

describe('a loop', () => {
  beforeAll(() => setDevice('reference'));

  const lossOf = (steps: number): Tensor => {
    const w = tensor([
      [0.5, 0.1],
      [0.2, 0.3],
    ]);
    const run = (h: Tensor): Tensor =>
      scan((state, x) => [state.matmul(w).add(x).tanh(), state], h, zeros([steps, 3, 2]))[1].sum();
    return grad(run)(zeros([3, 2]));
  };

  it('is as large as its body, and so is its gradient, however many steps there are', () => {
    const [ten, thousand] = [10, 1000].map((steps) => linearize([nodeOf(lossOf(steps))]));
    expect(thousand?.nodes.length).toBe(ten?.nodes.length);
    expect(thousand?.key.length).toBe(ten?.key.length);
    expect(thousand?.key).not.toEqual(ten?.key);
  });

  it('gives gradients to what it was given and to what that is computed from', async () => {
    const w = variable(tensor([2, 3]), { requiresGrad: true });
    const doubled = w.mul(2);
    const f = (): Tensor =>
      scan(
        (sum, x) => [sum.add(x.mul(doubled)).add(w), undefined],
        zeros([2]),
        tensor([
          [1, 1],
          [2, 2],
        ]),
      )[0].sum();
    // d/dw Σ (3 · 2w + 2w).
    backward(f());
    expect(await w.grad?.toArray()).toEqual([8, 8]);
    const { grads } = valueAndGrad(f, { w, doubled });
    expect(await grads.w.toArray()).toEqual([8, 8]);
    expect(await grads.doubled.toArray()).toEqual([3, 3]);
  });

  it('keeps gradients that a step takes from elsewhere than its body', async () => {
    // The value does not depend on w at all; its gradient says it does.
    const pretend = customGradient(
      (x: Tensor, _w: Tensor) => x.mul(1),
      (cotangent, _y, x, w) => [cotangent.mul(w), cotangent.mul(x)],
    );
    const f = (w: Tensor): Tensor =>
      scan((x) => [pretend(x, w), undefined], tensor([3]), undefined, { length: 2 })[0].sum();
    // Cotangents of x: 1, w; of w: 3 + 3 w.
    expect(await grad(f)(tensor([5])).toArray()).toEqual([18]);
  });

  it('has second derivatives over products that lie behind a gradient of their own', async () => {
    const product = customGradient(
      (x: Tensor, w: Tensor) => x.matmul(w).sin(),
      (cotangent, _y, x, w) => {
        const slope = cotangent.mul(x.matmul(w).cos());
        return [slope.matmul(w.transpose(0, 1)), x.transpose(0, 1).matmul(slope)];
      },
    );
    const plain = (x: Tensor, w: Tensor): Tensor => x.matmul(w).sin();
    const w = tensor([
      [0.3, -0.5],
      [0.7, 0.2],
    ]);
    const second = (f: typeof plain): Tensor => {
      const loss = (x: Tensor): Tensor =>
        scan((s) => [f(f(s, w).add(1), w), undefined], x, undefined, { length: 3 })[0].sum();
      return grad((x: Tensor) => grad(loss)(x).square().sum())(tensor([[0.4, 0.9]]));
    };
    const [a, b] = [await second(product).data(), await second(plain).data()];
    b.forEach((value, i) => expect(a[i]).toBeCloseTo(value, 5));
  });

  it('has a pullback for each of its results', async () => {
    const { value, pullback } = vjp((x: Tensor) => scan((s, y) => [s.mul(y), s], tensor(2), x)[0], tensor([3, 5]));
    expect(await value.item()).toBe(30);
    const [gradient] = pullback(tensor(1));
    expect(await gradient.toArray()).toEqual([10, 6]);
  });

  it('that ends by a condition has the gradient of the steps that it took: the root of Newton, and of what cond chose', async () => {
    const root = (a: Tensor): Tensor =>
      whileLoop(
        (x) => x.mul(x).sub(a).abs().greater(1e-6),
        (x) => x.add(a.div(x)).div(2),
        tensor(1),
        { maxSteps: 20 },
      )[0];
    // d√a/da = 1 / (2 √a), and again −1 / (4 a^1.5).
    expect(await grad(root)(tensor(3)).item()).toBeCloseTo(0.5 / Math.sqrt(3), 5);
    const second = grad((a: Tensor) => grad(root)(a));
    expect(await second(tensor(3)).item()).toBeCloseTo(-0.25 / 3 ** 1.5, 4);
    const branch = (x: Tensor): Tensor =>
      cond(
        x.sum().greater(0),
        (y) => y.square().sum(),
        (y) => y.sum().mul(7),
        x,
      );
    expect(await grad(branch)(tensor([3, 1])).toArray()).toEqual([6, 2]);
    expect(await grad(branch)(tensor([-3, 1])).toArray()).toEqual([7, 7]);
  });

  it('keeps carries and products for its gradient, linear in the steps; carries alone of steps that are computed again, and of blocks of steps their roots', () => {
    const w = tensor(
      Float32Array.from({ length: 64 }, (_, i) => Math.sin(i) / 4),
      { shape: [8, 8] },
    );
    const step = (h: Tensor, weight: Tensor): Tensor => h.matmul(weight).tanh().mul(1.5).tanh();
    const again = checkpoint(step);
    const arenaOf = (f: (h: Tensor, weight: Tensor) => Tensor): number => {
      const gradients = grad(f, { argnums: [0, 1] })(tensor(new Float32Array(32 * 8), { shape: [32, 8] }), w);
      return compileProgram(toProgram(linearize(gradients.map(nodeOf)))).arenaBytes;
    };
    const flat =
      (steps: number, one = step) =>
      (h: Tensor, weight: Tensor): Tensor =>
        scan((s) => [one(s, weight), undefined], h, undefined, { length: steps })[0].sum();
    const blocks = (n: number) => (h: Tensor, weight: Tensor) =>
      scan(
        (s) => [scan((t) => [step(t, weight), undefined], s, undefined, { length: n })[0], undefined],
        h,
        undefined,
        {
          length: n,
        },
      )[0].sum();
    const carry = 32 * 8 * 4;
    const [small, large] = [arenaOf(flat(64)), arenaOf(flat(256))];
    expect(large - small).toBe((256 - 64) * 2 * carry);
    expect(small).toBeLessThan(64 * 2 * carry + 12 * carry);
    expect(arenaOf(flat(256, again)) - arenaOf(flat(64, again))).toBe((256 - 64) * carry);
    expect(arenaOf(blocks(16))).toBeLessThan((16 + 16 * 2 + 12) * carry);
  });

  it('is differentiated without computing its products again: one product a step for a recurrent layer each way, and behind the loop one for its weights', () => {
    const [w, xs] = [tensor(new Float32Array(64).fill(0.1), { shape: [8, 8] }), zeros([5, 4, 8])];
    const f = (weight: Tensor): Tensor =>
      scan((h, x) => [h.matmul(weight).add(x).tanh(), h], zeros([4, 8]), xs)[0]
        .square()
        .sum();
    const plan = compileProgram(toProgram(linearize([nodeOf(grad(f)(w))])));
    const isProduct = ({ kind }: { readonly kind: string }): boolean => kind === 'contraction';
    const products = plan.kernels.flatMap((kernel) =>
      kernel.kind === 'loop' ? [kernel.kernels.filter(isProduct).length] : [],
    );
    expect(products).toEqual([1, 1]);
    expect(plan.kernels.filter(isProduct).length).toBe(1);
  });

  it('gathers a gradient step by step where keeping what it is made of would take more, and where its steps are computed again', () => {
    const productsOf = (f: (weight: Tensor) => Tensor): number => {
      const gradient = grad(f)(tensor(new Float32Array(64).fill(0.1), { shape: [8, 8] }));
      const { kernels } = compileProgram(toProgram(linearize([nodeOf(gradient)])));
      return kernels.filter(({ kind }) => kind === 'contraction').length;
    };
    const step = (h: Tensor, weight: Tensor): Tensor => h.matmul(weight).tanh();
    const over = (rows: number, one: typeof step) => (weight: Tensor) =>
      scan((h) => [one(h, weight), undefined], zeros([rows, 8]), undefined, { length: 5 })[0].sum();
    expect([4, 16, 17].map((rows) => productsOf(over(rows, step)))).toEqual([1, 1, 0]);
    expect(productsOf(over(4, checkpoint(step)))).toBe(0);
    // Rows that are made anew in each step, and larger than all that is kept.
    const rare = (h: Tensor, weight: Tensor): Tensor =>
      h.add(h.narrow(1, 0, 1).mul(zeros([64])).sin().matmul(weight.reshape([1, 64]).mul(zeros([64, 1])).narrow(1, 0, 8))).tanh(); // prettier-ignore
    expect(productsOf(over(4, rare))).toBe(0);
  });

  it('takes what is added up many times, and twice the same, as it comes', async () => {
    const [s, h] = [tensor([0.9, 1.1]), tensor([1, 2])];
    const often = (factor: Tensor): Tensor =>
      scan((x) => [Array.from({ length: 3000 }).reduce((y: Tensor) => y.mul(factor), x), undefined], h, undefined, { length: 1 })[0].sum(); // prettier-ignore
    const [a, b] = await grad(often)(s).data();
    expect(a).toBeCloseTo(3000 * 0.9 ** 2999, 5);
    expect(b).toBe(Infinity);
    const doubled = (w: Tensor): Tensor =>
      scan((x, y) => {
        let sum = w.add(y);
        for (let i = 0; i < 40; i++) sum = sum.add(sum);
        return [x.add(sum), undefined];
      }, h, tensor([[1, 1], [2, 2]]))[0].sum(); // prettier-ignore
    expect(await grad(doubled)(s).data()).toEqual(Float32Array.of(2 ** 41, 2 ** 41));
    const shared = (w: Tensor): Tensor =>
      scan((x, y) => {
        let sum = w.add(y.reshape([1, 2]));
        for (let i = 0; i < 3; i++) sum = sum.add(sum);
        return [x.matmul(sum), undefined];
      }, tensor([[1, 0], [0, 1]]), tensor([[1, 1], [2, 2]]))[0].sum(); // prettier-ignore
    const written = (w: Tensor): Tensor => w.add(1).mul(8).matmul(w.add(2).mul(8)).sum();
    const square = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(await grad(shared)(square).data()).toEqual(await grad(written)(square).data());
  });
});
