/**
 * Timings of compiled functions in alternating rounds with PyTorch, which a script beside the benchmark runs in the system's Python. Both sides count the
 * time that a processor worked for them, which other programs on a busy machine hardly change; on WebGPU what Hebb takes is time on the wall.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { compile, device, realize, type Tensor } from '@hebb/tensor';
import { interpreter, withThreads } from './python.ts';

const rounds = 5;
const runsPerRound = 10;
/** Slower than this times PyTorch is said again at the end. */
const limit = 2;

/** Milliseconds that the processor has worked for this process, which other programs on a busy machine hardly change; on WebGPU time on the wall. */
export function clock(): number {
  if (device.name === 'webgpu') return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** One run of what is measured. */
export type Run = () => Tensor | readonly Tensor[];

// A method's parameters may be fewer and narrower than these.
type Measured = { bivariant(...xs: Tensor[]): Tensor | readonly Tensor[] }['bivariant'];

/** Runs of a compiled function of some tensors, which are computed first. */
export async function on(inputs: readonly Tensor[], f: Measured): Promise<Run> {
  await realize(...inputs);
  const compiled = compile((...xs: Tensor[]) => [f(...xs)].flat());
  return () => compiled(...inputs);
}

/** The same for several functions of one list of tensors, each under its name. */
export async function onEach(
  inputs: readonly Tensor[],
  functions: Readonly<Record<string, Measured>>,
): Promise<Record<string, Run>> {
  const runs: Record<string, Run> = {};
  for (const [name, f] of Object.entries(functions)) runs[name] = await on(inputs, f);
  return runs;
}

/**
 * Prints a line for each case whose name contains `filter`, and whose names the script knows, too: milliseconds a run of the best round. The script says its
 * version, then answers "<case> <runs>" lines with milliseconds a run.
 */
export async function besidePyTorch(script: URL, cases: Readonly<Record<string, Run>>, filter = ''): Promise<void> {
  const python = spawn(interpreter, [fileURLToPath(script)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: withThreads(1),
  });
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  python.on('error', () => {});
  const version = await lines.next();
  const hasPyTorch = version.done !== true;
  console.log(
    `Hebb, ${await device.ready()}; ${hasPyTorch ? `PyTorch ${version.value}, 1 thread` : 'no PyTorch'}; best of ${rounds} rounds, milliseconds a run`,
  );
  const width = Math.max(...Object.keys(cases).map(({ length }) => length)) + 2;
  console.log(`${'case'.padEnd(width)}${'Hebb'.padStart(9)}${'PyTorch'.padStart(9)}${'ratio'.padStart(7)}`);
  const slow: string[] = [];
  for (const [name, f] of Object.entries(cases)) {
    if (!name.includes(filter)) continue;
    const run = async (): Promise<void> => {
      const results = [f()].flat();
      await realize(...results);
      await device.synchronize();
      for (const result of results) result.dispose();
    };
    // Twice what is needed to warm up: engines compile again, in other threads, what has run for a while.
    for (let i = 0; i < 2 * runsPerRound; i++) await run();
    let [ours, theirs] = [Infinity, Infinity];
    for (let round = 0; round < rounds; round++) {
      const start = clock();
      for (let i = 0; i < runsPerRound; i++) await run();
      ours = Math.min(ours, (clock() - start) / runsPerRound);
      if (!hasPyTorch) continue;
      python.stdin.write(`${name} ${runsPerRound}\n`);
      const answer = await lines.next();
      if (answer.done === true) throw new Error(`${fileURLToPath(script)} has no answer for ${name}.`);
      theirs = Math.min(theirs, Number(answer.value));
    }
    const ratio = hasPyTorch ? (ours / theirs).toFixed(2) : '';
    if (ours > limit * theirs) slow.push(`${name} ${ratio}`);
    const [own, other] = [ours.toFixed(2).padStart(9), hasPyTorch ? theirs.toFixed(2).padStart(9) : ''];
    console.log(`${name.padEnd(width)}${own}${other}${ratio.padStart(7)}`);
  }
  if (hasPyTorch) console.log(`slower than ${limit}×: ${slow.length === 0 ? 'none' : slow.join(', ')}`);
  python.stdin.end();
}
