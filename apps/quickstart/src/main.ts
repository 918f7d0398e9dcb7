/**
 * The quickstart's command line: `npm run quickstart -- --help`.
 *
 * Whatever is wrong ends in one message on the standard error and exit code 1; DEBUG=1 adds the stack trace.
 */
import { isatty } from 'node:tty';
import picocolors from 'picocolors';
import { CommanderError } from 'commander';
import { listenForInterrupt } from './interrupt.ts';
import { parseOptions } from './options.ts';
import { sweep } from './output.ts';
import { quickstart } from './quickstart.ts';

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd());
    const interrupt = listenForInterrupt(() => sweep(options.out));
    // Nobody reads on, as with `| head`: there is no one to tell. Where that is because Ctrl-C ended the reader too, as with `| tee`,
    // what there is to save is saved.
    process.stdout.on('error', () =>
      setTimeout(() => {
        if (interrupt.signal.aborted) return;
        sweep(options.out);
        process.exit(1);
      }, 200),
    );
    try {
      return await quickstart(options, interrupt.signal);
    } finally {
      interrupt.dispose();
    }
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    process.stderr.write(`${explain(error)}\n`);
    return 1;
  }
}

function explain(error: unknown): string {
  const label = picocolors.createColors(isatty(2) && picocolors.isColorSupported).red('error:');
  const isDebugging = !['', '0', undefined].includes(process.env['DEBUG']);
  if (!(error instanceof Error)) return `${label} ${String(error)}`;
  if (isDebugging) return `${label} ${error.stack ?? error.message}`;
  // An error that is not Hebb's own is unexpected; say how to learn more.
  const more = 'hint' in error ? '' : '\n  hint: run again with DEBUG=1 to see where this comes from.';
  return `${label} ${error.message}${more}`;
}

// Workers of the device must not keep the process alive, and whatever was written to a pipe must arrive.
const code = await main();
process.exitCode = code;
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(code);
