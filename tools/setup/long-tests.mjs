/** Test files that say `@module-tag long` and why in their first comment: fuzzing, soaking, sweeps, tools of their own. `npm test` leaves them out, `npm test -- --long` and CI do not. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const tag = /@module-tag\s+long\b/;

/** Paths relative to `root`. */
export function longTests(root) {
  const folders = ['packages', 'apps', 'tools'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name, 'test')),
  );
  return [...folders, join('benchmarks', 'test')]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.test.ts') && tag.test(readFileSync(join(root, file), 'utf8')))
    .sort((a, b) => (a < b ? -1 : 1));
}
