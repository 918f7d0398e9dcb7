/**
 * Kills a training run (SIGKILL) at random moments, saving included, and goes on with it until it is done: its weights, optimizer, losses and
 * best weights must be the bytes of the uncut run.
 *
 * npm run check:kills -- [--count 100] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { checkKills } from './src/kills.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const { kills, whileSaving, beforeSaves, runs, same, differences, seconds } = await checkKills({
  count: Number(values.count),
  seed: Number(values.seed),
  onRun: (line) => console.log(line),
});
for (const difference of differences) console.log(difference);
console.log(
  `${same} of ${kills} kills resumed to the same bytes (${runs} runs; ${whileSaving} while saving, ${beforeSaves} before the first save), ${seconds.toFixed(0)} s`,
);
process.exitCode = differences.length === 0 ? 0 : 1;
