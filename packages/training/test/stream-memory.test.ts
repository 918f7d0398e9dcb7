/** What is larger than memory trains: memory must not follow the size of the file. `benchmarks/csv-stream.ts` does it with a gigabyte. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hebb-stream-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly steps: number;
  readonly first: number;
  readonly last: number;
  readonly peak: number;
}

it('trains on ten times the file in about the same memory', { timeout: 180_000 }, () => {
  const train = (megabytes: number): Outcome => {
    const script = fileURLToPath(new URL('./support/train-csv.mjs', import.meta.url));
    const args = ['--import', 'tsx', script, String(megabytes), folder];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    return JSON.parse(stdout) as Outcome;
  };
  const small = train(2.5);
  const large = train(25);
  expect(large.steps).toBeGreaterThan(9 * small.steps);
  expect(large.last).toBeLessThan(large.first / 3);
  // Garbage that is collected later, but not the 22 MB more of text, which would be several times that as rows.
  expect(large.peak - small.peak).toBeLessThan(60);
  expect(large.peak).toBeLessThan(300);
});
