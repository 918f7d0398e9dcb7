/** The machine at hand, in words. */
import { availableParallelism, cpus, totalmem } from 'node:os';

export function machine(): string {
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim() ?? '';
  const cores = availableParallelism();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${model === '' || model === 'unknown' ? process.arch : model}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${memory} GiB, Node ${process.versions.node}`;
}
