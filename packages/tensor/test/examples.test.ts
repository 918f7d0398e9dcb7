/** The examples of the README and of the docstrings do what they say, on the interpreter and on WebAssembly. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tensor from '@hebb/tensor';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from '../../../tools/examples/src/examples.ts';
import { withImports } from '../../../tools/examples/src/imports.ts';

const modules = { '@hebb/tensor': tensor };
const folder = fileURLToPath(new URL('../', import.meta.url));
const sources = readdirSync(`${folder}src`, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts'));
const files = [`${folder}README.md`, ...sources.map((name) => `${folder}src/${name}`)];

afterAll(() => tensor.setDevice('wasm'));

describe.each(['reference', 'wasm'] as const)('on %s', (name) => {
  beforeEach(() => tensor.setDevice(name));

  it.each(files.flatMap((path) => examplesOf(path)))('the example of $name does what it says', async (example) => {
    for (const { line, actual, expected, rounded } of await runExample(withImports(example, modules), modules)) {
      expect(agrees(actual, expected, rounded), `${line}\ngot ${JSON.stringify(actual)}`).toBe(true);
    }
  });
});
