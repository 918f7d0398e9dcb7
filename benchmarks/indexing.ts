/**
 * Gather, scatter and the gradient of an embedding beside PyTorch on one thread of the same processor, in alternating rounds:
 * `node --import tsx benchmarks/indexing.ts [wasm|webgpu] [part of a case's name]`. PyTorch is taken from the system's Python where it is installed.
 *
 * Sums of single elements take two passes over the updates (exponents first, then sums in double precision), because they are the same bits in any order;
 * PyTorch's are not, and take one.
 */
import { vjp } from '@hebb/autograd';
import {
  embedding,
  gather,
  indexAdd,
  indexSelect,
  manualSeed,
  randint,
  randn,
  realize,
  scatterAdd,
  segmentMax,
  setDevice,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { besidePyTorch, on, type Run } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName, filter } = commandLine(import.meta.url, { device: devices, filter: '' });

setDevice(deviceName);
manualSeed(1);

const million = randn([1_000_000]);
const anywhere = randint([1_000_000], 0, 1_000_000);
const square = randn([1000, 1000]);
const columns = randint([1000, 1000], 0, 1000);
const table = randn([50_000, 64]);
const rows = randint([8_192], 0, 50_000);
const few = randint([1_000_000], 0, 100_000);
const nodes = randint([100_000], 0, 10_000);
const edges = randn([100_000, 64]);
const up = randn([8_192, 64]);
await realize(up);

const cases: Readonly<Record<string, { f: (x: Tensor, index: Tensor) => Tensor; x: Tensor; index: Tensor }>> = {
  'gather-elements': { f: (x, i) => gather(x, 0, i), x: million, index: anywhere },
  'gather-columns': { f: (x, i) => gather(x, 1, i), x: square, index: columns },
  'index-select-rows': { f: (x, i) => indexSelect(x, 0, i), x: table, index: rows },
  'scatter-add-elements': { f: (x, i) => scatterAdd(zeros([100_000]), 0, i, x), x: million, index: few },
  'scatter-add-columns': { f: (x, i) => scatterAdd(zeros([1000, 1000]), 1, i, x), x: square, index: columns },
  'scatter-add-rows': { f: (x, i) => indexAdd(zeros([10_000, 64]), 0, i, x), x: edges, index: nodes },
  'scatter-max-rows': { f: (x, i) => segmentMax(x, i, 10_000), x: edges, index: nodes },
  'embedding-gradient': {
    f: (x, i) => vjp((weight: Tensor) => embedding(i, weight), x).pullback(up)[0],
    x: table,
    index: rows,
  },
};

const runs: Record<string, Run> = {};
for (const [name, { f, x, index }] of Object.entries(cases)) runs[name] = await on([x, index], f);
await besidePyTorch(new URL('indexing.py', import.meta.url), runs, filter);
