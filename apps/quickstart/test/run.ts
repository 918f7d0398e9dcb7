/** Runs the quickstart as a user does, in a process of its own; translated once, and as its sources where a test asks for it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../../../tools/testing/src/programs.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs the sources, as `npm run quickstart` does. */
  readonly fromSource?: boolean;
  /** Called with everything on the standard output so far, whenever there is more. */
  readonly onOutput?: (stdout: string, child: ChildProcess) => void;
}

export type Run = (args: readonly string[], options?: RunOptions) => Promise<Outcome>;

/** Translates the quickstart for one file of tests, which calls this itself: the translation goes with that file, this module may outlive it. */
export async function translateQuickstart(): Promise<Run> {
  const translated = await buildProgram(main);
  return (args, options) => run(translated, args, options);
}

function run(
  translated: string,
  args: readonly string[],
  { env = {}, cwd, fromSource = false, onOutput }: RunOptions = {},
): Promise<Outcome> {
  const program = fromSource ? ['--import', tsx, main] : ['--enable-source-maps', translated];
  return new Promise((resolve, reject) => {
    const { INIT_CWD: _, DEBUG: __, ...inherited } = process.env;
    const child = spawn(process.execPath, [...program, ...args], {
      env: { ...inherited, HEBB_DEVICE: 'wasm', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
    });
    const text = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text.stdout += chunk;
      onOutput?.(text.stdout, child);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...text }));
  });
}

/** A folder that is removed when the test file is done; see {@link removeFolders}. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hebb-quickstart-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

export function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
