/** `npm run example`: the list of examples, one of them, or all. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFile } from '@hebb/files';
import { Command, Option } from 'commander';
import { device as devices, manualSeed, setDevice, TrainingError, type DeviceName } from 'hebb';
import { nearest } from '@hebb/tensor/arguments';
import { runAll } from './all.ts';
import { deviceOption, outOption, path, seedOption, typed } from './command-line.ts';
import { formatSeconds, heading, say } from './display.ts';
import type { AnyExample, Example, Level } from './example.ts';
import { Interrupted, Kit, requireData } from './kit.ts';
import { slowness } from './machine.ts';
import { Picture, PictureKit } from './picture.ts';
import type { Program } from './program.ts';
import { recordedSeconds } from './results-page.ts';
import { RunFolder } from './run-folder.ts';
import { sweep } from './output.ts';

/** The examples of a program, and where their things lie. */
export interface ExampleSet {
  readonly examples: readonly AnyExample[];
  /** The folder with a folder for each. */
  readonly folder: string;
  /** The path of a small data set. */
  carried(name: string): string;
  /** The page with the results of full runs. */
  readonly resultsPage: string;
}

/** What every example takes. */
interface Given {
  readonly quick?: true;
  readonly full?: true;
  readonly data?: string;
  readonly device?: DeviceName;
  readonly seed: number;
  readonly out: string;
  readonly picture?: true;
}

/**
 * Runs what the arguments say. Help, and errors of the command line, come as a `CommanderError`, with the text already written.
 *
 * @returns the exit code: 0, 1 where a metric misses its target or an ONNX file disagrees, 130 where it was interrupted
 */
