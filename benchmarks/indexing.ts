/**
 * Gather, scatter and the gradient of an embedding beside PyTorch on one thread of the same processor, in alternating rounds:
 * `node --import tsx benchmarks/indexing.ts [wasm|webgpu]`. PyTorch is taken from the system's Python where it is installed.
 *
 * Sums of single elements take two passes over the updates (exponents first, then sums in double precision), because they are the same bits in any order;
 * PyTorch's are not, and take one.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { vjp } from '@hebb/autograd';
import {
  compile,
  device,
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
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName } = commandLine(import.meta.url, { device: devices });
const rounds = 5;
const runsPerRound = 10;

setDevice(deviceName);
const description = await device.ready();
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
await realize(million, anywhere, square, columns, table, rows, few, nodes, edges, up);

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

const python = spawn('/usr/bin/python3', [fileURLToPath(new URL('indexing.py', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'ignore'],
});
const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
python.on('error', () => {});
const version = await lines.next();
const hasPyTorch = version.done !== true;

console.log(
  `Hebb, ${description}; ${hasPyTorch ? `PyTorch ${version.value}, 1 thread` : 'no PyTorch'}; best of ${rounds} rounds, milliseconds a run`,
);
console.log(`${'case'.padEnd(22)}${'Hebb'.padStart(9)}${'PyTorch'.padStart(9)}${'ratio'.padStart(7)}`);
for (const [name, { f, x, index }] of Object.entries(cases)) {
  const compiled = compile(f);
  const run = async (): Promise<void> => {
    const y = compiled(x, index);
    await realize(y);
    await device.synchronize();
    y.dispose();
  };
  await run();
  let [ours, theirs] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < runsPerRound; i++) await run();
    ours = Math.min(ours, (performance.now() - start) / runsPerRound);
    if (!hasPyTorch) continue;
    python.stdin.write(`${name} ${runsPerRound}\n`);
    theirs = Math.min(theirs, Number((await lines.next()).value));
  }
  const [own, other] = [ours.toFixed(2).padStart(9), hasPyTorch ? theirs.toFixed(2).padStart(9) : ''];
  console.log(`${name.padEnd(22)}${own}${other}${hasPyTorch ? (ours / theirs).toFixed(2).padStart(7) : ''}`);
}
python.stdin.end();
