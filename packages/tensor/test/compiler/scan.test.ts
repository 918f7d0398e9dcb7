/** Loops in plans: kernels of the body once, carries in place, and memory as the steps need it. */
import { describe, expect, it } from 'vitest';
import type { PlanStep } from '../../src/compiler/kernel.ts';
import { concat, ones, scan, tensor, whileLoop, zeros, type Tensor } from '../../src/index.ts';
import { compileTensors } from '../support/programs.ts';

const values = (shape: readonly number[], seed: number): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.7 + seed)),
    { shape },
  );

/** Compiles, and expects of the evaluated plan what the interpreter gives. */
function check(...tensors: Tensor[]): ReturnType<typeof compileTensors>['plan'] {
  const { plan, expected, actual } = compileTensors(tensors);
  expected.forEach((want, i) => {
    for (let j = 0; j < want.length; j++) expect(actual[i]?.[j]).toBeCloseTo(want[j] as number, 5);
  });
  return plan;
}

const recurrent = (steps: number): readonly [Tensor, Tensor] => {
  const [w, b] = [values([4, 4], 1), values([4], 2)];
  return scan(
    (h, x) => {
      const next = h.matmul(w).add(x).add(b).tanh();
      return [next, next];
    },
    values([3, 4], 3),
    values([steps, 3, 4], 4),
  );
};

const countOf = (steps: readonly PlanStep[]): number =>
  steps.reduce((count, step) => count + (step.kind === 'loop' ? countOf(step.kernels) : 1), 0);

describe('a loop', () => {
  it('is one step of a plan, with the kernels of its body: a product and its epilogue', () => {
    const { kernels } = check(...recurrent(6));
    expect(kernels.filter(({ kind }) => kind === 'loop').length).toBe(1);
    const [loop] = kernels.filter((step) => step.kind === 'loop');
    // The product cannot be written over the carry that it reads.
    expect(loop?.kernels.map(({ name }) => name)).toEqual(['dot + tanh float32[3,4]', 'copy [12]']);
  });

  it('is as large a plan however many steps there are; memory grows with what is stacked alone', () => {
    const [small, large] = [5, 500].map((steps) => compileTensors([recurrent(steps)[0]]).plan);
    expect(countOf(large?.kernels ?? [])).toBe(countOf(small?.kernels ?? []));
    expect(large?.arenaBytes).toBe(small?.arenaBytes);
  });

  it('computes elementwise carries in place', () => {
    const [sum, ys] = scan((s, x) => [s.add(x), s.mul(x)], zeros([8]), values([5, 8], 1));
    const plan = check(sum, ys);
    const [loop] = plan.kernels.filter((step) => step.kind === 'loop');
    expect(loop?.kernels.length).toBe(1);
    expect(plan.arenaBytes).toBe(0);
  });

  it('in a loop has its own, and reads parts of parts', () => {
    const xs = values([3, 4, 2], 1);
    const [last, all] = scan((s, rows) => scan((t, row) => [t.mul(0.5).add(row), t.sum()], s, rows), zeros([2]), xs);
    const plan = check(last, all);
    const [outer] = plan.kernels.filter((step) => step.kind === 'loop');
    const [inner] = outer?.kernels.filter((step) => step.kind === 'loop') ?? [];
    expect([outer?.length, inner?.length]).toEqual([3, 4]);
  });

  it('takes many parts apart and puts many together in its body', () => {
    const xs = values([3, 12, 2], 1);
    const [last, all] = scan(
      (s, x) => {
        const rows = Array.from({ length: 12 }, (_, i) => x.narrow(0, i, 1));
        return [s.add(concat(rows.reverse(), 0)), concat([...rows, s])];
      },
      ones([12, 2]),
      xs,
    );
    check(last, all);
  });

  it('leaves in peace what a step still reads when a carry takes its place', () => {
    // Every carry is another's old value, read by a product, a sum and a later step.
    const w = values([3, 3], 5);
    const [[a, b, c], ys] = scan(
      ([p, q, r]: readonly [Tensor, Tensor, Tensor], x: Tensor) =>
        [
          [q.matmul(w).tanh(), r.add(p.sum(0)), p.sub(x)],
          [p.add(q), r.flip(0)],
        ] as const,
      [values([3, 3], 1), values([3, 3], 2), values([3, 3], 3)] as const,
      values([4, 3, 3], 4),
      { reverse: true },
    );
    check(a, b, c, ...ys);
  });

  it('may end before its last step where nothing is stacked, by a carry of its own', () => {
    const halve = (x: Tensor): [Tensor, Tensor] =>
      whileLoop(
        (s) => s.abs().max().greater(1),
        (s) => s.matmul(values([2, 2], 3)).mul(0.3),
        x,
        { maxSteps: 50 },
      );
    const { kernels } = check(...halve(values([2, 2], 1).mul(10)));
    const [loop] = kernels.filter((step) => step.kind === 'loop');
    expect(loop?.until).toBeGreaterThanOrEqual(0);
    const [plain] = check(...recurrent(4)).kernels.filter((step) => step.kind === 'loop');
    expect(plain?.until).toBeUndefined();
  });
});
