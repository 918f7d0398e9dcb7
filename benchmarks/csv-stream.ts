/**
 * Does a CSV larger than memory train in constant memory, and how fast is it read? Generates a file of so many megabytes (20 numbers and a label in a
 * row), then, each in a process of its own, so that resident memory is its own, too: reads it with papaparse's streaming alone (fields as text, and typed), as rows
 * of `csvStream`, as shuffled batches, and trains a small classifier for one epoch with `fit`.
 *
 * `node --import tsx benchmarks/csv-stream.ts [megabytes = 1000] [folder = the system's temporary one]`; exits with 1 where training took 300 MB of resident
 * memory or more.
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { csvStream, Random, type BatchStream } from '@hebb/data';
import { Linear, ReLU, Sequential } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import { manualSeed, setDevice } from '@hebb/tensor';
import { fit } from '@hebb/training';
import Papa from 'papaparse';
import { commandLine } from './support/command-line.ts';

const limit = 300;
const features = Array.from({ length: 20 }, (_, i) => `feature${i}`);

interface Result {
  readonly rows: number;
  readonly seconds: number;
  /** The largest resident memory of the process, in megabytes. */
  readonly peak: number;
  readonly note?: string;
}

/** The label says whether the sum of the features is positive. */
function generate(path: string, megabytes: number): number {
  const file = openSync(path, 'w');
  const random = new Random(1);
  let bytes = writeSync(file, `${features.join(',')},label\n`);
  for (;;) {
    let text = '';
    for (let row = 0; row < 1000; row++) {
      let sum = 0;
      for (let i = 0; i < features.length; i++) {
        const value = random.float() - 0.5;
        sum += value;
        text += `${value.toFixed(5)},`;
      }
      text += sum > 0 ? '1\n' : '0\n';
    }
    bytes += writeSync(file, text);
    if (bytes >= megabytes * 1e6) break;
  }
  closeSync(file);
  return bytes;
}

function parse(path: string, options: object): Promise<number> {
  return new Promise((resolve, reject) => {
    let rows = 0;
    Papa.parse(createReadStream(path), {
      ...options,
      step: () => void rows++,
      complete: () => resolve(rows),
      error: reject,
    });
  });
}

function batchesOf(path: string): BatchStream {
  return csvStream(path)
    .map((row) => ({ x: features.map((name) => row[name]), y: row['label'] }))
    .shuffle({ buffer: 10_000, seed: 1 })
    .batch(256, { types: { y: 'int32' } });
}

const contenders: Readonly<Record<string, (path: string) => Promise<{ rows: number; note?: string }>>> = {
  'papaparse, text': async (path) => ({ rows: await parse(path, {}) }),
  'papaparse, typed': async (path) => ({
    rows: await parse(path, { header: true, dynamicTyping: true, skipEmptyLines: true }),
  }),
  'csvStream, rows': async (path) => {
    let rows = 0;
    for await (const _ of csvStream(path)) rows++;
    return { rows };
  },
  'csvStream, shuffled batches': async (path) => {
    let rows = 0;
    for await (const { count } of batchesOf(path).batches()) rows += count;
    return { rows };
  },
  'fit, one epoch': async (path) => {
    setDevice('wasm');
    manualSeed(1);
    const model = new Sequential(new Linear(features.length, 32), new ReLU(), new Linear(32, 2));
    const optimizer = new AdamW(model, { learningRate: 1e-3 });
    const batches = batchesOf(path);
    const { losses } = await fit(model, batches, { loss: crossEntropy, optimizer, epochs: 1, progress: false });
    const mean = (part: readonly number[]): string => (part.reduce((sum, x) => sum + x, 0) / part.length).toFixed(3);
    return { rows: losses.length * 256, note: `loss ${mean(losses.slice(0, 20))} → ${mean(losses.slice(-20))}` };
  },
};

const [first, second, ...rest] = process.argv.slice(2);
if (first === '--contender') {
  const start = performance.now();
  const { rows, note } = (await contenders[second ?? '']?.(rest[0] ?? '')) ?? { rows: 0 };
  const seconds = (performance.now() - start) / 1000;
  const result: Result = {
    rows,
    seconds,
    peak: (process.resourceUsage().maxRSS * 1024) / 1e6,
    ...(note !== undefined && { note }),
  };
  console.log(JSON.stringify(result));
} else {
  const { megabytes: wanted, parent } = commandLine(import.meta.url, { megabytes: 1000, parent: tmpdir() });
  const folder = mkdtempSync(join(parent, 'hebb-csv-'));
  try {
    const path = join(folder, 'rows.csv');
    generate(path, wanted);
    const megabytes = statSync(path).size / 1e6;
    console.log(`${megabytes.toFixed(0)} MB, ${features.length + 1} columns`);
    // The contenders run as JavaScript, as programs do: what translates TypeScript takes some 50 MB of its process.
    const { build } = await import('esbuild');
    const program = join(folder, 'program.mjs');
    const entryPoints = [fileURLToPath(import.meta.url)];
    await build({
      entryPoints,
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
      external: ['esbuild'],
    });
    const results: Record<string, Result> = {};
    for (const name of Object.keys(contenders)) {
      const args = [program, '--contender', name, path];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${name}: ${stderr}`);
      const result = JSON.parse(stdout) as Result;
      results[name] = result;
      const rate = megabytes / result.seconds;
      console.log(
        `${name.padEnd(28)} ${rate.toFixed(1).padStart(6)} MB/s  ${(result.rows / result.seconds / 1000).toFixed(0).padStart(5)} thousand rows/s  ${result.seconds.toFixed(1).padStart(6)} s  peak ${result.peak.toFixed(0).padStart(4)} MB  ${result.note ?? ''}`,
      );
    }
    console.log(JSON.stringify({ megabytes, results }));
    if ((results['fit, one epoch']?.peak ?? Infinity) >= limit) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
