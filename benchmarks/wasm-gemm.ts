/**
 * Speed of the WebAssembly backend's kernels: matrix products, the convolutions of a small CNN, elementwise and reductions.
 * `node --import tsx benchmarks/wasm-gemm.ts [filter] [tile, like 6x16] [optimisations to leave out] [--relaxed] [--cpu] [--json]`; prints a table (median of the runs) and, with `--json`,
 * JSON. `--cpu` takes processor time instead of wall time, for machines that are shared.
 */
import { setFlagsFromString } from 'node:v8';
import {
  addIndex,
  axisIndex,
  constantIndex,
  divideIndex,
  makeAxis,
  remainderIndex,
  scaleIndex,
  type Axis,
  type Index,
} from '../packages/tensor/src/compiler/index-expression.ts';
import type { Condition, Expression, Kernel, Operand, Plan, Store } from '../packages/tensor/src/compiler/kernel.ts';
import { withoutListed } from '../packages/tensor/src/compiler/optimisations.ts';
import type { Backend } from '../packages/tensor/src/runtime/backend.ts';
import { commandLine } from './support/command-line.ts';

const { filter, relaxed, tile, without, cpu, json } = commandLine(import.meta.url, {
  filter: '',
  relaxed: false,
  tile: '',
  without: '',
  cpu: false,
  json: false,
});
if (relaxed) setFlagsFromString('--experimental-wasm-relaxed-simd');
const { createWasmBackend } = await import('../packages/tensor/src/wasm/backend.ts');
const { allTiles } = await import('../packages/tensor/src/wasm/tiles.ts');
const chosen = allTiles.find(({ rows, columns }) => `${rows}x${columns}` === tile);
const backend: Backend = createWasmBackend({
  ...(chosen !== undefined && { tile: chosen }),
  without: withoutListed(without, 'wasm'),
});

const rowMajor = (axes: readonly Axis[]): Index =>
  axes.reduce((total, axis) => addIndex(scaleIndex(total, axis.extent), axisIndex(axis)), constantIndex(0));
const linear = (terms: readonly (readonly [Axis, number])[], constant = 0): Index =>
  terms.reduce(
    (total, [axis, stride]) => addIndex(total, scaleIndex(axisIndex(axis), stride)),
    constantIndex(constant),
  );
const load = (buffer: number, index: Index): Expression => ({ kind: 'load', type: 'f32', buffer, index, guards: [] });
const result: Expression = { kind: 'result', type: 'f32', position: 0 };

interface Case {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly kernels: readonly Kernel[];
  /** Floating-point operations, or bytes moved. */
  readonly work: number;
  readonly unit: 'GFLOP/s' | 'GB/s';
}

function plan({ sizes, kernels }: Case): Plan {
  return {
    kernels,
    buffers: sizes.map((size, position) => ({ kind: 'parameter', position, offset: 0, type: 'f32', size })),
    parameterCount: sizes.length,
    scalars: [],
    arenaBytes: 0,
  };
}

function contraction(
  name: string,
  axes: Pick<Extract<Kernel, { kind: 'contraction' }>, 'batch' | 'm' | 'n' | 'k'>,
  left: Operand,
  right: Operand,
  stores: readonly Store[],
  sizes: readonly number[],
): Case {
  const count = [...axes.batch, ...axes.m, ...axes.n, ...axes.k].reduce((product, { extent }) => product * extent, 2);
  return {
    name,
    sizes,
    kernels: [{ kind: 'contraction', name, ...axes, left, right, stores }],
    work: count,
    unit: 'GFLOP/s',
  };
}

function matmul(b: number, m: number, n: number, k: number, layout: 'NN' | 'NT' | 'TN' = 'NN'): Case {
  const [batch, row, column, inner] = [makeAxis(b), makeAxis(m), makeAxis(n), makeAxis(k)];
  return contraction(
    `matmul ${layout} ${b > 1 ? `${b}×` : ''}${m}×${n}×${k}`,
    { batch: [batch], m: [row], n: [column], k: [inner] },
    { buffer: 0, index: rowMajor(layout === 'TN' ? [batch, inner, row] : [batch, row, inner]), guards: [] },
    { buffer: 1, index: rowMajor(layout === 'NT' ? [batch, column, inner] : [batch, inner, column]), guards: [] },
    [{ buffer: 2, index: rowMajor([batch, row, column]), value: result }],
    [b * m * k, b * k * n, b * m * n],
  );
}

