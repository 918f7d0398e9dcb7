/**
 * Programs that tests start in processes of their own, as JavaScript: translated once for all starts. With `--import tsx` each start translates and
 * resolves every module by itself, which takes ten times as long as the start.
 */
import { build as bundle, type Plugin } from 'esbuild';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';

/** Modules keep the address of their source, by which they find files beside it. */
const addresses: Plugin = {
  name: 'addresses',
  setup(build) {
    build.onLoad({ filter: /\.(ts|mjs)$/ }, async ({ path }) => ({
      contents: `const sourceAddress = ${JSON.stringify(pathToFileURL(path).href)}; ${await readFile(path, 'utf8')}`,
      loader: path.endsWith('ts') ? 'ts' : 'js',
    }));
  },
};

/** What the registry has stays outside, native code in particular, and is found from the module that asks for it. */
const dependencies: Plugin = {
  name: 'dependencies',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (kind === 'entry-point' || pluginData === dependencies) return undefined;
      const found = await build.resolve(path, { kind, resolveDir, pluginData: dependencies });
      if (found.errors.length > 0 || found.external) return { path, external: true };
      return found.path.includes('node_modules') ? { path: pathToFileURL(found.path).href, external: true } : found;
    });
  },
};

/** The nearest folder of dependencies: what a program imports by a name that is known only when it runs is found from there. */
function dependenciesOf(file: string): string {
  const folder = dirname(file);
  const found = join(folder, 'node_modules');
  return existsSync(found) || folder === dirname(folder) ? found : dependenciesOf(folder);
}

/**
 * Translates programs, and says where each of them lies until the tests of the file are done. For each file of tests anew: a module that several of
 * them share stays loaded when the first is done, and would hold the place of a program that is gone.
 */
export async function buildPrograms(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(dependenciesOf(files[0] ?? ''), '.hebb-programs-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  await bundle({
    entryPoints: files.map((file, i) => ({ in: file, out: `${i}/${basename(file, extname(file))}` })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    define: { 'import.meta.url': 'sourceAddress' },
    plugins: [addresses, dependencies],
    logLevel: 'error',
  });
  return new Map(files.map((file, i) => [file, join(folder, String(i), `${basename(file, extname(file))}.mjs`)]));
}

/** Translates one program; see {@link buildPrograms}. */
export async function buildProgram(file: string): Promise<string> {
  const built = (await buildPrograms([file])).get(file);
  if (built === undefined) throw new Error(`no program came of ${dirname(file)}/${basename(file)}`);
  return built;
}
