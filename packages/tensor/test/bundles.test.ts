/** What bundlers make of this package: a small entry, code of devices apart, nothing of Node, no configuration, no warning. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type BuildOptions, type Message, type Metafile } from 'esbuild';
import { afterAll, expect, test } from 'vitest';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const run = promisify(execFile);
const work = mkdtempSync(join(tmpdir(), 'hebb-bundles-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const program = `
  import { device, setDevice, tensor, matmul } from './index.ts';
  async function main() {
    const a = tensor([[1, 2], [3, 4]]);
    const lines = [await matmul(a, a).toArray(), device.name];
    setDevice('reference');
    lines.push(await matmul(tensor([[2]]), tensor([[3]])).item(), device.name);
    console.log(JSON.stringify(lines));
  }
  main().catch((error) => console.log(error.name + ': ' + error.message));`;

let count = 0;

/** Bundles the program into a folder of its own. */
async function bundle(
  options: BuildOptions,
): Promise<{ folder: string; warnings: readonly Message[]; metafile: Metafile }> {
  const folder = join(work, `${count++}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const { warnings, metafile = { inputs: {}, outputs: {} } } = await build({
    stdin: { contents: program, resolveDir: source, sourcefile: 'main.js' },
    bundle: true,
    minify: true,
    outdir: folder,
    absWorkingDir: source,
    metafile: true,
    logLevel: 'silent',
    ...options,
  });
  return { folder, warnings, metafile };
}

/** Folders of sources whose code an output holds, those that it imports statically included. */
function foldersIn({ outputs }: Metafile, name: string, seen = new Set<string>()): Set<string> {
  seen.add(name);
  const folders = new Set<string>();
  const output = outputs[name];
  for (const file of Object.keys(output?.inputs ?? {})) folders.add(file.split('/')[0] ?? '');
  for (const { path, kind } of output?.imports ?? []) {
    if (kind !== 'dynamic-import' && !seen.has(path))
      for (const other of foldersIn({ inputs: {}, outputs }, path, seen)) folders.add(other);
  }
  return folders;
}

const ran = async (file: string, env: Record<string, string> = {}): Promise<string> =>
  (await run(process.execPath, [file], { env: { ...process.env, ...env } })).stdout.trim();

test('the code of a device is loaded when the device is chosen, the compiler with the devices that compile, printing alone', async () => {
  const { folder, warnings, metafile } = await bundle({ format: 'esm', splitting: true, platform: 'browser' });
  expect(warnings).toEqual([]);
  const { outputs } = metafile;
  const entry = Object.keys(outputs).find((name) => name.endsWith('stdin.js')) ?? '';
  const chunks = (outputs[entry]?.imports ?? []).filter(({ kind }) => kind === 'dynamic-import');
  const ofEntry = foldersIn(metafile, entry);
  for (const part of ['wasm', 'webgpu', 'reference', 'compiler', 'prompt', 'remote'])
    expect([...ofEntry]).not.toContain(part);
  const added = chunks.map(({ path }) =>
    [...foldersIn(metafile, path)]
      .filter((name) => !ofEntry.has(name))
      .sort()
      .join(' + '),
  );
  // WebGPU comes in two: whether there is a device is found out first.
  expect(added.sort()).toEqual(['compiler + wasm', 'compiler + webgpu', 'prompt', 'reference', 'remote', 'webgpu']);
  expect(await ran(join(folder, 'stdin.js'))).toBe('[[[7,10],[15,22]],"wasm",6,"reference"]');
  expect(await ran(join(folder, 'stdin.js'), { HEBB_DEVICE: 'reference' })).toContain('"reference",6');
});

test('code of a device that cannot be loaded is a DeviceError that says so', async () => {
  const { folder } = await bundle({
    format: 'esm',
    splitting: true,
    platform: 'browser',
    chunkNames: 'chunks/[name]-[hash]',
  });
  for (const name of readdirSync(join(folder, 'chunks')))
    if (name.startsWith('engine')) rmSync(join(folder, 'chunks', name));
  expect(await ran(join(folder, 'stdin.js'), { HEBB_DEVICE: 'wasm' })).toMatch(
    /^DeviceError: The code of the device 'wasm' does not load: Cannot find module .*\n {2}hint: It is a file of its own beside the bundle/,
  );
});

test.each<[string, BuildOptions]>([
  ['a classic script', { format: 'iife', platform: 'browser' }],
  ['a module for pages', { format: 'esm', platform: 'browser' }],
  ['a module for Node', { format: 'esm', platform: 'node' }],
  ['CommonJS', { format: 'cjs', platform: 'node' }],
])('one file holds everything: %s', async (_, options) => {
  const extension = options.format === 'esm' ? '.mjs' : '.cjs';
  const { folder, warnings, metafile } = await bundle({ ...options, outExtension: { '.js': extension } });
  expect(warnings).toEqual([]);
  // Neither Node's modules nor the optional package for WebGPU in Node.
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
  expect(await ran(join(folder, `stdin${extension}`))).toBe('[[[7,10],[15,22]],"wasm",6,"reference"]');
});
