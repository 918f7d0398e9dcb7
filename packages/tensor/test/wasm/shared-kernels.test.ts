/** Kernels that differ in what they are bound to alone share their code, in one plan and across plans. */
import { describe, expect, test } from 'vitest';
import { gelu, realize, scalar, setDevice, softmax, tensor, type Tensor } from '../../src/index.ts';
import { Allocator } from '../../src/wasm/allocator.ts';
import { KernelCache } from '../../src/wasm/kernel-cache.ts';
import { KernelLibrary } from '../../src/wasm/library.ts';
import { planTasks } from '../../src/wasm/plan-tasks.ts';
import type { Plan } from '../../src/compiler/kernel.ts';
import { compileTensors } from '../support/programs.ts';
import { backend } from './support.ts';

const most = 1000;

function sample(shape: readonly number[], shift = 0): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => ((i * 37 + shift * 11) % 101) / 64 - 0.8),
    { shape },
  );
}

/** Layers of equal sizes, each with parameters of its own. */
function deep(layers: number, width = 24): Tensor {
  let x = sample([16, width]);
  for (let i = 0; i < layers; i++) {
    const [w, b] = [sample([width, width], i), sample([width], i)];
    x = softmax(gelu(x.matmul(w).add(b)).add(x), 1);
  }
  return x;
}

const allocator = new Allocator();
const memory = { take: (bytes: number) => allocator.allocate(bytes), words: () => allocator.ints() };

/** A cache that keeps so many kernels, with a library of its own. */
function makeCache(mostKernels = most): { cache: KernelCache; library: KernelLibrary } {
  const library = new KernelLibrary(allocator, undefined);
  return { library, cache: new KernelCache(false, mostKernels, { library }) };
}

/** The kernels of a plan, and the bytes of code that it brings along. */
function build(plan: Plan, { cache, library }: ReturnType<typeof makeCache>): { kernels: number; bytes: number } {
  const { kernelCount, codeBytes, kernels } = planTasks(plan, cache, memory);
  const modules = new Set(kernels.flatMap(({ linked }) => linked?.module ?? []));
  for (const module of modules) module.users++;
  cache.trim();
  for (const module of modules) library.release(module);
  return { kernels: kernelCount, bytes: codeBytes };
}

const planOf = (...outputs: Tensor[]): Plan => compileTensors(outputs).plan;

/** How many kernels have code of their own in the plans together. */
function codes(...plans: readonly Plan[]): number {
  const made = makeCache();
  for (const plan of plans) build(plan, made);
  return made.cache.count;
}

