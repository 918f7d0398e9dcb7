/** The second half of a package's build: `tsc` compiles TypeScript only, worker entries are plain JavaScript. Run in the package. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

for (const file of readdirSync('src', { recursive: true })) {
  if (!file.endsWith('.js')) continue;
  mkdirSync(dirname(join('dist', file)), { recursive: true });
  // As tsc does it with what it compiles.
  const text = readFileSync(join('src', file), 'utf8').replace(/((?:from|import) '\.{1,2}\/[^']+)\.ts'/g, "$1.js'");
  writeFileSync(join('dist', file), text);
}
