/**
 * The examples' command line: `npm run example`.
 *
 * Exit codes: 0 done · 1 an error, a target that was missed, or an ONNX file that differs · 130 interrupted: what is trained is saved, and the same command goes on.
 */
import { isatty } from 'node:tty';
import { CommanderError } from 'commander';
import { device, manualSeed, setDevice } from 'hebb';
import picocolors from 'picocolors';
import { Interrupted, runExample } from './kit.ts';
import { parseOptions } from './options.ts';

async function main(): Promise<number> {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, listener);
  try {
    const { examples, options } = parseOptions(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd());
    setDevice(options.device);
    const description = await device.ready();
    let failed = 0;
    for (const example of examples) {
      process.stdout.write(`${picocolors.bold(example.name)}: ${example.line}, on ${description}\n`);
      manualSeed(options.seed);
      const failures = await runExample(example, options, controller.signal, description);
      for (const failure of failures) process.stdout.write(`✗ ${failure}\n`);
      if (failures.length > 0) failed++;
      if (examples.length > 1) process.stdout.write('\n');
    }
    if (examples.length > 1) process.stdout.write(`${examples.length - failed} passed, ${failed} failed\n`);
    return failed > 0 ? 1 : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof Interrupted) {
      process.stdout.write('\nInterrupted. The same command goes on from here.\n');
      return 130;
    }
    const label = picocolors.createColors(isatty(2) && picocolors.isColorSupported).red('error:');
    const isDebugging = !['', '0', undefined].includes(process.env['DEBUG']);
    const text = error instanceof Error ? ((isDebugging ? error.stack : undefined) ?? error.message) : String(error);
    process.stderr.write(`${label} ${text}\n`);
    return 1;
  }
}

// Workers of the device must not keep the process alive, and whatever was written to a pipe must arrive.
const code = await main();
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(code);
