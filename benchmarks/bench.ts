/**
 * Hebb beside PyTorch, onnxruntime-node, tfjs and jax-js, in turns, on the same numbers: operations, training steps, latency, time to the first step, memory, growth, size.
 * `npm run bench -- [WORKLOAD…] [options]`, or `node --import tsx benchmarks/bench.ts …`. Without names all workloads; `--list` says which there are.
 *
 *   --contenders A,B   names or families: hebb, pytorch, onnxruntime, tfjs, jax-js, hebb-1, …; hebb-webgpu, tfjs-webgpu and jax-js-webgpu, together webgpu. Default: all but those
 *   --threads 1,2      numbers of threads of each contender. Default: 1 and all of the machine
 *   --rounds N         rounds in which all take turns. Default 7
 *   --quick            3 short rounds and no scaling
 *   --clock processor  tables of processor time, which other programs hardly change. Default wall
 *   --out DIR          folder of bench.json, bench.md and bench.html. Default bench-results
 *   --install-peers    installs tfjs and jax-js into benchmarks/peers, and ends
 *
 * What a contender cannot do, and a step whose first 20 losses are not PyTorch's to 1e-3, is named among the gaps.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from '../apps/support/src/machine.ts';
import { help } from './support/command-line.ts';
import { measureBundles } from './bench/bundle.ts';
import { chosenContenders, type Contender } from './bench/contenders.ts';
import { measureLimit, measureWorkload, type Settings } from './bench/measure.ts';
import { readOptions, type BenchOptions } from './bench/options.ts';
import { pageOf } from './bench/page.ts';
import { formatTime, markdownOf, tablesOf, type Limit, type Report } from './bench/results.ts';
import { chosenWorkloads, workloads, type Workload } from './bench/workloads.ts';

function read(): { options: BenchOptions; chosen: readonly Workload[]; contenders: readonly Contender[] } {
  try {
    const options = readOptions(process.argv.slice(2));
    const named = chosenWorkloads(options.workloads);
    const chosen =
      options.isQuick && options.workloads.length === 0 ? named.filter(({ group }) => group !== 'scaling') : named;
    return { options, chosen, contenders: chosenContenders(options.contenders, options.threads) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help(import.meta.url)}`);
    process.exit(2);
  }
}

function installPeers(): never {
  const folder = fileURLToPath(new URL('peers', import.meta.url));
  const { status } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: folder, stdio: 'inherit' }); // prettier-ignore
  process.exit(status ?? 1);
}

function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], cwd: fileURLToPath(new URL('.', import.meta.url)) }).trim(); // prettier-ignore
  try {
    return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' and changes'}`;
  } catch {
    return 'unknown';
  }
}

/** Of the threads and flags that Hebb's contenders have, where a workload is compared with it. */
async function limitsOf(
  contenders: readonly Contender[],
  chosen: readonly Workload[],
  settings: Settings,
): Promise<Limit[]> {
  if (chosen.every(({ multiplyAdds }) => multiplyAdds === undefined)) return [];
  const limits: Limit[] = [];
  for (const { engine, device, threads, flags, gap } of contenders) {
    if (engine !== 'hebb' || device !== 'processor' || gap !== undefined) continue;
    if (limits.some((each) => each.threads === threads && each.flags === flags)) continue;
    limits.push({ threads, flags, gflops: await measureLimit(threads, flags, settings) });
  }
  return limits;
}

const { options, chosen, contenders } = read();
if (options.isHelp) {
  console.log(help(import.meta.url));
  process.exit(0);
}
if (options.isList) {
  for (const { name, group, title, definition } of workloads) console.log(`${name.padEnd(16)} ${group.padEnd(11)} ${title}: ${definition}`); // prettier-ignore
  process.exit(0);
}
if (options.installsPeers) installPeers();

const settings: Settings = options.isQuick
  ? { rounds: options.rounds, roundTime: 100, budget: 5, patience: 60 }
  : { rounds: options.rounds, roundTime: 250, budget: 20, patience: 180 };
const begun = loadavg()[0] ?? 0;
console.log(
  `${machine()}; load ${begun.toFixed(1)}; ${chosen.length} workloads, ${contenders.length} contenders, up to ${options.rounds} rounds`,
);
const limits = await limitsOf(contenders, chosen, settings);
for (const { threads, flags, gflops } of limits)
  console.log(
    `WebAssembly’s limit, ${threads} ${threads === 1 ? 'thread' : 'threads'}${flags ? ', with flags' : ''}: ${gflops.toFixed(0)} GFLOP/s`,
  );

const rows: Report['workloads'][number][] = [];
for (const workload of chosen) {
  const { name, title, definition, group, multiplyAdds, scale } = workload;
  const { entries } = await measureWorkload(workload, contenders, settings);
  rows.push({ name, title, definition, group, ...(multiplyAdds !== undefined && { multiplyAdds }), ...(scale !== undefined && { scale }), entries }); // prettier-ignore
  const said = entries.map((entry) => `${entry.contender} ${entry.gap === undefined ? formatTime(entry[options.clock]?.median) : '–'}${entry.isSame === false ? ' ≠' : ''}`); // prettier-ignore
  console.log(`${title}: ${said.join(', ')} ms`);
}
const report: Report = {
  format: 1,
  date: new Date().toISOString(),
  command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
  commit: commit(),
  machine: machine(),
  v8: process.versions.v8,
  load: [begun, loadavg()[0] ?? 0],
  clock: options.clock,
  rounds: options.rounds,
  contenders: contenders.map(({ name, family, threads, engine, device, flags }) => ({
    name,
    family,
    threads,
    engine,
    device,
    flags,
  })),
  limits,
  workloads: rows,
  bundles: options.workloads.length === 0 ? await measureBundles() : [],
};
const text = tablesOf(report).map(markdownOf).join('\n\n');
console.log(`\n${text}`);
const folder = resolve(process.env['INIT_CWD'] ?? process.cwd(), options.out);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'bench.json'), `${JSON.stringify(report, undefined, 1)}\n`);
writeFileSync(join(folder, 'bench.md'), `${text}\n`);
writeFileSync(join(folder, 'bench.html'), pageOf(report));
console.log(`\nWritten: bench.json, bench.md and bench.html in ${folder}`);
