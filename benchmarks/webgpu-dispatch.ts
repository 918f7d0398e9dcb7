/**
 * What WebGPU costs on this adapter: processor time per kernel of a replayed plan, time of a read, and matrix products.
 * Run with `node --import tsx benchmarks/webgpu-dispatch.ts`; prints a table, and JSON as its last line.
 */
import { axisIndex, makeAxis, scaleIndex, addIndex } from '../packages/tensor/src/compiler/index-expression.ts';
import type { Expression, Kernel, Plan, PlanBuffer } from '../packages/tensor/src/compiler/kernel.ts';
import { createWebgpuBackend } from '../packages/tensor/src/webgpu/backend.ts';
import type { Backend } from '../packages/tensor/src/runtime/backend.ts';
import { commandLine } from './support/command-line.ts';

commandLine(import.meta.url, {});

const parameter = (position: number, size: number): PlanBuffer => ({
  kind: 'parameter',
  position,
  offset: 0,
  type: 'f32',
  size,
});

function plan(buffers: PlanBuffer[], kernels: Kernel[], arenaBytes: number, scalars: number): Plan {
  const parameterCount = buffers.filter(({ kind }) => kind === 'parameter').length;
  return {
    buffers,
    kernels,
    parameterCount,
    arenaBytes,
    scalars: Array.from({ length: scalars }, () => ({ type: 'f32' })),
  };
}

/** A hundred kernels that alternate between two pipelines and two temporaries, with a scalar that changes at every run. */
function hundredKernels(size: number): Plan {
  const axis = makeAxis(size);
  const at = axisIndex(axis);
  const buffers = [
    parameter(0, size),
    parameter(1, size),
    ...[0, 1].map((i): PlanBuffer => ({ kind: 'temporary', position: 0, offset: i * size * 4, type: 'f32', size })),
  ];
  const kernels = Array.from({ length: 100 }, (_, i): Kernel => {
    const load: Expression = {
      kind: 'load',
      type: 'f32',
      buffer: i === 0 ? 0 : 2 + ((i + 1) % 2),
      index: at,
      guards: [],
    };
    const right: Expression = { kind: 'scalar', type: 'f32', slot: 0 };
    const value: Expression = { kind: 'binary', type: 'f32', operator: i % 3 === 0 ? 'mul' : 'add', left: load, right };
    return {
      kind: 'map',
      name: 'map',
      axes: [axis],
      stores: [{ buffer: i === 99 ? 1 : 2 + (i % 2), index: at, value }],
    };
  });
  return plan(buffers, kernels, 2 * size * 4, 1);
}

function matmul(n: number): Plan {
  const [m, j, k] = [makeAxis(n), makeAxis(n), makeAxis(n)];
  const at = (row: typeof m, column: typeof m): ReturnType<typeof axisIndex> =>
    addIndex(scaleIndex(axisIndex(row), n), axisIndex(column));
  const kernel: Kernel = {
    kind: 'contraction',
    name: 'matmul',
    batch: [],
    m: [m],
    n: [j],
    k: [k],
    left: { buffer: 0, index: at(m, k), guards: [] },
    right: { buffer: 1, index: at(k, j), guards: [] },
    stores: [{ buffer: 2, index: at(m, j), value: { kind: 'result', type: 'f32', position: 0 } }],
  };
  return plan(
    [0, 1, 2].map((i) => parameter(i, n * n)),
    [kernel],
    0,
    0,
  );
}

function summary(samples: number[]): { median: number; low: number; high: number } {
  const sorted = samples.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { median: at(0.5), low: at(0.1), high: at(0.9) };
}

function print(
  label: string,
  { median, low, high }: { median: number; low: number; high: number },
  unit: string,
): void {
  console.log(
    `${label.padEnd(44)} ${median.toFixed(2).padStart(9)} ${unit}   (${low.toFixed(2)} – ${high.toFixed(2)})`,
  );
}

async function dispatches(backend: Backend): Promise<{ median: number; low: number; high: number }> {
  const size = 64;
  const executable = backend.compile(hundredKernels(size));
  const [input, output] = [backend.allocate(size * 4), backend.allocate(size * 4)];
  backend.write(input, new Float32Array(size));
  const samples: number[] = [];
  for (let run = 0; run < 120; run++) {
    const start = performance.now();
    backend.run(executable, [input, output], [run]);
    const elapsed = performance.now() - start;
    await backend.synchronize();
    if (run >= 20) samples.push((elapsed * 1000) / executable.kernelCount);
  }
  return summary(samples);
}

async function reads(backend: Backend): Promise<{ median: number; low: number; high: number }> {
  const buffer = backend.allocate(16);
  const data = new Float32Array(4);
  const samples: number[] = [];
  for (let i = 0; i < 120; i++) {
    const start = performance.now();
    await backend.read(buffer, data);
    if (i >= 20) samples.push((performance.now() - start) * 1000);
  }
  return summary(samples);
}

async function products(backend: Backend, n: number): Promise<{ median: number; low: number; high: number }> {
  const executable = backend.compile(matmul(n));
  const buffers = [0, 1, 2].map(() => backend.allocate(n * n * 4));
  for (const buffer of buffers) backend.write(buffer, new Float32Array(n * n).fill(0.5));
  backend.run(executable, buffers, []);
  await backend.synchronize();
  const samples: number[] = [];
  for (let i = 0; i < 7; i++) {
    const start = performance.now();
    backend.run(executable, buffers, []);
    await backend.synchronize();
    samples.push((2 * n ** 3) / (performance.now() - start) / 1e6);
  }
  return summary(samples);
}

async function main(): Promise<void> {
  const backend = await createWebgpuBackend({ allowSoftware: true });
  if ('unavailable' in backend) {
    console.log(backend.unavailable);
    return;
  }
  console.log(backend.description);
  console.log(`${''.padEnd(44)} ${'median'.padStart(9)}        (10 % – 90 %)`);
  const results: Record<string, unknown> = { adapter: backend.description };
  const note = (label: string, unit: string, value: { median: number; low: number; high: number }): void => {
    print(label, value, unit);
    results[label] = { ...value, unit };
  };
  note('processor time per kernel, 100-kernel plan', 'µs', await dispatches(backend));
  note('read of 16 bytes', 'µs', await reads(backend));
  for (const n of [256, 512, 1024]) note(`matmul ${n}`, 'GFLOP/s', await products(backend, n));
  console.log(JSON.stringify(results));
}

await main();
