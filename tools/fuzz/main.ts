/**
 * Compares random graphs, their gradients and updates on a device with the float64 interpreter.
 *
 * node --import tsx tools/fuzz/main.ts --graphs 2000 [--device wasm] [--first 1]
 */
import { parseArgs } from 'node:util';
import { device, setDevice, type DeviceName } from '../../packages/tensor/src/index.ts';
import { checkGraph, shrink, stepsOf } from './src/check.ts';

const { values } = parseArgs({
  options: {
    graphs: { type: 'string', default: '1000' },
    device: { type: 'string', default: 'wasm' },
    first: { type: 'string', default: '1' },
  },
});
setDevice(values.device as DeviceName);
console.log(await device.ready());
const [count, first] = [Number(values.graphs), Number(values.first)];
let failures = 0;
const start = performance.now();
for (let seed = first; seed < first + count; seed++) {
  const failure = await checkGraph(seed, stepsOf(seed));
  if (failure === undefined) continue;
  failures++;
  const { steps, message } = await shrink(failure);
  console.log(`seed ${seed}, ${steps} steps: ${message}`);
}
console.log(`${count} graphs, ${failures} differ, ${((performance.now() - start) / 1000).toFixed(1)} s`);
process.exitCode = failures === 0 ? 0 : 1;
