/** How fast modules of multiply–adds are on one thread, in JavaScript so that worker threads of every Node run it: those are given the modules, and answer each message with GFLOP/s. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';

/** Of one call; a few milliseconds. */
const turns = 1 << 20;
/** Milliseconds that each module is measured for. */
const duration = 60;

/** Milliseconds that a processor has worked for this thread, which other programs hardly change; Node has it from 23.9 on, before that what passed. */
function clock() {
  if (process.threadCpuUsage === undefined) return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** @param modules `{ bytes, operations }`: code, and its floating-point operations a turn @returns what measures the fastest of them */
export async function chains(modules) {
  const ready = [];
  for (const { bytes, operations } of modules) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    // Values stay where they are: 1 · 0.5 + 0.5.
    new Float32Array(memory.buffer).fill(1);
    new Float32Array(memory.buffer).fill(0.5, 0, 2);
    const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
    ready.push({ run: instance.exports.run, operations });
  }
  return () =>
    Math.max(
      ...ready.map(({ run, operations }) => {
        const began = clock();
        let count = 0;
        while (clock() - began < duration) {
          run(turns);
          count += turns;
        }
        return (count * operations) / (clock() - began) / 1e6;
      }),
    );
}

if (!isMainThread && workerData?.modules !== undefined) {
  const measure = await chains(workerData.modules);
  // V8 compiles what has run for a while again.
  measure();
  parentPort.on('message', () => parentPort.postMessage(measure(), []));
  parentPort.postMessage('ready', []);
}
