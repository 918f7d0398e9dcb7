/** How large programs are in a browser: bundled, minified and compressed, as pages load them. */
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../setup/process.mjs';

/** Compressed bytes of what `contents`, a module in the folder `resolveDir`, loads at once, and of each chunk that it loads later, by source. */
export async function bundleSizes(contents, resolveDir = root) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir, sourcefile: 'entry.js' },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    outdir: join(root, 'dist'),
    absWorkingDir: root,
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const bytes = new Map(
    outputFiles.map(({ path, contents: text }) => [
      relative(root, path).replaceAll('\\', '/'),
      gzipSync(text, { level: 9 }).length,
    ]),
  );
  const closure = (name, found = new Set()) => {
    if (found.has(name)) return found;
    found.add(name);
    for (const { path, kind, external } of metafile.outputs[name].imports) {
      if (kind === 'import-statement' && !external) closure(path, found);
    }
    return found;
  };
  const sum = (names) => [...names].reduce((total, name) => total + bytes.get(name), 0);
  const entry = Object.keys(metafile.outputs).find((name) => metafile.outputs[name].entryPoint === 'entry.js');
  const atOnce = closure(entry);
  const chunks = new Map();
  for (const [name, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (!entryPoint || atOnce.has(name)) continue;
    chunks.set(
      entryPoint.replace(/^packages\//, '').replace('/src/', '/'),
      sum([...closure(name)].filter((part) => !atOnce.has(part))),
    );
  }
  return { entry: sum(atOnce), chunks };
}
