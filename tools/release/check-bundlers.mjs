/**
 * Builds and runs small programs with the packed packages in every bundler and runtime of `bundlers/cells.mjs`:
 * `npm run check:bundlers` what CI runs too, `-- --all` everything, `-- vite hebb` the cells and programs of these names.
 * `--keep` leaves the projects and says where. Ends with a line `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMatrix } from './bundlers/matrix.mjs';
import { createChecks } from './checks.mjs';
import { packAll } from './packages.mjs';

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const all = args.includes('--all') || names.length > 0;
const work = mkdtempSync(join(tmpdir(), 'hebb-bundlers-'));
const { check, finish } = createChecks();
try {
  const tarballs = await packAll(check, work);
  if (tarballs) await runMatrix(check, { work, tarballs, all, names });
} finally {
  if (args.includes('--keep')) console.log(`kept in ${work}`);
  else rmSync(work, { recursive: true, force: true });
}
finish();