export async function runExamples(set: ExampleSet, args: readonly string[], program: Program): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) return await list(set);
  if (name === 'all') return await runAll(set, rest, program);
  const example = set.examples.find((each) => each.name === name);
  if (example !== undefined) return await runOne(set, example, rest, program);
  if (name === '-h' || name === '--help' || name === 'help') return await list(set);
  const names = [...set.examples.map((each) => each.name), 'all'];
  if (name.startsWith('-'))
    throw new TrainingError(`[example] ${name} comes before the name of an example.`, {
      hint: `Write npm run example -- ${typed([names[0] ?? 'NAME', ...args])}; there are ${names.join(', ')}.`,
    });
  const near = nearest(name, names);
  throw new TrainingError(
    `[example] there is no example ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
    {
      hint: `There are ${names.join(', ')}.`,
    },
  );
}

async function list({ examples, resultsPage }: ExampleSet): Promise<number> {
  const full = recordedSeconds(await readFile(resultsPage, 'utf8').catch(() => ''));
  say(heading('npm run example -- NAME [--quick | --full] [--data DIR] …'), '');
  const width = Math.max(...examples.map(({ name }) => name.length));
  for (const { name, line, seconds } of examples) {
    const whole = full.get(name);
    say(
      `  ${name.padEnd(width)}  ${line}`,
      `  ${''.padEnd(width)}  about ${approximately(seconds.normal)}; --quick ${approximately(seconds.quick)}${whole === undefined ? '' : `, --full ${approximately(whole)}`}`,
    );
  }
  say(
    '',
    `Times are of one thread, those of --full from docs/results.md; ${inWords(await slowness())}. --help after a name shows its options; all --quick runs all.`,
  );
  return 0;
}

/** Beside what the list says. */
function inWords(slowness: number): string {
  if (slowness > 0.8 && slowness < 1.25) return 'one of this machine is about as fast';
  return `one of this machine takes about ${slowness.toFixed(1)} times as long now`;
}

export function approximately(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** The command line of one example. */
function commandOf(example: Example): Command {
  const { name, line, data } = example;
  const command = new Command(`example ${name}`)
    .usage('[options]')
    .description(`${line}.`)
    .addOption(new Option('--quick', 'seconds instead of minutes, for a first look').conflicts('full'))
    .addOption(new Option('--full', `the whole data: ${data.full}`))
    .option('--data <dir>', `${data.expects}, or one with such folders (default: ${data.carried})`, path)
    .addOption(deviceOption())
    .addOption(seedOption())
    .addOption(outOption(`./hebb-examples/${name}`))
    .addOption(new Option('--picture', 'only draws the network into the example’s folder').hideHelp());
  example.options?.(command);
  return command
    .helpOption('-h, --help', 'show this help')
    .addHelpText(
      'after',
      `
Ctrl-C stops at the next step and saves; the same command goes on from there. A second one quits at once.
What another run has left in --out is put into earlier-1, earlier-2, … there.
Exit codes: 0 done · 1 an error, a metric that misses its target, or an ONNX file that disagrees · 130 interrupted.
DEBUG=1 adds stack traces to errors. NO_COLOR=1 turns colours off.`,
    )
    .showHelpAfterError('Run with --help to see all options.')
    .allowExcessArguments(false)
    .exitOverride();
}

async function runOne(set: ExampleSet, example: Example, args: readonly string[], program: Program): Promise<number> {
  const command = commandOf(example);
  command.parse([...args], { from: 'user' });
  const { quick, full, data, device, seed, out, picture } = command.opts<Given>();
  const options = ownOptions(command);
  const { name } = example;
  if (picture === true) return await draw(set, example);
  const level: Level = quick === true ? 'quick' : full === true ? 'full' : 'normal';
  const call = {
    example: example.name,
    level,
    seed,
    device: device ?? process.env['HEBB_DEVICE'] ?? 'auto',
    data: data === undefined ? undefined : resolve(program.base, data),
    options,
  };
  if (device !== undefined) setDevice(device);
  const target = resolve(program.base, out);
  const use = async (): Promise<void> =>
    await example.use?.start({ folder: target, seed, signal: program.signal, options });
  if (example.use?.isAsked(options) === true) {
    const finished = await RunFolder.finished(target, name);
    const isMeant = quick === undefined && full === undefined ? true : finished?.level === level;
    if (finished !== undefined && isMeant) {
      await devices.ready();
      await use();
      return program.signal.aborted ? 130 : 0;
    }
  }
  await requireData(example, call);
  const deviceDescription = await devices.ready();
  manualSeed(seed);
  const settings = {
    ...call,
    device,
    signal: program.signal,
    options,
    command: `npm run example -- ${typed([example.name, ...args])}`,
    deviceDescription,
    carried: (name: string) => set.carried(name),
  };

  const folder = await RunFolder.open(target, call);
  program.onQuit(() => sweep(folder.folder, folder.files));
  say(heading(`${example.name}: ${example.line}`), `on ${deviceDescription}, seed ${seed}`);
  if (folder.isContinued) say(`Goes on with the run in ${folder.folder}.`);
  if (folder.moved !== undefined) say(`What another run has left there lies in ${folder.moved} now.`);
  const kit = new Kit(example, settings, folder);
  try {
    await example.run(kit);
    const { passed, seconds } = await kit.finish();
    say('', `${passed ? 'Done' : 'Done, but not all is as it should be (✗)'}, in ${formatSeconds(seconds)}.`);
    await use();
    return passed ? 0 : 1;
  } catch (error) {
    if (!program.signal.aborted || !(error instanceof Interrupted || error === program.signal.reason)) {
      if (await folder.takeBack()) say('What lay in the folder lies there again.');
      throw error;
    }
    await folder.save(false);
    say(heading('Interrupted'), `The same command goes on with what is saved in ${folder.folder}.`);
    return 130;
  }
}

/** What the command line says that is the example's own. */
function ownOptions(command: Command): Readonly<Record<string, never>> {
  const { quick: _, full: __, data: ___, device: ____, seed: _____, out: ______, picture: _______, ...own } = command.opts<Given>(); // prettier-ignore
  return own;
}

/** The pictures of an example's networks for its README, by the names of their files. */
export async function picturesOf(set: ExampleSet, example: AnyExample): Promise<ReadonlyMap<string, string>> {
  const given = example as unknown as Example;
  const command = commandOf(given);
  command.parse([], { from: 'user' });
  const kit = new PictureKit((name) => set.carried(name), ownOptions(command));
  try {
    await given.run(kit);
  } catch (error) {
    if (!(error instanceof Picture)) throw error;
  }
  return kit.pictures();
}

async function draw(set: ExampleSet, example: Example): Promise<number> {
  for (const [file, picture] of await picturesOf(set, example)) {
    const path = join(set.folder, example.name, file);
    await writeFile(path, picture);
    say(path);
  }
  return 0;
}
