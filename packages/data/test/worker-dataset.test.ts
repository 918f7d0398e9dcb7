import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  DataError,
  DataLoader,
  readField,
  serveDataset,
  workerDataset,
  type Batches,
} from '../src/index.ts';
import { read } from './support/read.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-workers-'));
  await bundle('numbers', fileURLToPath(new URL('./workers/numbers.ts', import.meta.url)));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Workers run JavaScript: the source with all that it imports, in one file. */
async function bundle(name: string, source: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({ entryPoints: [source], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  return outfile;
}

const open: Worker[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((worker) => worker.terminate()));
});
function start(workerData: { fault?: string; length?: number } = {}): Worker {
  const worker = new Worker(join(folder, 'numbers.mjs'), { workerData, stderr: true });
  open.push(worker);
  return worker;
}

const arrays = new ArrayDataset({
  x: { data: Float32Array.from({ length: 100 }, (_, i) => i), shape: [] },
  y: { data: Int32Array.from({ length: 100 }, (_, i) => i), shape: [] },
  mask: { data: Uint8Array.from({ length: 100 }, (_, i) => i % 2), shape: [], dtype: 'bool' },
});

describe('a dataset in workers', () => {
  it('gives the batches of the dataset in its place, in the same order for 1, 2 and 4 workers', async () => {
    const options = { batchSize: 7, shuffle: true, seed: 2 };
    const expected = await read(new DataLoader(arrays, options) as Batches, { epoch: 1, batch: 3 });
    for (const count of [1, 2, 4]) {
      const dataset = await workerDataset(Array.from({ length: count }, () => start()));
      const loader = new DataLoader(dataset, options);
      expect([dataset.length, loader.workers]).toEqual([100, count]);
      expect(await read(loader, { epoch: 1, batch: 3 })).toEqual(expected);
    }
  });

  it('is there for whoever asks, early or late, and for two readers of one worker', async () => {
    const worker = start();
    const early = workerDataset([worker]);
    await new Promise((resolve) => setTimeout(resolve, 300)); // it has said what it serves
    const both = await Promise.all([early, workerDataset([worker])]);
    const fields = await Promise.all(both.map((dataset, i) => readField(dataset.subset([i, i + 5]), 'y')));
    expect(fields.map(({ data }) => [...data])).toEqual([
      [0, 5],
      [1, 6],
    ]);
  });

  it('moves memory, but none that the dataset still needs', async () => {
    const views = await workerDataset([start({ fault: 'views' })]);
    for (let time = 0; time < 2; time++) {
      const { x } = await views.gather(Uint32Array.of(41));
      expect(x?.data).toEqual(Float32Array.of(41));
      expect(x?.data.buffer.byteLength).toBe(4);
    }
    const shared = await workerDataset([start({ fault: 'shared' })]);
    const { x, again } = await shared.gather(Uint32Array.of(3, 4));
    expect([x?.data, again?.data]).toEqual([Float32Array.of(3, 4), Float32Array.of(3, 4)]);
  });

  it('keeps lengths and fields that do not count examples, and passes on what to pad to', async () => {
    const dataset = await workerDataset([start({ fault: 'lengths' })]);
    expect([dataset.lengths?.[42], dataset.unaligned]).toEqual([42, ['nodes']]);
    const padded = await workerDataset([start({ fault: 'padded' })]);
    expect((await padded.gather(Uint32Array.of(1), 64))['x']?.data).toEqual(Float32Array.of(64));
  });

  it('tells in its turn what was thrown in the worker, and goes on', async () => {
    const dataset = await workerDataset([start({ fault: 'fails at 7' })]);
    const error = await Promise.resolve(dataset.gather(Uint32Array.of(7))).then(String, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toBe('[workerDataset] worker 0: example 7 is damaged');
    expect(((error as DataError).cause as Error).stack).toContain('numbers.mjs');
    expect((await dataset.gather(Uint32Array.of(8)))['y']?.data).toEqual(Int32Array.of(8));
    const seen: number[] = [];
    const reading = async (): Promise<void> => {
      for await (const { batch } of new DataLoader(dataset, { batchSize: 3 }).batches())
        seen.push(batch['y']?.data[0] ?? NaN);
    };
    await expect(reading()).rejects.toThrow(/worker 0: example 7 is damaged/);
    expect(seen).toEqual([0, 3]);
    await expect(dataset.gather(Uint32Array.of(100))).rejects.toThrow(/index 100 is not an integer from 0 to 99/);
  });

  it.each([
    ['exits at 7', /worker 1 has ended \(exit code 3\)/],
    ['throws at 7', /worker 1 failed: thrown beside it/],
  ])('whose worker %s ends with an error, and does not hang', async (fault, message) => {
    const dataset = await workerDataset([start(), start({ fault })]);
    const batches = Array.from({ length: 20 }, (_, i) => Uint32Array.of(i));
    const results = await Promise.allSettled(batches.map(async (indices) => await dataset.gather(indices)));
    const failed = results.flatMap((result, i) =>
      result.status === 'rejected' ? [{ i, error: String(result.reason) }] : [],
    );
    expect(failed.map(({ i }) => i)).toContain(7);
    for (const { i, error } of failed) {
      expect(i % 2).toBe(1); // those of the other worker arrived
      expect(error).toMatch(message);
    }
    // From now on the other one does it all.
    expect((await dataset.gather(Uint32Array.of(7)))['y']?.data).toEqual(Int32Array.of(7));
  });

  it.each([
    ['fails later', /worker 0: no such file: data\.bin/],
    ['throws', /worker 0 failed: the worker’s own error/],
    ['says nothing', /worker 0 has not answered for 0\.5 seconds[^]*Does its file call serveDataset/],
  ])('that %s is no dataset', async (fault, message) => {
    await expect(workerDataset([start({ fault })], { timeout: fault === 'says nothing' ? 0.5 : 60 })).rejects.toThrow(
      message,
    );
  });

  it('refuses workers that do not serve one dataset, and what are no workers', async () => {
    await expect(workerDataset([start(), start({ length: 99 })])).rejects.toThrow(
      /worker 1 serves another dataset than worker 0: 99 and 100 examples/,
    );
    await expect(workerDataset([start(), start({ fault: 'lengths' })])).rejects.toThrow(/with other lengths or fields/);
    await expect(workerDataset([])).rejects.toThrow(/at least one worker/);
    const worker = start();
    await expect(workerDataset([worker, worker])).rejects.toThrow(/stands in the list twice/);
    await expect(workerDataset([{} as never])).rejects.toThrow(/worker 0 must be a Worker/);
    await expect(workerDataset([worker], { timeout: 0 })).rejects.toThrow(/timeout/);
    expect(() => serveDataset({} as never)).toThrow(/expected a dataset/);
  });

  it('listens to a worker once for all who read it, and no more when the last of them is closed', async () => {
    const worker = start();
    const events = ['message', 'messageerror', 'error', 'exit'];
    const listeners = (): number[] => events.map((event) => worker.listenerCount(event));
    const before = listeners();
    const datasets = [];
    for (let i = 0; i < 12; i++) datasets.push(await workerDataset([worker]));
    expect(listeners()).toEqual(before.map((count) => count + 1));
    const [first, ...others] = datasets;
    for (const dataset of others) dataset.close();
    others[0]?.close();
    expect((await first?.gather(Uint32Array.of(3)))?.['y']?.data).toEqual(Int32Array.of(3));
    await expect(others[0]?.gather(Uint32Array.of(3))).rejects.toThrow(
      'worker 0 is read no more: the dataset is closed',
    );
    const pending = Promise.resolve(first?.gather(Uint32Array.of(3)));
    first?.close();
    await expect(pending).rejects.toThrow('worker 0 is read no more: the dataset was closed meanwhile');
    expect(listeners()).toEqual(before);
    // It serves whoever comes next.
    const again = await workerDataset([worker]);
    expect((await again.gather(Uint32Array.of(4)))['y']?.data).toEqual(Int32Array.of(4));
    again.close();

    await expect(workerDataset([worker, start({ length: 99 })])).rejects.toThrow(/another dataset/);
    await expect(workerDataset([worker, start({ fault: 'says nothing' })], { timeout: 0.2 })).rejects.toThrow(
      /worker 1/,
    );
    expect(listeners()).toEqual(before);
  });

  it('of a worker that has ended says so at once', async () => {
    const worker = start({ fault: 'exits at 7' });
    const dataset = await workerDataset([worker]);
    await expect(dataset.gather(Uint32Array.of(7))).rejects.toThrow(/has ended/);
    await expect(dataset.gather(Uint32Array.of(8))).rejects.toThrow(/worker 0 has ended \(exit code 3\)/);
    await expect(workerDataset([worker])).rejects.toThrow(/worker 0 has ended \(exit code 3\)/);
  });

  it('does not keep a program from ending', async () => {
    const source = join(folder, 'program.ts');
    const index = fileURLToPath(new URL('../src/index.ts', import.meta.url));
    await writeFile(
      source,
      `import { Worker } from 'node:worker_threads';
      import { DataLoader, workerDataset } from ${JSON.stringify(index)};
      const dataset = await workerDataset([new Worker(${JSON.stringify(join(folder, 'numbers.mjs'))})]);
      for await (const { count } of new DataLoader(dataset, { batchSize: 60 }).batches()) console.log(count);
      `,
    );
    const program = await bundle('program', source);
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 30_000 });
    expect(stdout).toBe('60\n40\n');
  });
});
