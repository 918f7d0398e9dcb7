/** Reads the dataset here and from two workers, and shows what came, as JSON. */
import { DataLoader, workerDataset, type Dataset } from 'hebb';
import { dataset } from './dataset.ts';

const worker = (): Worker => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

async function read(source: Dataset): Promise<unknown> {
  const part = source.subset(Array.from({ length: 99 }, (_, i) => i));
  const loader = new DataLoader(part, { batchSize: 8, shuffle: true, seed: 1 });
  const batches: unknown[] = [];
  for await (const { ids, mask, x } of loader) {
    if (ids === undefined || mask === undefined || x === undefined) throw new Error('a field is missing');
    batches.push([ids.dtype, mask.dtype, x.dtype, await ids.toArray(), await mask.toArray(), await x.toArray()]);
  }
  return batches;
}

async function messageOf(failing: Promise<unknown>): Promise<string> {
  return await failing.then(String, (error: unknown) => (error instanceof Error ? error.message : String(error)));
}

const served = await workerDataset([worker(), worker()]);
const missing = (): Worker => new Worker('/there-is-no-such-file.js', { type: 'module' });
const result = {
  here: await read(dataset),
  served: await read(served),
  workers: served.workers,
  failed: await messageOf(Promise.resolve(served.gather(Uint32Array.of(99)))),
  missing: await messageOf(workerDataset([missing()], { timeout: 30 })),
};
const output = document.querySelector('output');
if (output !== null) output.textContent = JSON.stringify(result);
