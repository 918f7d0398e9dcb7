/** The command line: what it takes, and what is wrong with what was given. */
import { resolve } from 'node:path';
import { deviceOption, integer, outOption, path, positiveNumber, seedOption } from '@hebb/app-support';
import { Command, Option } from 'commander';
import type { DeviceName } from 'hebb';

export interface Options {
  /** A folder with MNIST's files or a CSV file; the digits that come with Hebb where undefined. Absolute. */
  readonly data: string | undefined;
  readonly model: 'mlp' | 'cnn';
  readonly epochs: number | undefined;
  readonly batchSize: number;
  readonly learningRate: number;
  /** What HEBB_DEVICE says, or `auto`, where undefined. */
  readonly device: DeviceName | undefined;
  readonly seed: number;
  /** Absolute. */
  readonly out: string;
}

/**
 * Reads the arguments. Help, and errors of the command line, come as a `CommanderError`, with the text already written.
 *
 * @param base the folder where relative paths start
 */
export function parseOptions(args: readonly string[], base: string): Options {
  const command = new Command('quickstart')
    .usage('[options]')
    .description(
      'Trains a small network on handwritten digits, tests it, exports it to ONNX, checks the export with onnxruntime, and writes model.safetensors, model.onnx and report.html.',
    )
    .option(
      '--data <path>',
      'a folder with MNIST’s four idx files (.gz or not), or a CSV file like data/digits.csv (default: the 1,797 digits that come with Hebb)',
      path,
    )
    .addOption(new Option('--model <name>', 'the network').choices(['cnn', 'mlp']).default('cnn'))
    .option('--epochs <n>', 'passes over the training data (default: 20, with MNIST 2)', integer(1, 100_000))
    .option('--batch-size <n>', 'examples per step', integer(1, 1_000_000), 32)
    .option(
      '--learning-rate <x>',
      'peak of the learning rate, which rises first and then falls along a cosine',
      positiveNumber,
      0.005,
    )
    .addOption(deviceOption())
    .addOption(seedOption())
    .addOption(outOption('./hebb-quickstart'))
    .helpOption('-h, --help', 'show this help')
    .addHelpText(
      'after',
      `
Ctrl-C stops training at the next step and still saves (exit code 130); a second one quits at once.
Exit codes: 0 done · 1 an error, or the ONNX file disagrees · 130 interrupted.
DEBUG=1 adds stack traces to errors. NO_COLOR=1 turns colours off.

Examples:
  npm run quickstart -- --model mlp --out /tmp/digits
  npm run quickstart -- --data ~/mnist --epochs 2`,
    )
    .showHelpAfterError('Run with --help to see all options.')
    .allowExcessArguments(false)
    .exitOverride();
  command.parse([...args], { from: 'user' });
  const given = command.opts<{
    data?: string;
    model: Options['model'];
    epochs?: number;
    batchSize: number;
    learningRate: number;
    device?: DeviceName;
    seed: number;
    out: string;
  }>();
  return {
    data: given.data === undefined ? undefined : resolve(base, given.data),
    model: given.model,
    epochs: given.epochs,
    batchSize: given.batchSize,
    learningRate: given.learningRate,
    device: given.device,
    seed: given.seed,
    out: resolve(base, given.out),
  };
}
