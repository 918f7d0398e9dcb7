/**
 * What is larger than memory trains: memory must not follow the size of the file. `benchmarks/csv-stream.ts` does it with a gigabyte.
 *
 * @module-tag long: it trains on large files.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildProgram } from '../../../tools/testing/src/programs.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hebb-stream-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly steps: number;
  readonly first: number;
  readonly last: number;
  /** The most that was held at ten points of the run, in megabytes. */
  readonly most: number;
}

const script = await buildProgram(fileURLToPath(new URL('./support/train-csv.mjs', import.meta.url)));

function train(megabytes: number, hold = ''): Outcome {
  const args = [script, String(megabytes), folder, hold];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return JSON.parse(stdout) as Outcome;
}

it('trains on ten times the file in the same memory', { timeout: 180_000 }, () => {
  const small = train(1);
  const large = train(10);
  expect(large.steps).toBeGreaterThan(9 * small.steps);
  expect(large.last).toBeLessThan(large.first / 3);
  // 9 MB more of text, several times that as rows. Ten times the steps keep ten times the losses, 4 kB.
  expect(large.most - small.most).toBeLessThan(3);
  // What would be there, were it held: the measure sees it.
  expect(train(10, 'text').most - large.most).toBeGreaterThan(9);
  expect(train(10, 'rows').most - large.most).toBeGreaterThan(18);
});
