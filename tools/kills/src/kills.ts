/** Runs a training program, kills it at random moments, starts it again until it is done, and compares what it made with the uncut run. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface KillsOptions {
  /** Kills to make. */
  readonly count: number;
  /** Seeds the moments. */
  readonly seed: number;
  /** Hears of every run that was killed and went on to its end. */
  readonly onRun?: (line: string) => void;
}

export interface KillsResult {
  readonly kills: number;
  /** Kills that left a half-made file: they came while saving. */
  readonly whileSaving: number;
  /** Kills before anything was saved: the run began anew. */
  readonly beforeSaves: number;
  /** Runs that were killed at least once, and ended. */
  readonly runs: number;
  /** Kills of those runs that ended in the same bytes. */
  readonly same: number;
  /** What differs, by run; none. */
  readonly differences: readonly string[];
  readonly seconds: number;
}

/** Mulberry32 of a seed: numbers in [0, 1). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One file, so that a process is there at once. */
export async function bundle(folder: string): Promise<string> {
  const outfile = join(folder, 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('program.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
  });
  return outfile;
}

/** Runs the program in a folder. Killed after so many milliseconds from its first word, if at all; resolves to whether it came to its end. */
async function run(
  program: string,
  folder: string,
  killAfter?: number,
): Promise<{ isDone: boolean; milliseconds: number }> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  let start = performance.now();
  let timer: NodeJS.Timeout | undefined;
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  child.stdout.once('data', () => {
    start = performance.now();
    if (killAfter !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...end) => resolve(end)),
  );
  clearTimeout(timer);
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the program failed (${signal ?? code}):\n${errors}`);
  return { isDone: code === 0, milliseconds: performance.now() - start };
}

/** The files that must be the same: what the program says of its end, and the best weights. */
const compared = ['result.safetensors', 'run/best.safetensors'];

function differencesOf(folder: string, reference: string): string[] {
  return compared.filter((name) => !readFileSync(join(folder, name)).equals(readFileSync(join(reference, name))));
}

export async function checkKills({ count, seed, onRun }: KillsOptions): Promise<KillsResult> {
  const start = performance.now();
  const root = mkdtempSync(join(tmpdir(), 'hebb-kills-'));
  try {
    const program = await bundle(root);
    const folderOf = (name: string): string => {
      const folder = join(root, name);
      mkdirSync(folder);
      return folder;
    };
    const reference = folderOf('uncut');
    const { milliseconds } = await run(program, reference);
    const again = folderOf('again');
    await run(program, again);
    const unstable = differencesOf(again, reference);
    if (unstable.length > 0) throw new Error(`two uncut runs differ already: ${unstable.join(', ')}`);

    const random = randomOf(seed);
    const total = { kills: 0, whileSaving: 0, beforeSaves: 0, runs: 0, same: 0 };
    const differences: string[] = [];
    while (total.kills < count) {
      const name = `run-${total.runs + 1}`;
      const folder = folderOf(name);
      let kills = 0;
      while (total.kills + kills <= count) {
        const isLast = total.kills + kills === count;
        const { isDone } = await run(program, folder, isLast ? undefined : random() * milliseconds);
        if (isDone) break;
        kills++;
        const files = filesIn(join(folder, 'run'));
        if (files.some((file) => file.endsWith('.tmp'))) total.whileSaving++;
        if (!files.includes('last.safetensors')) total.beforeSaves++;
      }
      const odd = differencesOf(folder, reference);
      if (kills > 0) {
        total.runs++;
        total.kills += kills;
        if (odd.length === 0) total.same += kills;
        onRun?.(
          `${name}: ${kills} ${kills === 1 ? 'kill' : 'kills'}, ${odd.length === 0 ? 'the same bytes' : `differs: ${odd.join(', ')}`}`,
        );
      }
      if (odd.length > 0) differences.push(`${name}: ${odd.join(', ')}`);
      rmSync(folder, { recursive: true });
    }
    return { ...total, differences, seconds: (performance.now() - start) / 1000 };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
