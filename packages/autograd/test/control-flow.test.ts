/** Choices by value: derivatives are those of what was chosen, whatever the other branch, or a step more, would give. */
import {
  compile,
  cond,
  logSumExp,
  norm,
  scan,
  setDevice,
  sqrt,
  tensor,
  variable,
  whileLoop,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  backward,
  checkpoint,
  customGradient,
  grad,
  hessian,
  jacobian,
  jvp,
  valueAndGrad,
  vmap,
} from '../src/index.ts';

const { pow } = Math;
const close = (actual: Iterable<number>, expected: readonly number[]): void => {
  const values = [...actual];
  expect(values).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 4));
};

/** Σ √(x − 10) where the sum is above 20, else Σ x³: outside of its domain the other is NaN, at 10 its derivative is infinite. */
const f = (x: Tensor): Tensor =>
  cond(
    x.sum().greater(20),
    (y) => sqrt(y.sub(10)).sum(),
    (y) => y.pow(3).sum(),
    x,
  );

describe.each(['wasm', 'reference'] as const)('the branch that is not taken, on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('gives nothing to the gradient, of any order', async () => {
    close(await grad(f)(tensor([1, 2])).data(), [3, 12]);
    close(await grad(f)(tensor([10, 2])).data(), [300, 12]);
    close(await grad(f)(tensor([11, 14])).data(), [0.5, 0.25]);
    close(await hessian(f)(tensor([1, 10])).data(), [6, 0, 0, 60]);
    close(await hessian(f)(tensor([11, 14])).data(), [-0.25, 0, 0, -0.25 / pow(4, 1.5)]);
    const third = grad((x: Tensor) => grad((y: Tensor) => grad(f)(y).sum())(x).sum());
    close(await third(tensor([10, 2])).data(), [6, 6]);
    close(await third(tensor([11, 14])).data(), [0.375, 0.375 / pow(4, 2.5)]);
  });

  it('nor to directions, Jacobians, and what the examples of a batch have chosen each', async () => {
    const { tangent } = jvp(f, [tensor([10, 2])], [tensor([1, 1])]);
    close([await tangent.item()], [312]);
    const both = (x: Tensor): Tensor => cond(x.sum().greater(20), () => sqrt(x.sub(10)), () => x.pow(3)); // prettier-ignore
    close(await jacobian(both)(tensor([10, 2])).data(), [300, 0, 0, 12]);
    const xs = tensor([
      [1, 2],
      [11, 14],
      [10, 2],
    ]);
    close(await vmap(grad(f))(xs).data(), [3, 12, 0.5, 0.25, 300, 12]);
    close(await vmap(hessian(f))(xs).data(), [6, 0, 0, 12, -0.25, 0, 0, -0.25 / 8, 60, 0, 0, 12]);
  });

  it('wherever a branch has its tensors from', async () => {
    const w = variable(tensor([-4, 4]), { requiresGrad: true });
    const loss = cond(w.sum().greater(0), () => w.sqrt().sum(), () => w.square().sum()); // prettier-ignore
    backward(loss);
    close((await w.grad?.data()) ?? [], [-8, 8]);
    const x = tensor([-4, 4]);
    const read = (): Tensor => cond(tensor(false), () => x.log().sum(), () => x.square().sum()); // prettier-ignore
    close(await valueAndGrad(read, { x }).grads.x.data(), [-8, 8]);
    const made = (y: Tensor): Tensor => {
      const shifted = y.sub(1);
      return cond(tensor(false), (z: Tensor) => shifted.log().add(z).sum(), (z) => z.mul(shifted).sum(), y); // prettier-ignore
    };
    close(await grad(made)(tensor([1, 2])).data(), [1, 3]);
  });

  it('in compiled functions', async () => {
    const compiled = compile((x: Tensor) => grad(f)(x));
    close(await compiled(tensor([10, 2])).data(), [300, 12]);
    close(await compiled(tensor([11, 14])).data(), [0.5, 0.25]);
  });

  it('inside of another choice', async () => {
    const nested = (x: Tensor): Tensor =>
      cond(
        x.greater(0),
        (y) =>
          cond(
            y.greater(1),
            (z) => sqrt(z.sub(1)),
            (z) => z.pow(3).add(cond(y.greater(5), () => x.sub(5).log(), () => x.mul(y).mul(z))), // prettier-ignore
            y,
          ),
        (y) => y.div(y.sub(1)),
        x,
      );
    const [first, second] = [grad(nested), grad((x: Tensor) => grad(nested)(x))];
    close([await first(tensor(0.5)).item(), await second(tensor(0.5)).item()], [1.5, 6]);
    close([await first(tensor(1)).item(), await second(tensor(1)).item()], [6, 12]);
    close([await first(tensor(5)).item()], [0.25]);
    close([await first(tensor(-1)).item(), await second(tensor(-1)).item()], [-0.25, -0.25]);
  });

  it('in the steps of loops, and with loops in it', async () => {
    // s ← s² where s < 1, else s + √(x − 10): with s = 0.5, 0.25, … the second is never taken.
    const steps = (w: Tensor): Tensor =>
      scan(
        (s) => [
          cond(
            s.less(1),
            () => s.square().mul(w),
            () => s.add(sqrt(w.sub(10))),
          ),
          undefined,
        ],
        tensor(0.5),
        undefined,
        { length: 2 },
      )[0];
    // w (w / 4)² = w³ / 16
    close([await steps(tensor(2)).item()], [0.5]);
    close([await grad(steps)(tensor(2)).item()], [12 / 16]);
    close([await grad((w: Tensor) => grad(steps)(w))(tensor(2)).item()], [12 / 16]);
    const loops = (w: Tensor): Tensor =>
      cond(
        w.greater(10),
        () => scan((s) => [sqrt(s.sub(w)).mul(w), s], w.mul(0.5), undefined, { length: 3 })[0],
        () => scan((s) => [s.mul(w), s], w.mul(0.5), undefined, { length: 2 })[0],
      );
    close([await grad(loops)(tensor(2)).item(), await grad((w: Tensor) => grad(loops)(w))(tensor(2)).item()], [6, 6]);
    close(await vmap(grad((w: Tensor) => grad(loops)(w)))(tensor([1, 2])).data(), [3, 6]);
  });

  it('with functions of their own gradients in it, and gradients taken inside', async () => {
    const own = customGradient(
      (x: Tensor) => sqrt(x),
      (cotangent, output) => [cotangent.div(output).div(2)],
    );
    const choice = (x: Tensor): Tensor =>
      cond(
        x.sum().greater(0),
        (y) => own(y).sum().add(logSumExp(y.log())).add(norm(y.log())),
        (y) => checkpoint((z: Tensor) => z.square().sum())(y).add(grad((z: Tensor) => z.pow(3).sum())(x).sum()),
        x,
      );
    close(await grad(choice)(tensor([-1, 0])).data(), [-8, 0]);
    close(await hessian(choice)(tensor([-1, 0])).data(), [8, 0, 0, 8]);
    close(await grad((x: Tensor) => cond(tensor(true), () => own(x).sum(), () => x.log().sum()))(tensor([4, 9])).data(), [0.25, 1 / 6]); // prettier-ignore
  });

  it('of float16 and of structures', async () => {
    const x = tensor([1, 2], { dtype: 'float16' });
    close(await grad(f)(x).data(), [3, 12]);
    const pair = (y: Tensor): Tensor => {
      const { a, b } = cond(
        y.sum().greater(9),
        () => ({ a: y.log(), b: [y] }),
        () => ({ a: y, b: [y.exp()] }),
      );
      return a.add(b[0] as Tensor).sum();
    };
    close(await grad(pair)(tensor([0, -1])).data(), [2, 1 + Math.exp(-1)]);
  });

  it('is a step after the end of a loop', async () => {
    // Ends at x = 0, where the derivative of √ is infinite.
    const down = (x: Tensor): Tensor =>
      whileLoop(
        (s) => s.greater(0.5),
        (s) => sqrt(s).mul(s.sub(1)),
        x,
        { maxSteps: 5 },
      )[0];
    close([await down(tensor(1)).item(), await grad(down)(tensor(1)).item()], [0, 1]);
    close([await grad((x: Tensor) => grad(down)(x))(tensor(1)).item()], [1]);
    close(await vmap(grad(down))(tensor([1, 0, 0.25])).data(), [1, 1, 1]);
    const scaled = (w: Tensor): Tensor =>
      whileLoop(
        (s) => s.less(3),
        (s) => s.mul(w.sub(1)).add(sqrt(tensor(3).sub(s))),
        tensor(2),
        { maxSteps: 4 },
      )[0];
    // 2 (w − 1) + 1 = 5, and after it √(−2).
    close([await scaled(tensor(3)).item(), await grad(scaled)(tensor(3)).item()], [5, 2]);
  });
});
