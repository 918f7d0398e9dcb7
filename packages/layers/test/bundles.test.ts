import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import * as layers from '../src/index.ts';

const source = fileURLToPath(new URL('../src/', import.meta.url));

const options = {
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  write: false,
  logLevel: 'error',
} as const;

async function minified(contents: string): Promise<string> {
  const stdin = { contents, resolveDir: source, sourcefile: 'main.js' };
  const { outputFiles } = await build({ ...options, stdin });
  return outputFiles[0]?.text ?? '';
}

/** The sources of which an import of one name loads code at once: `layers/linear/linear.ts`. */
async function sourcesOf(name: string): Promise<string[]> {
  const stdin = { contents: `export { ${name} } from './index.ts';`, resolveDir: source, sourcefile: 'main.js' };
  const split = { splitting: true, outdir: fileURLToPath(new URL('../dist', import.meta.url)) };
  const { metafile } = await build({ ...options, ...split, stdin, metafile: true });
  const loaded = new Set<string>();
  const kept = new Set<string>();
  const visit = (path: string): void => {
    const output = metafile.outputs[path];
    if (output === undefined || loaded.has(path)) return;
    loaded.add(path);
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) if (bytesInOutput > 0) kept.add(input);
    for (const { path: inner, kind } of output.imports) if (kind === 'import-statement') visit(inner);
  };
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs))
    if (entryPoint?.endsWith('main.js')) visit(path);
  return [...kept]
    .map((path) => path.replace(/^.*packages\//, '').replace('/src/', '/'))
    .filter((path) => path !== 'main.js');
}

test('modules keep their names in a minified bundle, in descriptions and in errors', async () => {
  const text = await minified(`
    import { BatchNorm1d, Linear, ReLU, Sequential } from './index.ts';
    export const net = new Sequential(new Linear(4, 3), new BatchNorm1d(3), new ReLU());
    export const described = net.modules.map((module) => module.describe());
    export const wrong = () => new BatchNorm1d(0.5);`);
  const bundle = (await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)) as {
    net: { describe(): string };
    described: string[];
    wrong: () => void;
  };
  expect(bundle.net.describe()).toMatch(/^Sequential/);
  expect(bundle.described).toEqual(['Linear 4 → 3', 'BatchNorm1d 3', 'ReLU']);
  expect(bundle.wrong).toThrow(/^\[BatchNorm1d\]/);
});

test('configurations have the names that classes say, whatever a minifier calls them', async () => {
  const text = await minified(`
    import { fromConfig, Linear, Module, Sequential } from './index.ts';
    class Net extends Module {
      static type = 'Net';
      static positional = ['inner'];
      constructor(inner) { super(); this.inner = inner; }
      forward(x) { return this.inner.forward(x); }
    }
    class Extended extends Linear {}
    export const config = new Net(new Sequential(new Linear(4, 3))).config();
    export const again = fromConfig(JSON.parse(JSON.stringify(config)), { Net }).config();
    export const refused = () => new Extended(2, 2).config();`);
  expect(text).not.toMatch(/class (Net|Extended|Linear)\b/);
  const bundle = (await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)) as {
    config: unknown;
    again: unknown;
    refused: () => void;
  };
  const linear = { type: 'Linear', inFeatures: 4, outFeatures: 3, bias: true };
  expect(bundle.config).toEqual({ type: 'Net', inner: { type: 'Sequential', modules: [linear] } });
  expect(bundle.again).toEqual(bundle.config);
  expect(bundle.refused).toThrow('is not to be rebuilt as Linear');
});

test('a bundle of Sequential and Linear leaves out all other layers, files, and what rebuilds modules', async () => {
  const text = await minified(`export { Linear, Sequential } from './index.ts';`);
  const all = await minified(`export * from './index.ts';`);
  const others = Object.entries(layers)
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof layers.Module)
    .map(([name]) => name)
    .filter((name) => !['Linear', 'Sequential', 'LazyModule', 'BatchNorm', 'MessagePassing', 'LoRA'].includes(name));
  expect(others.length).toBeGreaterThan(12);
  const parts = (bundle: string, names: readonly string[]): string[] =>
    names.filter((name) => new RegExp(`["'\`]${name}["'\`]`).test(bundle));
  expect(parts(all, others)).toEqual(others);
  expect(parts(text, others)).toEqual([]);
  expect(parts(text, ['Linear', 'Sequential'])).toEqual(['Linear', 'Sequential']);
  expect([all.includes('safetensors'), text.includes('safetensors')]).toEqual([true, false]);
  expect([all.includes('BINPERSID'), text.includes('BINPERSID')]).toEqual([true, false]);
  expect([all.includes('there is no module type'), text.includes('there is no module type')]).toEqual([true, false]);
});

test('a bundle holds the modules that it uses', async () => {
  const text = await minified(`export { Flatten } from './linear/shape.ts';`);
  expect(text).toContain('"Flatten"');
  expect(text).not.toContain('"Identity"');
});

test('Linear alone holds the module, its own family and initial weights: no code of convolution, recurrence, attention or files', async () => {
  const loaded = await sourcesOf('Linear');
  const families = loaded.flatMap((path) => /^layers\/(.*)\//.exec(path)?.[1] ?? []);
  expect(new Set(families)).toEqual(new Set(['module', 'linear', 'initialization']));
  // The functions of those families, and what reads and writes files, in the packages below.
  const foreign = /conv|pool|recurren|scan|attention|embedding|norm|fold|fft|fourier|interpolate|numpy|^files\//;
  expect(loaded.filter((path) => foreign.test(path))).toEqual([]);
  // What is looked for is there where it is used.
  for (const [name, file] of [
    ['Conv2d', 'tensor/ops/convolution.ts'],
    ['LSTM', 'tensor/ops/scan.ts'],
    ['MultiheadAttention', 'tensor/ops/attention.ts'],
    ['readSafetensors', 'files/read.ts'],
  ] as const)
    expect(await sourcesOf(name)).toContain(file);
});
