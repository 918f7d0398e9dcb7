/** What would be published: every package, built and packed. */
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pnpmQuietly } from '../setup/install.mjs';
import { root, runQuietly } from '../setup/process.mjs';

/** Runs a tool of this repository in Node. */
export const bin = (file, args, options) =>
  runQuietly(process.execPath, [join(root, 'node_modules', file), ...args], options);

/** Builds and packs every package. @returns the tarballs by the packages' names, or undefined where the build fails */
export async function packAll(check, work) {
  const packages = readdirSync(join(root, 'packages')).map((folder) => ({
    folder,
    path: join(root, 'packages', folder),
    name: JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')).name,
  }));
  // What a renamed or deleted source left in dist would be packed, so dist starts empty.
  for (const { path } of packages) rmSync(join(path, 'dist'), { recursive: true, force: true });
  const built = await check('build of all packages', async () => {
    const compiled = await bin('typescript/bin/tsc', ['-b', 'tsconfig.build.json']);
    for (const { path } of packages) {
      await runQuietly(process.execPath, [join(root, 'tools', 'build', 'copy-javascript.mjs')], { cwd: path });
    }
    return compiled;
  });
  if (!built) return undefined;

  const tarballs = new Map();
  for (const { folder, path, name } of packages) {
    await check(`pack ${name}`, async () => {
      const target = join(work, 'tarballs', folder);
      mkdirSync(target, { recursive: true });
      const result = await pnpmQuietly(['pack', '--pack-destination', target], { cwd: path });
      const file = readdirSync(target).find((candidate) => candidate.endsWith('.tgz'));
      if (!file) return { ...result, code: 1 };
      tarballs.set(name, join(target, file));
      return result;
    });
  }
  return tarballs;
}
