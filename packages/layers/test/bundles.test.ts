import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const source = fileURLToPath(new URL('../src/', import.meta.url));

async function minified(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: source, sourcefile: 'main.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
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

test('a bundle holds the modules that it uses', async () => {
  const text = await minified(`export { Flatten } from './shape.ts';`);
  expect(text).toContain('"Flatten"');
  expect(text).not.toContain('"Identity"');
});
