/**
 * Compares random graphs, their gradients and updates on a device with the float64 interpreter; with --left-out on WebAssembly without one optimisation after the other, and on 1, 2 and 4 threads.
 *
 * npm run fuzz -- [--graphs 2000 | --minutes 60] [--device wasm | --left-out] [--first 1] [--steps 40]
 */
import { parseArgs } from 'node:util';
import { device, setDevice, type DeviceName } from '../../packages/tensor/src/index.ts';
import { judgeGraph, shrink, stepsOf } from './src/check.ts';
import { allWays, checkWays, graphOf } from './src/left-out.ts';

const { values } = parseArgs({
  options: {
    graphs: { type: 'string' },
    minutes: { type: 'string' },
    device: { type: 'string', default: 'wasm' },
    first: { type: 'string', default: '1' },
    steps: { type: 'string', default: '40' },
    'left-out': { type: 'boolean', default: false },
  },
});
setDevice(values.device as DeviceName);
console.log(await device.ready());
const first = Number(values.first);
const minutes = Number(values.minutes ?? Infinity);
const end = first + Number(values.graphs ?? (values.minutes === undefined ? 1000 : Infinity));
const most = Number(values.steps);
const start = performance.now();
const elapsed = (): number => (performance.now() - start) / 1000;
let seed = first;
let failures = 0;
let rounded = 0;
const summary = (): string =>
  `${seed - first} graphs (seeds ${first} to ${seed - 1}), ${failures} differ, ${rounded} decided by rounding, ${elapsed().toFixed(0)} s`;

const ways = values['left-out'] ? allWays() : [];

for (; seed < end && elapsed() < 60 * minutes; seed++) {
  const graphSteps = stepsOf(seed, { least: Math.min(5, most), most });
  if (values['left-out']) {
    const wrong = await checkWays(ways, graphOf(seed, graphSteps), seed);
    failures += Number(wrong.length > 0);
    for (const line of wrong) console.log(`seed ${seed}, ${graphSteps} steps, ${line}`);
    continue;
  }
  const { failure, decidedByRounding } = await judgeGraph(seed, graphSteps);
  if (decidedByRounding) rounded++;
  if (failure !== undefined) {
    failures++;
    const { steps, message } = await shrink(failure);
    console.log(`seed ${seed}, ${steps} steps: ${message}`);
  }
  if ((seed - first + 1) % 1000 === 0) console.log(summary());
}
console.log(summary());
process.exitCode = failures === 0 ? 0 : 1;
