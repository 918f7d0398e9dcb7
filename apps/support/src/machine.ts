/** The machine at hand, in words, and how fast it is beside the one that the examples were timed on. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { randn, realize, setDevice } from 'hebb';

export function machine(): string {
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim() ?? '';
  const cores = availableParallelism();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${model === '' || model === 'unknown' ? process.arch : model}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${memory} GiB, Node ${process.versions.node}`;
}

/** Products of two matrices of 256 × 256 that one thread of WebAssembly makes in a second, where the seconds of the examples were measured. */
const reference = 250;

/** How many times as long as there something takes here: 0.3 seconds of matrix products, by the processor's clock, so that other programs do not count. */
export async function slowness(): Promise<number> {
  setDevice('wasm');
  const [a, b] = [randn([256, 256]), randn([256, 256])];
  const product = (): Promise<unknown> => realize(a.matmul(b));
  await product();
  const [started, before] = [performance.now(), process.cpuUsage()];
  let count = 0;
  while (performance.now() - started < 300) {
    await product();
    count++;
  }
  const { user, system } = process.cpuUsage(before);
  return (reference * (user + system)) / 1e6 / count;
}
