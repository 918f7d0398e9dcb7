/** `npm run example -- all`: examples one after the other, each in a process of its own, and the page of results. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFile } from '@hebb/files';
import { Command, Option } from 'commander';
import { TrainingError } from 'hebb';
import { path, seedOption, deviceOption, outOption } from './command-line.ts';
import { heading, say } from './display.ts';
import type { Results } from './kit.ts';
import type { Program } from './program.ts';
import { withResults } from './results-page.ts';
import type { ExampleSet } from './run-examples.ts';

interface Given {
  readonly quick?: true;
  readonly full?: true;
  readonly data?: string;
  readonly device?: string;
  readonly seed: number;
  readonly out: string;
}

/** @returns the exit code: 0, 1 where one fails, 130 where it was interrupted */
export async function runAll(set: ExampleSet, args: readonly string[], program: Program): Promise<number> {
  const known = set.examples.map(({ name }) => name);
  const command = new Command('example all')
    .usage('[names...] [options]')
    .description('Runs all examples, or those named, one after the other.')
    .argument('[names...]', `of ${known.join(', ')} (default: all)`)
    .addOption(new Option('--quick', 'seconds instead of minutes').conflicts('full'))
    .addOption(new Option('--full', 'the whole data; writes the results into docs/results.md'))
    .option('--data <dir>', 'a folder with a folder for each data set: mnist, names, cora, …', path)
    .addOption(deviceOption())
    .addOption(seedOption())
    .addOption(outOption('./hebb-examples'))
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError('Run with --help to see all options.')
    .exitOverride();
  command.parse([...args], { from: 'user' });
  const { quick, full, data, device, seed, out } = command.opts<Given>();
  const names = command.args.length === 0 ? known : command.args;
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new TrainingError(`[example] there is no example ${unknown.join(', ')}.`, {
      hint: `There are ${known.join(', ')}.`,
    });

  const [passed, failed]: [string[], string[]] = [[], []];
  for (const name of names) {
    const folder = join(resolve(program.base, out), name);
    const given = [
      name,
      ...(quick === true ? ['--quick'] : full === true ? ['--full'] : []),
      ...(data === undefined ? [] : ['--data', resolve(program.base, data)]),
      ...(device === undefined ? [] : ['--device', device]),
      ...['--seed', String(seed), '--out', folder],
    ];
    const code = await run(given);
    if (program.signal.aborted) {
      say(
        heading('Interrupted'),
        'The same command begins with the first example again; each goes on with what is saved.',
      );
      return 130;
    }
    (code === 0 ? passed : failed).push(name);
    if (code === 0 && full === true) await record(set.resultsPage, folder);
  }
  if (failed.length > 0) say(heading(`Failed: ${failed.join(', ')}`));
  say('', `${passed.length} passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
}

/** This program again, with other arguments. */
function run(args: readonly string[]): Promise<number | null> {
  return new Promise((resolve, reject) => {
    // Without an input: there is nobody to talk to while others wait for their turn.
    const stdio = ['ignore', 'inherit', 'inherit'] as const;
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...args], { stdio: [...stdio] });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

async function record(page: string, folder: string): Promise<void> {
  const results = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as Results;
  const before = await readFile(page, 'utf8').catch(() => '');
  await writeFile(page, withResults(before, results));
}
