/** Products of many small matrices and what is between them in one kernel, batch by batch: what it takes along, and the same values as when its steps run one by one. */
import { beforeAll, describe, expect, it } from 'vitest';
import { layerNorm, matmul, scaledDotProductAttention, setDevice, softmax, tensor, type Tensor } from '../src/index.ts';
import type { Plan, PlanStep } from '../src/compiler/kernel.ts';
import { createWasmBackend } from '../src/wasm/backend.ts';
import { compileTensors, type CompiledTensors } from './support/programs.ts';
import { evaluatePlan } from './support/plan-evaluator.ts';
import { runPlan } from './wasm/support.ts';

/** A linear congruential generator: the graphs of a seed never change. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 12345;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

/** Without pattern, of either sign. */
function numbers(...shape: number[]): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => (((i + 1) * 7919) % 1009) / 505 - 1),
    { shape },
  );
}

/** The plan with the steps of batches one after the other. */
const apart = (plan: Plan): Plan => ({
  ...plan,
  kernels: plan.kernels.flatMap((step): readonly PlanStep[] => (step.kind === 'batches' ? step.steps : [step])),
});

const kindsOf = ({ plan }: CompiledTensors): string[] => plan.kernels.map(({ kind }) => kind);

function expectSame(actual: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[], what: string): void {
  expected.forEach((values, i) => {
    for (let j = 0; j < values.length; j++) {
      const [want, got] = [values[j] ?? NaN, actual[i]?.[j] ?? NaN];
      if (!(Math.abs(got - want) <= 1e-5 * Math.max(1, Math.abs(want))))
        expect.fail(`${what}, output ${i}, element ${j}: ${got} instead of ${want}`);
    }
  });
}

beforeAll(() => setDevice('reference'));

describe('one kernel', () => {
  /** The heads of one product. */
  const heads = (x: Tensor, part: number): Tensor =>
    x
      .slice([0, 0, 32 * part], undefined, undefined)
      .slice([0, 0, 0], [4, 12, 32])
      .reshape([4, 12, 4, 8])
      .permute([0, 2, 1, 3]);

  it('is attention with its mask, from the heads of one product to what they are put together from', () => {
    const all = numbers(4, 12, 96);
    const [q, k, v] = [0, 1, 2].map((part) => heads(all, part)) as [Tensor, Tensor, Tensor];
    const compiled = compileTensors([scaledDotProductAttention(q, k, v, { causal: true })]);
    expect(kindsOf(compiled)).toEqual(['batches']);
    expectSame(compiled.actual, compiled.expected, 'attention');
  });

  it('is its gradient: two products, the gradient of softmax, two products', () => {
    const [p, v, d, q, k] = [numbers(16, 12, 12), numbers(16, 12, 8), numbers(16, 12, 8), numbers(16, 12, 8), numbers(16, 12, 8)]; // prettier-ignore
    const weights = softmax(p, -1);
    const dv = matmul(weights.transpose(1, 2), d);
    const dp = matmul(d, v.transpose(1, 2));
    const ds = weights.mul(dp.sub(weights.mul(dp).sum(-1, { keepDims: true })));
    const compiled = compileTensors([dv, matmul(ds, k), matmul(ds.transpose(1, 2), q)]);
    expect(kindsOf(compiled)).toEqual(['batches']);
    expectSame(compiled.actual, compiled.expected, 'gradient');
  });

  it('is none of few batches, of one operand that all share, or of batches that read one another', () => {
    const attended = (batch: number): Tensor => {
      const [q, k, v] = [numbers(batch, 12, 8), numbers(batch, 12, 8), numbers(batch, 12, 8)];
      return scaledDotProductAttention(q, k, v);
    };
    expect(kindsOf(compileTensors([attended(15)]))).not.toContain('batches');
    const shared = softmax(matmul(numbers(16, 12, 8), numbers(8, 12)), -1);
    expect(kindsOf(compileTensors([shared]))).not.toContain('batches');
    const x = numbers(16, 12, 12);
    const others = compileTensors([matmul(softmax(matmul(x, x), -1).flip(0), x)]);
    expectSame(others.actual, others.expected, 'others');
    expect(others.plan.kernels.length).toBeGreaterThan(1);
    expect(kindsOf(compileTensors([layerNorm(numbers(16, 12, 12), 12)]))).toEqual(['rows']);
  });
});

