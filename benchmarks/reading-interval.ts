/**
 * Does a loop without `compile` take the same time per step however often its loss is read? 600 steps of a small classifier (forward,
 * backward, AdamW), the loss read every 1, 7, 100, 300 steps and only at the end, in alternating rounds:
 * `node --import tsx benchmarks/reading-interval.ts [wasm|webgpu] [rounds] [steps]`. Every contender begins with plans of its own, as a
 * program does.
 */
import { MultilayerPerceptron } from '@hebb/architectures';
import { valueAndGrad } from '@hebb/autograd';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import { device, manualSeed, rand, randint, realize, setDevice } from '@hebb/tensor';
import { commandLine, devices } from './support/command-line.ts';

const { device: name, rounds, steps } = commandLine(import.meta.url, { device: devices, rounds: 3, steps: 600 });
const intervals = [1, 7, 100, 300, Infinity];

setDevice(name);
console.log(await device.ready());

/** Milliseconds of a whole run, and the last loss. A width of its own makes the plans new. */
async function run(interval: number, width: number): Promise<{ milliseconds: number; misses: number; heap: number }> {
  manualSeed(1);
  const model = new MultilayerPerceptron({ inputs: 8, hidden: [width], outputs: 4 });
  const optimizer = new AdamW(model, { learningRate: 1e-3 });
  const x = rand([16, 8]);
  const y = randint([16], 0, 4);
  await realize(x, y);
  const { misses } = device.stats().planCache;
  const start = performance.now();
  for (let step = 1; step <= steps; step++) {
    const { value: loss, grads } = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
    optimizer.step(grads);
    if (step % interval === 0 || step === steps) await loss.item();
  }
  await device.synchronize();
  return {
    milliseconds: performance.now() - start,
    misses: device.stats().planCache.misses - misses,
    heap: process.memoryUsage().heapUsed / 2 ** 20,
  };
}

const results = intervals.map((interval) => ({ interval, times: [] as number[], misses: 0, heap: 0 }));
let width = 16;
for (let round = 0; round < rounds; round++) {
  for (const result of results) {
    const { milliseconds, misses, heap } = await run(result.interval, width++);
    result.times.push(milliseconds);
    result.misses = misses;
    result.heap = heap;
  }
}
console.log(`${steps} steps, median of ${rounds} (least – most), each with fresh plans`);
for (const { interval, times, misses, heap } of results) {
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  const label = Number.isFinite(interval) ? `read every ${interval}` : 'read at the end';
  console.log(
    `${label.padEnd(16)} ${median.toFixed(0).padStart(7)} ms (${times[0]?.toFixed(0)} – ${times.at(-1)?.toFixed(0)})  ${(median / steps).toFixed(2).padStart(6)} ms a step  ${misses} plans compiled  heap ${heap.toFixed(0)} MiB`,
  );
}
console.log(JSON.stringify(results));
process.exit(0);
