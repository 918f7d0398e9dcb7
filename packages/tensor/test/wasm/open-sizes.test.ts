/** Code that leaves open how long axes are: one for all sizes, and the numbers of each are those of code made for it alone. */
import { expect, test } from 'vitest';
import type { Plan, Rows } from '../../src/compiler/kernel.ts';
import {
  argSort,
  broadcastTo,
  concat,
  cumsum,
  flip,
  gelu,
  indexSelect,
  layerNorm,
  pad,
  prod,
  segmentSum,
  softmax,
  sort,
  tensor,
  type Tensor,
} from '../../src/index.ts';
import type { HostArray } from '../../src/runtime/backend.ts';
import { createWasmBackend } from '../../src/wasm/backend.ts';
import { compileTensors } from '../support/programs.ts';
import { evaluatePlan } from '../support/plan-evaluator.ts';
import { axisIndex, binary, generator, inside, load, makeAxis, PlanBuilder, runPlan, select } from './support.ts';

const width = 12;
const open = createWasmBackend();
const closed = createWasmBackend({ without: new Set(['open-sizes']) });

function numbers(shape: readonly number[], seed: number): Tensor {
  const random = generator(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, () => 2 * random() - 1),
    { shape },
  );
}

function integers(count: number, below: number, seed: number): Tensor {
  const random = generator(seed);
  return tensor(
    Int32Array.from({ length: count }, () => Math.floor(random() * below)),
    { dtype: 'int32' },
  );
}

const columns = (n: number, inner = width): Tensor => numbers([n, inner], n + inner);

/** What is computed of `n` rows. `closed`: its code is made for each size, at least in part. */
interface Program {
  readonly of: (n: number) => Tensor | Tensor[];
  readonly closed?: true;
}

const programs: Readonly<Record<string, Program>> = {
  'a row added to each': { of: (n) => columns(n).add(numbers([width], 1)) },
  'a column, and what is on the way': {
    of: (n) =>
      columns(n)
        .mul(numbers([n, 1], 2))
        .tanh(),
  },
  'a mask': { of: (n) => columns(n).less(numbers([width], 3)) },
  'small integers': { of: (n) => columns(n).mul(9).to('int32').to('uint8').to('float16') },
  'a transposition': { of: (n) => columns(n).transpose(0, 1).add(1) },
  'rows in the opposite order': { of: (n) => flip(columns(n), 1).mul(2) },
  'sums over the rows': { of: (n) => columns(n).square().sum(0) },
  'sums of rows': { of: (n) => columns(n).exp().sum(1) },
  'sums of long rows': { of: (n) => columns(n, 300).exp().sum(1) },
  'a sum of everything': { of: (n) => columns(n).abs().mean() },
  'largest of rows, and where': { of: (n) => [columns(n).max(1), columns(n).argmax(1)] },
  'largest of columns, and where': { of: (n) => [columns(n).max(0), columns(n).argmax(0), columns(n).min(0)] },
  'products over the rows': { of: (n) => prod(columns(n).add(1.01), 0) },
  softmax: { of: (n) => softmax(columns(n), 1) },
  'a norm and what follows': { of: (n) => layerNorm(columns(n, 70), [70], {}).relu().sum(1) },
  'logarithms of sums of exponentials': { of: (n) => columns(n).exp().sum(1).log().mean() },
  'a layer': {
    of: (n) =>
      gelu(
        columns(n, 40)
          .matmul(numbers([40, 24], 4))
          .add(numbers([24], 5)),
      ),
  },
  'a layer of 3': {
    of: (n) =>
      columns(n, 40)
        .matmul(numbers([40, 3], 6))
        .add(1),
  },
  'a gradient of weights': { of: (n) => columns(n, 40).transpose(0, 1).matmul(columns(n, 24)).mul(0.1) },
  'two layers and a loss': {
    of: (n) => {
      const hidden = columns(n, 40)
        .matmul(numbers([40, 24], 4))
        .relu();
      return hidden
        .matmul(numbers([24, 7], 5))
        .square()
        .mean();
    },
  },
  'products of all pairs': {
    of: (n) => columns(n, 20).matmul(columns(n, 21).narrow(1, 0, 20).transpose(0, 1)),
    closed: true,
  },
  'heads apart and together': {
    of: (n) => {
      const heads = numbers([n, 6, 4, 8], 7).transpose(1, 2);
      return softmax(heads.matmul(heads.transpose(2, 3)), -1).matmul(heads).transpose(1, 2).reshape([n * 6, 32]).matmul(numbers([32, 16], 8)); // prettier-ignore
    },
  },
  'rows of a table': { of: (n) => indexSelect(numbers([50, width], 9), 0, integers(n, 50, n)).add(columns(n)) },
  'a table along a part of the rows': { of: (n) => numbers([n, 6, width], 10).add(numbers([6, width], 11)).reshape([n * 6, width]).mean(1) }, // prettier-ignore
  'rows added where they belong': { of: (n) => segmentSum(columns(n, 16), integers(n, 5, n), 5), closed: true },
  'numbers added where they belong': { of: (n) => segmentSum(numbers([n], 12), integers(n, 5, n), 5), closed: true },
  'parts side by side': { of: (n) => concat([columns(n), columns(n, 5).exp()], 1) },
  'rows in the opposite order, of what was cut anew': {
    of: (n) => flip(broadcastTo(numbers([1, 450], 13), [2 * n, 450]).reshape([3 * n, 300]), 0).add(1),
  },
  'rows of parts on one another': {
    of: (n) => softmax(concat([columns(n, 3), columns(n, 3).exp()], 0), 1),
    closed: true,
  },
  'sums of a batch of one': { of: (n) => numbers([1, n, width], 14).exp().sum([0, 1]) },
  'a border': { of: (n) => pad(columns(n), [[0, 0], [2, 3]]), closed: true }, // prettier-ignore
  'parts on one another': { of: (n) => concat([columns(n), columns(n + 1).exp()], 0), closed: true },
  'sums along rows': { of: (n) => cumsum(columns(n), 1), closed: true },
  'sorted rows': { of: (n) => [sort(columns(n), 1).values, argSort(columns(n), 1)], closed: true },
};

