/** The second half of a package's build: `tsc` compiles TypeScript only, worker entries are plain JavaScript. Run in the package. */
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

for (const file of readdirSync('src', { recursive: true })) {
  if (!file.endsWith('.js')) continue;
  mkdirSync(dirname(join('dist', file)), { recursive: true });
  copyFileSync(join('src', file), join('dist', file));
}
