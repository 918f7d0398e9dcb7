/** Recomputation: the same numbers from less memory. */
import { assign, rand, scan, setDevice, tensor, variable, zeros, type Tensor } from '@hebb/tensor';
import { linearize, nodeOf, toProgram } from '@hebb/tensor/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileProgram } from '../../tensor/src/compiler/compile.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import { checkpoint, grad, hvp, valueAndGrad, vmap } from '../src/index.ts';

const wave = (x: Tensor): Tensor => x.sin().exp().tanh().mul(x);

describe.each(devices)('checkpoint on %s', (name) => {
  beforeAll(() => setDevice(name));

  it('changes neither values nor gradients, of any order', async () => {
    const x = tensor([0.5, -1, 2]);
    const [plain, kept] = [wave, checkpoint(wave)].map((f) => (t: Tensor) => f(f(t)).square().sum()) as [
      typeof wave,
      typeof wave,
    ];
    const same = async (pick: (f: typeof wave) => Tensor): Promise<void> => {
      const [expected, actual] = [await pick(plain).data(), await pick(kept).data()];
      actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 5));
    };
    await same((f) => f(x));
    await same((f) => grad(f)(x));
    await same((f) => hvp(f, [x], [tensor([1, 2, -1])])[0]);
    await same((f) => vmap(grad((t: Tensor) => f(t.reshape([1]))))(x));
  });

  it('gives gradients to what the function reads, and hands on structures and other arguments', async () => {
    const w = variable(tensor([2, 3]), { requiresGrad: true });
    const layer = checkpoint(({ x }: { x: Tensor }, options: { power: number }) => ({
      y: [x.mul(w).pow(options.power)],
      index: x.argmax(),
    }));
    const { value, grads } = valueAndGrad(() => layer({ x: tensor([1, 2]) }, { power: 2 }).y[0]?.sum() as Tensor, [w]);
    expect(await value.item()).toBe(40);
    expect(await grads[0]?.toArray()).toEqual([4, 24]);
    expect(await layer({ x: tensor([1, 2]) }, { power: 2 }).index.item()).toBe(1);
  });

  it('stands in steps of loops, and loops in it: the same values and gradients, of first and second order', async () => {
    const w = tensor(0.7);
    const xs = tensor([0.5, -1, 2, 1]);
    const cell =
      (wrap: (f: (s: Tensor, x: Tensor) => Tensor) => (s: Tensor, x: Tensor) => Tensor) =>
      (v: Tensor): Tensor => {
        // In the step of a loop, with a loop inside, and what it reads from around.
        const inner = wrap((s, x) =>
          scan((t) => [t.mul(v).sin().add(x), undefined], s, undefined, { length: 3 })[0].mul(v),
        );
        const step = (s: Tensor, x: Tensor): [Tensor, Tensor] => {
          const next = inner(s, x);
          return [next, next.square()];
        };
        const [last, all] = scan(step, tensor(1), xs);
        return last.add(all.sum());
      };
    const [plain, kept] = [cell((f) => f), cell((f) => checkpoint(f))];
    for (const of of [
      (f: typeof plain) => f(w),
      (f: typeof plain) => grad(f)(w),
      (f: typeof plain) => hvp(f, [w], [tensor(1)])[0],
      (f: typeof plain) => vmap(grad(f))(xs).sum(),
    ])
      expect(await of(kept).item()).toBeCloseTo(await of(plain).item(), 3);
  });

  it('draws the same random numbers both times', async () => {
    const dropout = checkpoint((x: Tensor) => x.mul(rand([100]).less(0.5).where(2, 0)));
    const { value, grad: slope } = valueAndGrad((x: Tensor) => dropout(x).sum())(tensor(new Float32Array(100).fill(1)));
    expect(await slope.sum().item()).toBe(await value.item());
  });

  it('refuses what is no function of tensors, and assignments', () => {
    expect(() => checkpoint((_x: Tensor) => 5)(zeros([1]))).toThrow(/must return tensors/);
    expect(() => checkpoint(async (x: Tensor) => x)(zeros([1]))).toThrow(/must not be async/);
    const state = variable(tensor(0));
    const counted = checkpoint((x: Tensor) => {
      assign(state, state.add(1));
      return x;
    });
    expect(() => counted(zeros([1]))).toThrow(/\[assign\]/);
  });
});

it('keeps less: the gradient of ten blocks of four layers', () => {
  const weights = Array.from({ length: 40 }, (_, i) =>
    tensor(new Float32Array(64 * 64).fill(i / 4096), { shape: [64, 64] }),
  );
  const block =
    (i: number) =>
    (x: Tensor): Tensor =>
      weights.slice(4 * i, 4 * i + 4).reduce((state, w) => state.matmul(w).sin(), x);
  const bytesOf = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor): number => {
    const f = (x: Tensor): Tensor =>
      Array.from({ length: 10 }, (_, i) => i)
        .reduce((y, i) => wrap(block(i))(y), x)
        .sum();
    return compileProgram(toProgram(linearize([nodeOf(grad(f)(zeros([512, 64])))]))).arenaBytes;
  };
  const layer = 512 * 64 * 4;
  const [plain, kept] = [bytesOf((f) => f), bytesOf(checkpoint)];
  expect(plain).toBeGreaterThan(40 * layer);
  // The inputs of ten blocks, and what one block needs.
  expect(kept).toBeLessThan(22 * layer);
});