/** The parameters of a plan as they lie in memory. */
function hostArrays(plan: Plan, parameters: readonly Float64Array[]): HostArray[] {
  return parameters.map((values, position) => {
    const buffer = plan.buffers.find((each) => each.kind === 'parameter' && each.position === position);
    if (buffer?.type === 'f32' || buffer?.type === undefined) return Float32Array.from(values);
    if (buffer.type === 'u8') return Uint8Array.from(values);
    return buffer.type === 'f16' ? Uint16Array.from(values) : Int32Array.from(values);
  });
}

/** How many modules `compute` compiles. */
function compiled(compute: () => void): number {
  const { Module } = WebAssembly;
  let count = 0;
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      super(bytes);
      count++;
    }
  };
  try {
    compute();
  } finally {
    WebAssembly.Module = Module;
  }
  return count;
}

const first = [24, 100];
const others = [31, 8, 16, 17, 57, 101, 128, 129, 256, 333, 515, 40];
const few = [1, 2, 3, 5];

const of = ({ of: make }: Program, n: number): Tensor[] => [make(n)].flat();

/** The first number that is further from what it should be than rounding takes it. */
function wrong(given: HostArray, wanted: ArrayLike<number>, tolerance: number): string | undefined {
  for (let i = 0; i < wanted.length; i++) {
    const [value, want] = [given[i] ?? Number.NaN, wanted[i] ?? Number.NaN];
    if (!(Math.abs(value - want) <= tolerance * Math.max(1, Math.abs(want)))) return `[${i}] is ${value}, not ${want}`;
  }
  return undefined;
}

test.each(Object.entries(programs))('%s: the numbers of code for each size', async (_, program) => {
  for (const n of [...first, ...others, ...few]) {
    const { plan, parameters, scalars, expected, program: source } = compileTensors(of(program, n));
    const data = hostArrays(plan, parameters);
    const [given = [], alone = []] = await Promise.all([open, closed].map((device) => runPlan(plan, data, scalars, device))); // prettier-ignore
    expected.forEach((exact, i) => {
      const position = source.parameters.length + i;
      const [values, others_] = [given[position] as HostArray, alone[position] as HostArray];
      const isFloat = values instanceof Float32Array;
      // Halves are compared by their bits.
      if (!(values instanceof Uint16Array))
        expect(wrong(values, exact, isFloat ? 2e-5 : 0), `${n} rows`).toBe(undefined);
      expect(wrong(values, others_, isFloat ? 1e-5 : 0), `${n} rows`).toBe(undefined);
    });
  }
});

test.each(Object.entries(programs).filter(([, program]) => program.closed !== true))(
  '%s: no code for another size',
  async (_, program) => {
    const compile = (sizes: readonly number[]): void => {
      for (const n of sizes) open.compile(compileTensors(of(program, n)).plan).dispose();
    };
    compile(first);
    expect(compiled(() => compile(others))).toBe(0);
  },
);

test('sums of products have the bits of code for each size', async () => {
  for (const n of [...first, ...others]) {
    for (const name of ['a layer', 'a layer of 3', 'a gradient of weights']) {
      const { plan, parameters, scalars } = compileTensors(of(programs[name] as Program, n));
      const data = hostArrays(plan, parameters);
      expect(await runPlan(plan, data, scalars, open)).toEqual(await runPlan(plan, data, scalars, closed));
    }
  }
});

test.each([7, 8, 4096, 4097, 9000])(
  '%d rows, the first of which are others, write nothing beyond the last',
  async (rows) => {
    const row = makeAxis(rows);
    const [index, isFirst] = [axisIndex(row), { index: axisIndex(row), lower: 0, upper: 3 }];
    const builder = new PlanBuilder();
    const [some, others_, between, result] = [0, 0, 0, 0].map(() => builder.parameter(rows));
    // What lies behind in memory.
    builder.parameter(5000);
    const value = select(inside([isFirst]), load(some ?? 0, index, 'f32', [isFirst]), load(others_ ?? 0, index));
    const doubled = binary('add', load(between ?? 0, index), load(between ?? 0, index));
    const kernel: Rows = {
      kind: 'rows',
      name: 'rows',
      row,
      phases: [
        { kind: 'map', name: 'choice', axes: [row], stores: [{ buffer: between ?? 0, index, value }] },
        { kind: 'map', name: 'double', axes: [row], stores: [{ buffer: result ?? 0, index, value: doubled }] },
      ],
    };
    const plan: Plan = { ...builder.plan(), kernels: [kernel] };
    const wanted = evaluatePlan(plan, builder.data);
    for (const device of [open, closed]) {
      const given = await runPlan(plan, builder.data, [], device);
      wanted.forEach((values, i) => expect(wrong(given[i] as HostArray, values, 0), `parameter ${i}`).toBe(undefined));
    }
  },
);
