/**
 * WebAssembly's limit of multiply–adds on every thread; see `wasm/limit.ts`. Started by `bench.ts` with `FOLDER THREADS`; answers each line with GFLOP/s.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { chainsModules } from '../../../packages/tensor/src/wasm/limit.ts';
import { chains } from './chains.mjs';

async function main(): Promise<void> {
  const modules = chainsModules();
  const threads = Number(process.argv[3] ?? 1);
  const helpers = Array.from(
    { length: threads - 1 },
    () => new Worker(new URL('chains.mjs', import.meta.url), { workerData: { modules } }),
  );
  const measure = await chains(modules);
  // V8 compiles what has run for a while again.
  measure();
  await Promise.all(helpers.map((helper) => once(helper, 'message')));
  const say = (answer: object): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  say({ version: `WebAssembly of V8 ${process.versions.v8}` });
  for await (const _ of createInterface({ input: process.stdin })) {
    const others = helpers.map(async (helper): Promise<number> => {
      const answer = once(helper, 'message');
      helper.postMessage('go', []);
      return ((await answer) as [number])[0];
    });
    const own = measure();
    const all = [own, ...(await Promise.all(others))];
    say({ gflops: all.reduce((sum, each) => sum + each, 0) });
  }
  process.exit(0);
}

await main();
