/** The command line: which example, and how it is run. */
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { DeviceName } from 'hebb';
import type { Level } from '../contract.ts';
import { examples, type AnyExample } from './examples.ts';

export interface Options {
  readonly level: Level;
  /** Absolute. */
  readonly data: string | undefined;
  readonly device: DeviceName;
  readonly seed: number;
  /** Absolute; a folder in it for each example. */
  readonly out: string;
  /** Those of the example. */
  readonly own: Readonly<Record<string, unknown>>;
}

export interface Asked {
  readonly examples: readonly AnyExample[];
  readonly options: Options;
}

/**
 * Reads the arguments. Help, and errors of the command line, come as a `CommanderError`, with the text already written.
 *
 * @param base the folder where relative paths start
 */
export function parseOptions(args: readonly string[], base: string): Asked {
  let asked: Asked | undefined;
  const program = new Command('example')
    .usage('<name> [options]')
    .description('Trains one of the examples, tests it, exports it, and writes a report.')
    .exitOverride();
  program
    .helpCommand(false)
    .showHelpAfterError('npm run example shows all of them.')
    .addHelpText(
      'after',
      '\nnpm run example -- NAME --help shows the options of one. Times are those of one thread of WebAssembly.',
    );
  for (const example of [...examples, 'all' as const]) {
    const isAll = example === 'all';
    const command = new Command(isAll ? 'all' : example.name)
      .summary(
        isAll
          ? 'all of them, one after the other'
          : `${example.line} (${duration(example.seconds.normal)}; --full ${duration(example.seconds.full)})`,
      )
      .description(isAll ? 'All of them, one after the other.' : `${example.line}.`)
      .addOption(new Option('--quick', 'a few seconds, to see whether it works').conflicts('full'))
      .option('--full', `the real thing${isAll ? '' : `: ${example.data.full}`}`)
      .option(
        '--data <dir>',
        isAll ? 'a folder that holds the data sets' : `${example.data.expects} (default: ${example.data.carried})`,
        (text) => absolute(text, base),
      )
      .addOption(
        new Option('--device <name>', 'where to compute')
          .choices(['auto', 'wasm', 'webgpu', 'reference'])
          .default('wasm'),
      )
      .option('--seed <n>', 'of weights, orders and draws', seedOf, 0)
      .option('--out <dir>', 'where the files go', (text) => absolute(text, base), absolute('hebb-examples', base))
      .allowExcessArguments(false)
      .showHelpAfterError('Run with --help to see all options.')
      .exitOverride();
    if (!isAll) example.options?.(command);
    program.addCommand(
      command.action((given: Record<string, unknown>) => {
        const { quick, full, data, device, seed, out, ...own } = given;
        asked = {
          examples: isAll ? examples : [example],
          options: {
            level: quick === true ? 'quick' : full === true ? 'full' : 'normal',
            data: data as string | undefined,
            device: device as DeviceName,
            seed: seed as number,
            out: out as string,
            own,
          },
        };
      }),
    );
  }
  program.parse(args.length === 0 ? ['--help'] : [...args], { from: 'user' });
  return asked as unknown as Asked;
}

/** The options that an example adds, as they are without any arguments: where all are run. */
export function defaultsOf(example: AnyExample): Readonly<Record<string, unknown>> {
  const command = new Command();
  example.options?.(command);
  return command.opts();
}

export const duration = (seconds: number): string =>
  seconds < 100 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;

function absolute(text: string, base: string): string {
  if (text === '') throw new InvalidArgumentError('Give a path.');
  return resolve(base, text);
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (text.trim() !== '' && Number.isInteger(seed) && seed >= 0 && seed <= 4_294_967_295) return seed;
  throw new InvalidArgumentError('Give an integer from 0 to 4294967295.');
}