function convolution(
  kind: 'forward' | 'dx' | 'dw',
  batch: number,
  channels: number,
  outputs: number,
  size: number,
  kernel: number,
  padding: number,
  stride = 1,
): Case {
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const [n, o, c] = [makeAxis(batch), makeAxis(outputs), makeAxis(channels)];
  const [oh, ow, kh, kw, ih, iw] = [
    makeAxis(out),
    makeAxis(out),
    makeAxis(kernel),
    makeAxis(kernel),
    makeAxis(size),
    makeAxis(size),
  ];
  const within = (index: Index, extent: number): Condition => ({ index, lower: 0, upper: extent });
  const row = linear(
    [
      [oh, stride],
      [kh, 1],
    ],
    -padding,
  );
  const column = linear(
    [
      [ow, stride],
      [kw, 1],
    ],
    -padding,
  );
  const inputGuards = padding === 0 ? [] : [within(row, size), within(column, size)];
  const input = addIndex(
    linear([
      [n, channels * size * size],
      [c, size * size],
    ]),
    addIndex(scaleIndex(row, size), column),
  );
  const weight = rowMajor([o, c, kh, kw]);
  const output = rowMajor([n, o, oh, ow]);
  const sizes = [outputs * channels * kernel * kernel, batch * channels * size * size, batch * outputs * out * out];
  const name = `conv ${kind} ${channels}→${outputs} ${kernel}×${kernel} ${size}×${size} batch ${batch}${stride > 1 ? ` stride ${stride}` : ''}`;
  if (kind === 'forward') {
    return contraction(
      name,
      { batch: [], m: [o], n: [n, oh, ow], k: [c, kh, kw] },
      { buffer: 0, index: weight, guards: [] },
      { buffer: 1, index: input, guards: inputGuards },
      [{ buffer: 2, index: output, value: result }],
      sizes,
    );
  }
  if (kind === 'dw') {
    return contraction(
      name,
      { batch: [], m: [o], n: [c, kh, kw], k: [n, oh, ow] },
      { buffer: 2, index: output, guards: [] },
      { buffer: 1, index: input, guards: inputGuards },
      [{ buffer: 0, index: weight, value: result }],
      sizes,
    );
  }
  const coordinate = (i: Axis, k: Axis): { index: Index; guards: Condition[] } => {
    const sum = linear(
      [
        [i, 1],
        [k, -1],
      ],
      padding + stride * kernel,
    );
    const index = addIndex(divideIndex(sum, stride), constantIndex(-kernel));
    const exact = remainderIndex(sum, stride);
    return { index, guards: [within(index, out), ...(stride > 1 ? [{ index: exact, lower: 0, upper: 1 }] : [])] };
  };
  const y = coordinate(ih, kh);
  const x = coordinate(iw, kw);
  const gradient = addIndex(
    linear([
      [n, outputs * out * out],
      [o, out * out],
    ]),
    addIndex(scaleIndex(y.index, out), x.index),
  );
  const item = contraction(
    name,
    { batch: [], m: [c], n: [n, ih, iw], k: [o, kh, kw] },
    { buffer: 0, index: weight, guards: [] },
    { buffer: 2, index: gradient, guards: [...y.guards, ...x.guards] },
    [{ buffer: 1, index: rowMajor([n, c, ih, iw]), value: result }],
    sizes,
  );
  // Only one product in stride² is not zero.
  return { ...item, work: item.work / stride ** 2 };
}

function elementwise(name: string, size: number, inputs: number, value: (loads: Expression[]) => Expression): Case {
  const axis = makeAxis(size);
  const loads = Array.from({ length: inputs }, (_, i) => load(i, axisIndex(axis)));
  return {
    name,
    sizes: Array.from({ length: inputs + 1 }, () => size),
    kernels: [
      { kind: 'map', name, axes: [axis], stores: [{ buffer: inputs, index: axisIndex(axis), value: value(loads) }] },
    ],
    work: 4 * size * (inputs + 1),
    unit: 'GB/s',
  };
}