/** Graphs of many products: elementwise work, reductions along rows, transposed operands, mixed with them in any order. */
function graph(random: (below: number) => number): { outputs: Tensor[]; updates: [Tensor, Tensor][] } {
  const batch = [[16], [4, 4], [2, 9], [3, 2, 3]][random(4)] ?? [17];
  const n = 8 + random(6);
  const leaf = (): Tensor => {
    const shape = [...batch, n, n];
    const size = shape.reduce((a, b) => a * b, 1);
    return tensor(Float32Array.from({ length: size }, () => random(4096) / 2048 - 1), { shape }); // prettier-ignore
  };
  const pool = [leaf(), leaf(), leaf()];
  const pick = (): Tensor => pool[Math.max(0, pool.length - 1 - random(4))] as Tensor;
  for (let step = 4 + random(9); step > 0; step--) {
    const [x, y] = [pick(), pick()];
    const makers = [
      () => matmul(x, y).mul(1 / n),
      () => matmul(x, y.transpose(-1, -2)).tanh(),
      () => matmul(x.transpose(-1, -2), y).mul(1 / n).add(x), // prettier-ignore
      () => softmax(x, -1),
      () => x.add(y).mul(0.5),
      () => x.sub(x.max(-1, { keepDims: true })).mul(0.5),
      () => x.mul(y.sum(-1, { keepDims: true })).mul(1 / n),
      () => x.sub(y.mean([-2, -1], { keepDims: true })),
      () => x.relu().sub(0.25),
      () => x.flip(-1),
      () => x.flip(0),
      () => x.transpose(-1, -2).mul(y),
    ];
    pool.push((makers[random(makers.length)] as () => Tensor)());
  }
  const outputs = pool.slice(3).filter((_, i, all) => i >= all.length - 2 || random(4) === 0);
  const updates = pool.slice(0, 3).flatMap((target): [Tensor, Tensor][] => (random(3) === 0 ? [[target, pick()]] : []));
  return { outputs, updates };
}

const count = Number(process.env['HEBB_RANDOM_GRAPHS'] ?? 60);
const compiled = (seed: number): CompiledTensors => {
  const { outputs, updates } = graph(makeRandom(seed));
  return compileTensors(outputs, updates);
};

describe('random graphs of many products', () => {
  it('are what the interpreter, which knows no kernels, makes of them, and so are their steps one by one', () => {
    let found = 0;
    for (let seed = 1; seed <= count; seed++) {
      const { plan, program, expected, actual, parameters, scalars } = compiled(seed);
      expectSame(actual, expected, `seed ${seed}`);
      if (!plan.kernels.some(({ kind }) => kind === 'batches')) continue;
      found++;
      const results = evaluatePlan(apart(plan), parameters, scalars);
      let own = program.parameters.length;
      const alone = program.outputs.map(({ parameter }) => results[parameter < 0 ? own++ : parameter] ?? []);
      expectSame(alone, expected, `seed ${seed}, one by one`);
    }
    expect(found).toBeGreaterThan(count / 3);
  }, 120_000);

  it('have the same bytes for any number of threads, and the same values one by one', async () => {
    const [alone, threaded] = [createWasmBackend(), createWasmBackend({ threads: 4, leastChunk: 0 })];
    for (let seed = 1; seed <= count; seed++) {
      const { plan, parameters, scalars } = compiled(seed);
      const data = parameters.map((values) => Float32Array.from(values));
      const expected = await runPlan(plan, data, scalars, alone, 3);
      expect(await runPlan(plan, data, scalars, threaded, 3), `seed ${seed}`).toEqual(expected);
      // A sum over one batch may be taken along another axis than one over all of them.
      expectSame(await runPlan(apart(plan), data, scalars, alone, 3), expected, `seed ${seed}, one by one`);
    }
  }, 120_000);

  it('are what the device makes of them', async () => {
    const alone = createWasmBackend();
    for (let seed = 1; seed <= count; seed++) {
      const { plan, program, parameters, scalars, expected } = compiled(seed);
      const results = await runPlan(plan, parameters.map((values) => Float32Array.from(values)), scalars, alone); // prettier-ignore
      let own = program.parameters.length;
      const actual = program.outputs.map(({ parameter }) => results[parameter < 0 ? own++ : parameter] ?? []);
      expectSame(actual, expected, `seed ${seed}`);
    }
  }, 120_000);
});
