/** Examples write files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** Lets the tests of a file run in a folder of their own, which is removed afterwards; returns its path. */
export function inTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hebb-examples-'));
  const home = process.cwd();
  beforeAll(() => process.chdir(folder));
  afterAll(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });
  return folder;
}