function reduction(
  name: string,
  rows: number,
  columns: number,
  over: 'rows' | 'columns',
  operator: 'sum' | 'max' = 'sum',
): Case {
  const [row, column] = [makeAxis(rows), makeAxis(columns)];
  const [kept, reduced] = over === 'columns' ? [row, column] : [column, row];
  return {
    name,
    sizes: [rows * columns, kept.extent],
    kernels: [
      {
        kind: 'reduce',
        name,
        axes: [kept],
        reduceAxes: [reduced],
        reducers: [{ operator, value: load(0, rowMajor([row, column])) }],
        stores: [{ buffer: 1, index: axisIndex(kept), value: result }],
      },
    ],
    work: 4 * rows * columns,
    unit: 'GB/s',
  };
}

function transpose(rows: number, columns: number): Case {
  const [row, column] = [makeAxis(rows), makeAxis(columns)];
  const name = `transpose ${rows}×${columns}`;
  const stores = [{ buffer: 1, index: rowMajor([column, row]), value: load(0, rowMajor([row, column])) }];
  return {
    name,
    sizes: [rows * columns, rows * columns],
    kernels: [{ kind: 'map', name, axes: [column, row], stores }],
    work: 8 * rows * columns,
    unit: 'GB/s',
  };
}

const unary =
  (operator: 'exp' | 'tanh' | 'erf' | 'log' | 'sigmoid' | 'sin') =>
  ([x = result]: Expression[]): Expression => ({ kind: 'unary', type: 'f32', operator, operand: x });
const binary =
  (operator: 'add' | 'mul' | 'pow') =>
  ([x = result, y = result]: Expression[]): Expression => ({
    kind: 'binary',
    type: 'f32',
    operator,
    left: x,
    right: y,
  });
const million = 2 ** 20;

