/** Timings of compiled functions in alternating rounds with PyTorch, which a script beside the benchmark runs in the system's Python. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { device, realize, type Tensor } from '@hebb/tensor';

const rounds = 5;
const runsPerRound = 10;

/**
 * Prints a line for each case, whose names the script knows, too: milliseconds a run of the best round. The script says its version, then answers
 * "<case> <runs>" lines with milliseconds a run.
 */
export async function besidePyTorch(
  script: URL,
  cases: Readonly<Record<string, () => Tensor | readonly Tensor[]>>,
): Promise<void> {
  const python = spawn('/usr/bin/python3', [fileURLToPath(script)], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  python.on('error', () => {});
  const version = await lines.next();
  const hasPyTorch = version.done !== true;
  console.log(
    `Hebb, ${await device.ready()}; ${hasPyTorch ? `PyTorch ${version.value}, 1 thread` : 'no PyTorch'}; best of ${rounds} rounds, milliseconds a run`,
  );
  console.log(`${'case'.padEnd(22)}${'Hebb'.padStart(9)}${'PyTorch'.padStart(9)}${'ratio'.padStart(7)}`);
  for (const [name, f] of Object.entries(cases)) {
    const run = async (): Promise<void> => {
      const results = [f()].flat();
      await realize(...results);
      await device.synchronize();
      for (const result of results) result.dispose();
    };
    await run();
    let [ours, theirs] = [Infinity, Infinity];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      for (let i = 0; i < runsPerRound; i++) await run();
      ours = Math.min(ours, (performance.now() - start) / runsPerRound);
      if (!hasPyTorch) continue;
      python.stdin.write(`${name} ${runsPerRound}\n`);
      theirs = Math.min(theirs, Number((await lines.next()).value));
    }
    const [own, other] = [ours.toFixed(2).padStart(9), hasPyTorch ? theirs.toFixed(2).padStart(9) : ''];
    console.log(`${name.padEnd(22)}${own}${other}${hasPyTorch ? (ours / theirs).toFixed(2).padStart(7) : ''}`);
  }
  python.stdin.end();
}
