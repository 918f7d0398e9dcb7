/** Checks the direction of imports in every package's sources; part of `npm run lint`. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/process.mjs';
import { checkFile } from './direction.mjs';

const problems = [];
let files = 0;
for (const name of readdirSync(join(root, 'packages'))) {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const folder = join(root, 'packages', name, 'src');
  for (const file of existsSync(folder) ? readdirSync(folder, { recursive: true }) : []) {
    if (!/\.[cm]?[jt]s$/.test(file)) continue;
    const path = `packages/${name}/src/${file.replaceAll('\\', '/')}`;
    problems.push(...checkFile(path, readFileSync(join(folder, file), 'utf8'), dependencies));
    files++;
  }
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) console.error(`\n${problems.length} forbidden imports in ${files} files.`);
process.exitCode = problems.length > 0 ? 1 : 0;
