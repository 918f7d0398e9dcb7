/** @module-tag long: it runs benchmarks. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { buildProgram } from '../../tools/testing/src/programs.ts';
import { computationOf } from '../bench/computations.ts';
import { chosenContenders } from '../bench/contenders.ts';
import { firstRows, makeValues, readData, writeData, type Values } from '../bench/data.ts';
import { readOptions } from '../bench/options.ts';
import { pageOf } from '../bench/page.ts';
import { exponentOf, markdownOf, median, ratiosOf, shareOfLimit, tablesOf, type Report } from '../bench/results.ts';
import { chosenWorkloads, kinds, workloads } from '../bench/workloads.ts';

const folder = mkdtempSync(join(tmpdir(), 'hebb-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const named = (name: string) => chosenWorkloads([name])[0]!;

describe('the workloads', () => {
  it('have names and titles of their own and cover every kind', () => {
    for (const key of ['name', 'title'] as const)
      expect(new Set(workloads.map((each) => each[key])).size).toBe(workloads.length);
    expect(new Set(workloads.map(({ kind }) => kind))).toEqual(new Set(kinds));
  });

  it.each([
    ['mlp', 784 * 512 + 512 + 512 * 256 + 256 + 256 * 10 + 10],
    ['cnn', 32 * 10 + 64 * (32 * 9 + 1) + 9216 * 128 + 128 + 1290],
    // GPT-2: 12 width² + 13 width a block, tokens, positions, the last norm.
    ['gpt', 4 * (12 * 128 ** 2 + 13 * 128) + 96 * 128 + 128 * 128 + 256],
    ['lstm', 4 * 128 * (64 + 128 + 2) + 1290],
    ['gcn', 1433 * 16 + 16 + 16 * 7 + 7],
    // torchvision's ResNet-18 has 11,689,512 for 1,000 classes and a first convolution of 7×7.
    ['resnet', 11_689_512 - 513 * 990 - 64 * 3 * (49 - 9)],
    ['text', 640_000 + 65 * 64 + 130],
  ])('of %s train as many parameters as the paper has, each with a first value', (name, count) => {
    const workload = named(name);
    const weights = Object.fromEntries(
      Object.entries(workload.weights).map(([name, definition]) => [name, makeValues(name, definition)]),
    );
    const { model } = computationOf({ workload, weights, inputs: {} }, { drops: true });
    expect(model?.parameterCount).toBe(count);
  });

  it('are chosen by name or group', () => {
    expect(chosenWorkloads([])).toBe(workloads);
    expect(chosenWorkloads(['gelu', 'matmul-512']).map(({ name }) => name)).toEqual(['matmul-512', 'gelu']);
    expect(chosenWorkloads(['scaling']).every(({ scale }) => scale !== undefined)).toBe(true);
    expect(() => chosenWorkloads(['matmul-13'])).toThrow(/no workload 'matmul-13'; there are matmul-512, .* the groups operations/); // prettier-ignore
  });
});

describe('the numbers', () => {
  it('are those of the definition, in a file and out of it', () => {
    writeData(folder, named('gcn'));
    const { inputs, weights, workload } = readData(folder);
    expect(workload).toEqual(JSON.parse(JSON.stringify(named('gcn'))));
    expect(weights).toEqual(Object.fromEntries(Object.entries(workload.weights).map(([name, each]) => [name, makeValues(name, each)]))); // prettier-ignore
    const { data } = inputs['edges'] as Values;
    expect(data.length).toBe(2 * 10_556);
    expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...data)).toBeLessThan(2708);
    for (let i = 0; i < 10_556; i++) expect(data[i]).not.toBe(data[10_556 + i]);
  });

  it('are drawn as they are said to be', () => {
    const data = [...makeValues('x', { shape: [100, 1000], fill: { normal: 2 } }).data];
    const mean = data.reduce((sum, each) => sum + each, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, each) => sum + (each - mean) ** 2, 0) / data.length);
    // Five times the deviation of either over 100,000 draws.
    expect(Math.abs(mean)).toBeLessThan(5 * (2 / Math.sqrt(1e5)));
    expect(Math.abs(deviation - 2)).toBeLessThan(5 * (2 / Math.sqrt(2e5)));
    const bounded = makeValues('w', { shape: [1000], fill: { uniform: 0.5 } }).data;
    expect(Math.max(...bounded)).toBeLessThanOrEqual(0.5);
    expect(Math.min(...bounded)).toBeLessThan(-0.49);
  });

  it('of a smaller batch are the first rows', () => {
    const rows = firstRows({ x: { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) } }, 2);
    expect(rows).toEqual({ x: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } });
  });
});

describe('the command line', () => {
  it('has defaults, and short rounds in a hurry', () => {
    expect(readOptions([])).toMatchObject({ workloads: [], contenders: [], rounds: 7, clock: 'wall', isQuick: false });
    expect(readOptions(['--quick']).rounds).toBe(3);
    expect(
      readOptions(['mlp', '--quick', '--rounds', '5', '--threads', '1,4', '--contenders=hebb,tfjs']),
    ).toMatchObject({
      workloads: ['mlp'],
      rounds: 5,
      threads: [1, 4],
      contenders: ['hebb', 'tfjs'],
    });
  });

  it.each([
    [['--rounds', '0'], /--rounds must be a positive integer, not '0'/],
    [['--threads', '1,two'], /--threads must be a positive integer, not 'two'/],
    [['--clock', 'sun'], /--clock must be wall or processor, not 'sun'/],
    [['--out', ''], /--out must be a folder/],
    [['--fast'], /Unknown option '--fast'/],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });

  it('names contenders by themselves or by family, WebGPU only by itself', () => {
    const names = (...given: string[]): string[] => chosenContenders(given, [1, 2]).map(({ name }) => name);
    expect(names()).toEqual(['hebb-1', 'hebb-2', 'hebb-1-flags', 'hebb-2-flags', 'pytorch-1', 'pytorch-2', 'onnxruntime-1', 'onnxruntime-2', 'tfjs', 'jax-js']); // prettier-ignore
    expect(names('pytorch', 'hebb-1')).toEqual(['hebb-1', 'pytorch-1', 'pytorch-2']);
    expect(names('hebb-webgpu')).toEqual(['hebb-webgpu']);
    expect(names('tfjs')).toEqual(['tfjs']);
    expect(names('webgpu', 'tfjs')).toEqual(['hebb-webgpu', 'tfjs', 'tfjs-webgpu', 'jax-js-webgpu']);
    expect(() => names('mxnet')).toThrow(/no contender 'mxnet'; there are hebb-1, /);
  });

  it('gives PyTorch no more threads than it is compared with, in its matrix products either', () => {
    for (const { env, threads } of chosenContenders(['pytorch'], [1, 2]))
      expect(env).toMatchObject({ OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) });
  });
});

const contender = (name: string, family: string, engine: string, threads = 1, device = 'processor') => ({ name, family, engine, threads, device, flags: false }); // prettier-ignore
const times = (contender: string, wall: number) => ({ contender, version: '', wall: { median: wall, least: wall, most: wall, rounds: [wall] }, processor: { median: 2 * wall, rounds: [2 * wall] } }); // prettier-ignore
const report: Report = {
  format: 1,
  date: '2026-01-02T03:04:05.000Z',
  command: 'npm run bench',
  commit: 'abc',
  machine: 'a machine',
  v8: '1',
  load: [0, 0],
  clock: 'wall',
  rounds: 3,
  contenders: [contender('hebb-1', 'hebb', 'hebb'), contender('hebb-2', 'hebb', 'hebb', 2), contender('pytorch-1', 'pytorch', 'native'), contender('tfjs', 'tfjs', 'javascript')], // prettier-ignore
  limits: [
    { threads: 1, flags: false, gflops: 30 },
    { threads: 2, flags: false, gflops: 60 },
  ],
  workloads: [
    {
      name: 'p',
      title: 'product <1>',
      definition: 'a · b',
      group: 'operations',
      multiplyAdds: 1.5e8,
      entries: [times('hebb-1', 12), times('hebb-2', 10), times('pytorch-1', 4), { contender: 'tfjs', version: '', gap: 'no such kernel' }], // prettier-ignore
    },
    {
      name: 't',
      title: 'step',
      definition: 'a step',
      group: 'training',
      entries: [times('hebb-1', 8), times('hebb-2', 4), times('pytorch-1', 8), { ...times('tfjs', 1), losses: [2], lossDifference: 0.5, isSame: false }], // prettier-ignore
    },
  ],
  bundles: [{ contender: 'Hebb', entry: 30.2, whole: 90.4 }],
};

describe('the results', () => {
  it('are medians and exponents', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(exponentOf([1, 2, 4, 8].map((size) => [size, 3 * size ** 1.5]))).toBeCloseTo(1.5, 12);
  });

  it('compare the fastest contender of each side, and none that computes something else', () => {
    const [product, step] = report.workloads;
    expect(ratiosOf(report, product!)).toEqual({ pytorch: 2.5, onnxruntime: undefined, peers: undefined });
    expect(ratiosOf(report, step!)).toEqual({ pytorch: 0.5, onnxruntime: undefined, peers: undefined });
    expect(ratiosOf({ ...report, clock: 'processor' }, product!).pytorch).toBe(2.5);
    // 3e8 operations in 10 ms are 30 GFLOP/s, half of the limit of two threads.
    expect(shareOfLimit(report, product!)).toBeCloseTo(0.5, 12);
    expect(shareOfLimit(report, step!)).toBeUndefined();
  });

  it('are tables in which gaps have a name', () => {
    const tables = tablesOf(report);
    expect(tables.map(({ title }) => title)).toEqual(['Time', 'First step and memory', 'Scaling', 'Bundle', 'WebAssembly’s limit', 'Gaps']); // prettier-ignore
    const [time] = tables;
    expect(time?.rows[0]).toEqual(['product <1>', '12.0', '10.0', '4.00', '–', '2.50', '–', '–', '50 %']);
    expect(time?.rows[1]).toEqual(['step', '8.00', '4.00', '8.00', '1.00 ≠', '0.500', '–', '–', '–']);
    expect(tables.at(-1)?.rows).toEqual([
      ['tfjs', 'p', 'no such kernel'],
      ['tfjs', 't', 'losses differ from PyTorch’s by 5.0e-1: not counted'],
    ]);
    expect(tables[2]?.rows).toEqual([['threads, step', '1, 2', '–', '-1.00', '–', '–']]);
    const lines = markdownOf(time!).split('\n').slice(4);
    expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
  });

  it('say what WebGPU was asked to do, beside the times of its contenders, which have no share of WebAssembly’s limit', () => {
    const work = { dispatches: 1200, submissions: 3, bound: 2_500_000, uploaded: 1500, read: 500, copied: 500 };
    const webgpu = contender('hebb-webgpu', 'hebb', 'hebb', 1, 'webgpu');
    const [product, step] = report.workloads;
    const rows = [{ ...product!, entries: [{ ...times('hebb-webgpu', 1), work }, times('pytorch-1', 4)] }, step!];
    const beside = { ...report, contenders: [webgpu, ...report.contenders], workloads: rows };
    const table = tablesOf(beside).find(({ title }) => title === 'Work on WebGPU');
    expect(table?.columns).toEqual(['workload', 'hebb-webgpu']);
    expect(table?.rows).toEqual([['product <1>', '1,200 / 2.50 / 2.00']]);
    expect(pageOf(beside)).toContain('1,200 / 2.50 / 2.00');
    expect(shareOfLimit(beside, rows[0]!)).toBeUndefined();
  });

  it('are a page with bars of what was measured', () => {
    const page = pageOf(report);
    expect(page).toContain('product &lt;1&gt;');
    expect(page).toMatch(/hebb-2<\/dt>\s*<dd><div class="bar s1" style="width:83.3%">/);
    expect(page).toContain('2.50 times as long as PyTorch, 50 % of WebAssembly’s limit.');
    expect(page).toContain('2.00 times as fast as PyTorch');
    expect(page).not.toMatch(/tfjs<\/dt>/);
    expect(page).not.toContain('<script');
  });
});

const program = await buildProgram(fileURLToPath(new URL('../bench.ts', import.meta.url)));

it('a run writes what it measured, with machine, versions, command and commit, and the page', async () => {
  const args = ['add', 'mlp-first', '--contenders', 'hebb-1,tfjs', '--quick', '--rounds', '1', '--out', folder];
  const child = spawn(process.execPath, [program, ...args]);
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  const written = JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8')) as Report;
  expect(written).toMatchObject({ format: 1, clock: 'wall', rounds: 1, command: `npm run bench -- ${args.join(' ')}` });
  expect(written.machine).toContain(`Node ${process.versions.node}`);
  expect(written.commit).toMatch(/^[0-9a-f]{40}( and changes)?$/);
  expect(written.workloads.map(({ name }) => name)).toEqual(['add', 'mlp-first']);
  for (const { entries } of written.workloads) {
    const [hebb] = entries;
    expect(hebb).toMatchObject({ contender: 'hebb-1', version: expect.stringContaining('WebAssembly') });
    expect(hebb?.wall?.rounds).toHaveLength(1);
    expect(hebb?.wall?.median).toBeGreaterThan(0);
  }
  expect(readFileSync(join(folder, 'bench.html'), 'utf8')).toContain('first MLP step');
  expect(readFileSync(join(folder, 'bench.md'), 'utf8')).toContain('| one add of 16 numbers, read back |');
}, 120_000);
