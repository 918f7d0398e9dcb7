/** What a process holds. Resident memory and its peaks show when a collector came; this does not, and is the same in every run. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Megabytes of the heap, and of memory outside of it that the heap holds (buffers, WebAssembly), after all garbage has been collected. */
export async function liveMegabytes(): Promise<number> {
  // What finalizers free in the turn after one collection goes with the next.
  for (let i = 0; i < 2; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}