describe('kernels that share their code', () => {
  test('the 24 kernels of 12 equal layers have at most 4 codes, which are those of 3 layers', () => {
    const [few, many] = [planOf(deep(3)), planOf(deep(12))];
    const made = makeCache();
    const { kernels, bytes } = build(many, made);
    expect(kernels).toBe(24);
    expect(made.cache.count).toBe(codes(few));
    expect(made.cache.count).toBeLessThanOrEqual(4);
    expect(bytes).toBe(build(few, makeCache()).bytes);
    expect(build(many, made).bytes).toBe(0);
  });

  test('a plan finds the code of an earlier one, whatever else is in it', () => {
    const before = planOf(deep(3));
    const after = planOf(deep(4), deep(2).sum());
    expect(codes(before, after)).toBe(codes(after));
  });

  test('the least recently used go first', () => {
    const [a, b] = [planOf(sample([8]).exp()), planOf(sample([8]).sin())];
    const made = makeCache(1);
    const bytes = [a, b, a, a].map((plan) => {
      const { bytes: brought } = build(plan, made);
      expect(made.cache.count).toBe(1);
      return brought > 0;
    });
    expect(bytes).toEqual([true, true, true, false]);
    expect(made.library.count).toBe(1);
  });

  test('what a plan needs stays in the library, however much it brings along', () => {
    const [known, ...others] = [2, 3, 5, 7].map((power) => sample([8]).pow(power).sin());
    const made = makeCache(2);
    build(planOf(known as Tensor), made);
    const { kernels } = planTasks(planOf(known as Tensor, ...others.map((x) => x.exp().sum())), made.cache, memory);
    const modules = new Set(kernels.map(({ linked }) => linked?.module));
    expect(modules.size).toBe(2);
    expect(made.library.count).toBe(2);
  });

  test('the 40 maps of 10 tensors of 10 sizes have 4 codes, which those of other sizes find', () => {
    const sizes = [[16], [17], [3, 19], [255], [256], [257], [6, 50], [1024], [1025], [3, 40, 50]];
    const maps = [
      (x: Tensor) => x.tanh().mul(2),
      (x: Tensor) => x.mul(scalar(3)),
      (x: Tensor) => x.less(0.25),
      (x: Tensor) => x.add(x.floor()).add(sample([1])),
    ];
    const made = makeCache();
    for (const shape of sizes) for (const map of maps) build(planOf(map(sample(shape))), made);
    expect(made.cache.count).toBe(4);
    expect(build(planOf(...maps.map((map) => map(sample([77, 3])))), made).bytes).toBe(0);
    expect(made.cache.count).toBe(4);
  });

  test('maps of any size that share their code compute all elements', async () => {
    setDevice('wasm');
    for (const size of [16, 255, 256, 257, 259, 511, 513, 4099]) {
      const x = sample([size]);
      const [doubled, moved] = [x.mul(2), x.add(100)];
      await realize(doubled, moved);
      const given = await x.data();
      expect(await doubled.data()).toEqual(given.map((value) => 2 * value));
      expect(await moved.data()).toEqual(given.map((value) => Math.fround(value + 100)));
    }
  });

  test('softmax and a norm over 64, 96 and 224 rows of 128 have 2 codes, and rows have the same bytes however many there are', async () => {
    const norm = (x: Tensor): Tensor => {
      const centred = x.sub(x.mean(1, { keepDims: true }));
      return centred.div(centred.square().mean(1, { keepDims: true }).add(1e-5).sqrt());
    };
    const made = makeCache();
    const counts = [64, 96, 224];
    for (const rows of counts)
      for (const map of [norm, (x: Tensor) => softmax(x, 1)]) {
        expect(build(planOf(map(sample([rows, 128]))), made).kernels).toBe(1);
      }
    expect(made.cache.count).toBe(2);
    setDevice('wasm');
    const results = await Promise.all(counts.map((rows) => softmax(norm(sample([rows, 128])), 1).data()));
    const [few, ...others] = results as [Float32Array, ...Float32Array[]];
    for (const more of others) expect(more.subarray(0, few.length)).toEqual(few);
    for (let row = 0; row < 224; row++) {
      const values = (results[2] as Float32Array).subarray(128 * row, 128 * (row + 1));
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
  });

  test('each reads its own memory and its own scalars', async () => {
    setDevice('wasm');
    const factors = [2, 3, 5];
    const inputs = factors.map((_, i) => sample([64], i));
    const results = inputs.map((x, i) => x.mul(scalar(factors[i] ?? 0)).sin());
    await realize(...results);
    for (const [i, result] of results.entries()) {
      const given = await inputs[i]?.data();
      (await result.data()).forEach((value, j) => {
        const exact = Math.sin(Math.fround((given?.[j] ?? NaN) * (factors[i] ?? 0)));
        expect(Math.abs(value - exact)).toBeLessThan(1e-6);
      });
    }
  });
});

describe('what kernels do not share', () => {
  const keys = (plan: Plan): string[] =>
    plan.kernels.map((kernel) => {
      if (kernel.kind === 'copy' || kernel.kind === 'loop' || kernel.kind === 'parts') throw new Error('one kernel');
      return new KernelCache(false, 1).of(kernel, plan.buffers).key.key.join();
    });
  const keyOf = (...outputs: Tensor[]): string => {
    const [key, ...others] = keys(planOf(...outputs));
    expect(others).toEqual([]);
    return key ?? '';
  };
  const x = sample([6, 4]);
  const y = sample([6, 4], 1);
  const base = keyOf(x.mul(y).add(1));

  test('other leaves are no difference', () => {
    expect(
      keyOf(
        sample([6, 4], 2)
          .mul(sample([6, 4], 3))
          .add(1),
      ),
    ).toBe(base);
  });

  test.each([
    ['a constant', () => x.mul(y).add(2)],
    ['the sign of 0', () => x.mul(y).add(1).mul(-0)],
    ['an operand that is twice the same', () => x.mul(x).add(1)],
    ['an operation', () => x.sub(y).add(1)],
    [
      'a few elements',
      () =>
        sample([5])
          .mul(sample([5], 1))
          .add(1),
    ],
    ['strides', () => x.mul(sample([4, 6]).transpose(0, 1)).add(1)],
    ['the order of two operands', () => y.div(x)],
    ['a dtype', () => x.to('int32').mul(y.to('int32')).add(1)],
    ['broadcasting', () => x.mul(sample([4], 1)).add(1)],
  ])('%s is', (_, other) => {
    expect(keyOf(other())).not.toBe(base);
  });

  test('where memory is not read in its own order, sizes are', () => {
    const [wide, narrow] = [sample([6, 4]).add(sample([4])), sample([4, 6]).add(sample([6]))];
    expect(keyOf(wide)).not.toBe(keyOf(narrow));
  });

  test('keys do not depend on what was compiled before', () => {
    expect(keyOf(x.mul(y).add(1))).toBe(base);
  });
});

test('kernels listed for people have their loops', () => {
  const { plan } = compileTensors([deep(2)]);
  const executable = backend.compile(plan);
  expect(backend.source(executable)).toMatch(/contraction[^]*vector/);
  executable.dispose();
});