const cases: Case[] = [
  matmul(1, 512, 512, 512),
  matmul(1, 1024, 1024, 1024),
  matmul(1, 512, 512, 512, 'NT'),
  matmul(1, 512, 512, 512, 'TN'),
  matmul(1, 128, 512, 784, 'NT'),
  matmul(1, 128, 10, 512, 'NT'),
  matmul(1, 512, 784, 128, 'TN'),
  matmul(1, 128, 784, 512),
  matmul(64, 64, 64, 32, 'NT'),
  matmul(64, 64, 32, 64),
  matmul(512, 8, 8, 8),
  matmul(1, 1, 1024, 1024),
  matmul(1, 1, 1024, 1024, 'NT'),
  matmul(1, 1024, 1024, 1),
  convolution('forward', 128, 16, 32, 14, 3, 1),
  convolution('dx', 128, 16, 32, 14, 3, 1),
  convolution('dw', 128, 16, 32, 14, 3, 1),
  convolution('forward', 128, 1, 16, 28, 3, 1),
  convolution('dw', 128, 1, 16, 28, 3, 1),
  convolution('forward', 128, 1, 16, 28, 3, 0),
  convolution('forward', 128, 16, 32, 14, 3, 0),
  convolution('dw', 128, 16, 32, 14, 3, 0),
  convolution('forward', 16, 1, 8, 32, 3, 1),
  convolution('forward', 16, 8, 8, 32, 3, 1),
  convolution('dx', 16, 8, 8, 32, 3, 1),
  convolution('dw', 16, 8, 8, 32, 3, 1),
  convolution('forward', 16, 8, 16, 16, 3, 1),
  convolution('forward', 16, 16, 16, 16, 3, 1),
  convolution('dx', 16, 16, 16, 16, 3, 1),
  convolution('dw', 16, 16, 16, 16, 3, 1),
  convolution('forward', 16, 32, 32, 8, 3, 1),
  convolution('dx', 16, 32, 32, 8, 3, 1),
  convolution('dw', 16, 32, 32, 8, 3, 1),
  convolution('forward', 64, 32, 64, 26, 3, 0),
  convolution('dx', 64, 32, 64, 26, 3, 0),
  convolution('dw', 64, 32, 64, 26, 3, 0),
  convolution('forward', 16, 256, 256, 8, 3, 1),
  convolution('dx', 16, 256, 256, 8, 3, 1),
  convolution('dw', 16, 256, 256, 8, 3, 1),
  convolution('forward', 16, 512, 512, 4, 3, 1),
  convolution('dx', 16, 512, 512, 4, 3, 1),
  convolution('dw', 16, 512, 512, 4, 3, 1),
  convolution('dw', 16, 3, 64, 32, 3, 1),
  convolution('forward', 32, 64, 64, 28, 3, 1),
  convolution('dx', 32, 64, 64, 28, 3, 1),
  convolution('dw', 32, 64, 64, 28, 3, 1),
  convolution('forward', 32, 32, 64, 28, 3, 1, 2),
  convolution('dx', 32, 32, 64, 28, 3, 1, 2),
  convolution('dw', 32, 32, 64, 28, 3, 1, 2),
  convolution('dx', 32, 32, 64, 16, 4, 1, 2),
  transpose(1024, 1024),
  transpose(1000, 1000),
  transpose(128, 784),
  elementwise('add 64Ki', 65536, 2, binary('add')),
  elementwise('add 4Mi', 4 * million, 2, binary('add')),
  elementwise('exp 64Ki', 65536, 1, unary('exp')),
  elementwise('log 64Ki', 65536, 1, unary('log')),
  elementwise('tanh 64Ki', 65536, 1, unary('tanh')),
  elementwise('sigmoid 64Ki', 65536, 1, unary('sigmoid')),
  elementwise('erf 64Ki', 65536, 1, unary('erf')),
  elementwise('sin 64Ki', 65536, 1, unary('sin')),
  elementwise('pow 64Ki', 65536, 2, binary('pow')),
  reduction('sum all 64Ki', 1, 65536, 'columns'),
  reduction('sum all 4Mi', 1, 4 * million, 'columns'),
  reduction('row sums 1024×1024', 1024, 1024, 'columns'),
  reduction('column sums 1024×1024', 1024, 1024, 'rows'),
  reduction('column sums 16384×16', 16384, 16, 'rows'),
  reduction('row max 4096×10', 4096, 10, 'columns', 'max'),
  reduction('row sums 4096×10', 4096, 10, 'columns'),
];

const now = cpu ? () => process.cpuUsage().user / 1000 : () => performance.now();

const table: { name: string; value: number; unit: string; milliseconds: number }[] = [];
for (const item of cases) {
  if (!item.name.includes(filter)) continue;
  const executable = backend.compile(plan(item));
  const buffers = item.sizes.map((size) => {
    const buffer = backend.allocate(4 * size);
    backend.write(
      buffer,
      Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 1000) / 1000 + 0.01),
    );
    return buffer;
  });
  // Warm until the optimising compiler has taken over.
  const warmUntil = performance.now() + 250;
  const warmStart = now();
  let runs = 0;
  for (; runs < 5 || performance.now() < warmUntil; runs++) backend.run(executable, buffers, []);
  const single = (now() - warmStart) / runs;
  const repeat = Math.max(1, Math.ceil(5 / Math.max(single, 1e-3)));
  const times: number[] = [];
  for (let sample = 0; sample < 15; sample++) {
    const start = now();
    for (let i = 0; i < repeat; i++) backend.run(executable, buffers, []);
    times.push((now() - start) / repeat);
  }
  times.sort((a, b) => a - b);
  const milliseconds = times[7] ?? 0;
  table.push({ name: item.name, value: item.work / milliseconds / 1e6, unit: item.unit, milliseconds });
  console.log(
    `${item.name.padEnd(46)} ${(item.work / milliseconds / 1e6).toFixed(1).padStart(7)} ${item.unit.padEnd(8)} ${milliseconds.toFixed(3).padStart(9)} ms   (${(times[0] ?? 0).toFixed(3)} … ${(times[14] ?? 0).toFixed(3)})`,
  );
  for (const buffer of buffers) backend.free(buffer);
  executable.dispose();
}
if (json) console.log(JSON.stringify({ device: backend.description, table }));
