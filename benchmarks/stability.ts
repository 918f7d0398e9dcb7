/**
 * Does training stay as fast as it was, and memory flat? A perceptron 784-512-256-10 on as many threads as the machine has, for some minutes: the median of each minute's steps, and the last minute beside the second.
 * Then threads that rest and work again, over and over, with a product that they share in between: its value, the process's memory and its threads.
 * `node --expose-gc --import tsx benchmarks/stability.ts [MINUTES] [CYCLES]`. Exits with 1 where the last minute is more than 3 % slower than the second, where memory grows, or where a product differs.
 */
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { MultilayerPerceptron } from '@hebb/architectures';
import { crossEntropy } from '@hebb/losses';
import { Adam, minimize } from '@hebb/optimizers';
import { compile, device, manualSeed, matmul, randn, setDevice, tensor } from '@hebb/tensor';
import { commandLine } from './support/command-line.ts';

const { minutes, cycles } = commandLine(import.meta.url, { minutes: 20, cycles: 100_000 });
const threads = availableParallelism();
setDevice('wasm', { threads });
console.log(await device.ready());
manualSeed(0);

const MiB = 2 ** 20;
/** What the process holds after garbage is gone. */
async function resident(): Promise<number> {
  await new Promise((done) => setTimeout(done, 50));
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().rss / MiB;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

const model = new MultilayerPerceptron({ inputs: 784, hidden: [512, 256], outputs: 10 });
const optimizer = new Adam(model, { learningRate: 1e-4 });
const [x, y] = [randn([128, 784]), tensor(Int32Array.from({ length: 128 }, (_, i) => i % 10))];
const step = compile(() => minimize(optimizer, () => crossEntropy(model.forward(x), y)));

const medians: number[] = [];
const memory: number[] = [];
for (let minute = 1; minute <= minutes; minute++) {
  const times: number[] = [];
  const end = performance.now() + 60_000;
  for (let now = performance.now(); now < end;) {
    await step().item();
    const after = performance.now();
    times.push(after - now);
    now = after;
  }
  medians.push(median(times));
  memory.push(await resident());
  console.log(`minute ${minute}: ${times.length} steps, median ${median(times).toFixed(3)} ms; ${memory.at(-1)?.toFixed(0)} MiB; device ${JSON.stringify(device.memory())}`); // prettier-ignore
}
let isSteady = true;
if (minutes >= 2) {
  const ratio = (medians.at(-1) ?? NaN) / (medians[1] ?? NaN);
  const grown = (memory.at(-1) ?? NaN) - (memory[1] ?? NaN);
  isSteady = ratio <= 1.03 && grown < 16;
  console.log(`last minute ÷ second: ${ratio.toFixed(3)}; ${grown.toFixed(1)} MiB more`);
}

const [a, b] = [randn([256, 256]), randn([256, 256])];
const product = compile(() => matmul(a, b).sum());
const wanted = await product().item();
/** Of the process, where the system says so (Linux). */
const threadsOf = (): number => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0);
const [bytes, tasks] = [await resident(), threadsOf()];
const start = performance.now();
let wrong = 0;
for (let cycle = 0; cycle < cycles; cycle++) {
  setDevice('wasm', { threads: 1 });
  setDevice('wasm', { threads });
  if ((await product().item()) !== wanted) wrong++;
}
const grown = (await resident()) - bytes;
console.log(`${cycles} times to one thread and back to ${threads}: ${((performance.now() - start) / cycles).toFixed(3)} ms each with a product; ${wrong} of them wrong; ${grown.toFixed(1)} MiB more; ${tasks} threads before, ${threadsOf()} after`); // prettier-ignore
process.exit(isSteady && wrong === 0 && grown < 16 && threadsOf() <= tasks ? 0 : 1);
