/** Runs the parts one after the other, each in a process of its own with a share of the time, and keeps what they report. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parts } from './parts/index.ts';
import { outOfTime, type Row } from './rows.ts';

export interface PartResult {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly seconds: number;
  /** Whether time ended the part before it had ended itself, or left none for it. */
  readonly cutOff: boolean;
  /** Whether something is wrong: a row that failed, or a process that died. */
  readonly failed: boolean;
}

export interface CheckOptions {
  /** Default: all, in their order. */
  readonly only?: readonly string[];
  /** Seconds for everything. */
  readonly seconds: number;
  readonly onPart?: (name: string, title: string) => void;
  readonly onRow?: (row: Row) => void;
  /** Called after every part with all results so far, so that nothing known is lost. */
  readonly onResults?: (results: readonly PartResult[]) => void;
}

const runner = fileURLToPath(new URL('run-part.ts', import.meta.url));
/** Milliseconds that a process gets beyond its share to end by itself. */
const grace = 4000;

async function runPart(name: string, budget: number, onRow: (row: Row) => void): Promise<PartResult> {
  const start = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'hebb-gpu-check-'));
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), runner, name, String(Math.round(budget)), folder],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
  let cutOff = false;
  const timer = setTimeout(() => {
    cutOff = true;
    child.kill('SIGKILL');
  }, budget + grace);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const rows: Row[] = [];
  const keep = (row: Row): void => {
    rows.push(row);
    onRow(row);
  };
  for await (const line of createInterface({ input: child.stdout })) {
    try {
      keep(JSON.parse(line) as Row);
    } catch {
      // A driver may write to the standard output too.
    }
  }
  const code = await ended;
  clearTimeout(timer);
  rmSync(folder, { recursive: true, force: true });
  if (cutOff) keep({ name: 'cut off', value: `no end after ${(budget / 1000).toFixed(0)} s` });
  else if (code !== 0) {
    keep({ name: 'the process died', value: `exit ${code}: ${errors.trim().replaceAll('\n', ' | ')}`, failed: true });
  }
  return {
    name,
    title: parts[name]?.title ?? name,
    rows,
    seconds: (performance.now() - start) / 1000,
    cutOff: cutOff || rows.some(({ value }) => value === outOfTime),
    failed: rows.some(({ failed }) => failed === true),
  };
}

/** Milliseconds under which no part is begun: starting a process and a device takes about so long. */
const least = 3000;

export async function runCheck({ only, seconds, onPart, onRow, onResults }: CheckOptions): Promise<PartResult[]> {
  const end = performance.now() + seconds * 1000;
  const results: PartResult[] = [];
  for (const name of only ?? Object.keys(parts)) {
    const { title = name, share = 1 } = parts[name] ?? {};
    onPart?.(name, title);
    const left = end - performance.now() - grace;
    const result: PartResult =
      left < least
        ? {
            name,
            title,
            rows: [{ name: title, value: outOfTime }],
            seconds: 0,
            cutOff: true,
            failed: false,
          }
        : await runPart(name, Math.min(left, share * seconds * 1000), (row) => onRow?.(row));
    if (left < least) result.rows.forEach((row) => onRow?.(row));
    results.push(result);
    onResults?.(results);
  }
  return results;
}
