/**
 * The frame of a program with a command line.
 *
 * Whatever is wrong ends in one message on the standard error and exit code 1; DEBUG=1 adds the stack trace.
 */
import { isatty } from 'node:tty';
import { CommanderError } from 'commander';
import picocolors from 'picocolors';
import { listenForInterrupt } from './interrupt.ts';

export interface Program {
  /** The first Ctrl-C aborts it; the second ends the process with exit code 130. */
  readonly signal: AbortSignal;
  /** Where relative paths among the arguments start: the folder in which the user typed them. */
  readonly base: string;
  /** Calls this before the process ends at once, at the second Ctrl-C for instance: to remove what is half written. */
  readonly onQuit: (clean: () => void) => void;
}

/** Runs the program with the process's arguments, and ends the process with the exit code that it returns. */
export async function runProgram(main: (args: readonly string[], program: Program) => Promise<number>): Promise<never> {
  // Workers of the device must not keep the process alive, and whatever was written to a pipe must arrive.
  const code = await exitCode(main);
  process.exitCode = code;
  await new Promise((resolve) => process.stdout.write('', resolve));
  process.exit(code);
}

async function exitCode(main: Parameters<typeof runProgram>[0]): Promise<number> {
  let clean = (): void => undefined;
  const interrupt = listenForInterrupt(() => clean());
  // Nobody reads on, as with `| head`: there is no one to tell. Where that is because Ctrl-C ended the reader too, as with `| tee`,
  // what there is to save is saved.
  process.stdout.on('error', () =>
    setTimeout(() => {
      if (interrupt.signal.aborted) return;
      clean();
      process.exit(1);
    }, 200),
  );
  try {
    return await main(process.argv.slice(2), {
      signal: interrupt.signal,
      base: process.env['INIT_CWD'] ?? process.cwd(),
      onQuit: (given) => (clean = given),
    });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    process.stderr.write(`${explain(error)}\n`);
    return 1;
  } finally {
    interrupt.dispose();
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
