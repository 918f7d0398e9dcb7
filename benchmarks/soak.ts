/**
 * Does memory stay flat? Trains the digits CNN for many steps and compares the device's memory with what it was after step 10:
 * `node --expose-gc --import tsx benchmarks/soak.ts [wasm|webgpu] [steps]`. Exits with 1 where it differs.
 */
import { device, setDevice } from '@hebb/tensor';
import { batches, trainingStep } from '../packages/hebb/test/support/training-step.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: name, steps } = commandLine(import.meta.url, { device: devices, steps: 2010 });
let failed = false;
setDevice(name);
console.log(await device.ready());

for (const kind of ['compiled', 'record'] as const) {
  const step = trainingStep();
  let done = 0;
  let baseline = '';
  const start = performance.now();
  for (const { x, y } of batches()) {
    const loss = await step[kind](x, y).item();
    done++;
    const memory = JSON.stringify(device.memory());
    if (done === 10) baseline = memory;
    const report = done === 10 || done % 500 === 0 || done === steps;
    if (report) {
      (globalThis as { gc?: () => void }).gc?.();
      const heap = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
      console.log(
        `${kind} step ${String(done).padStart(5)} · loss ${loss.toFixed(4)} · ${memory} · JavaScript heap ${heap} MiB`,
      );
    }
    if (done > 10 && memory !== baseline) failed = true;
    if (done === steps) break;
  }
  console.log(
    `${kind}: ${((performance.now() - start) / steps).toFixed(2)} ms a step; plan cache ${JSON.stringify(device.stats().planCache)}`,
  );
}
console.log(failed ? 'MEMORY CHANGED' : `memory is flat: the same after each of ${steps} steps as after step 10`);
process.exit(failed ? 1 : 0);
