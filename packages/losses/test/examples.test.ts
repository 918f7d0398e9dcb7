/** The examples of the README and of the docstrings do what they say. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tensor from '@hebb/tensor';
import * as losses from '../src/index.ts';
import { beforeAll, expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from '../../../tools/examples/src/examples.ts';
import { withImports } from '../../../tools/examples/src/imports.ts';

const modules = { '@hebb/tensor': tensor, '@hebb/losses': losses };
const folder = fileURLToPath(new URL('../', import.meta.url));
const sources = readdirSync(`${folder}src`, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts'));
const files = [`${folder}README.md`, ...sources.map((name) => `${folder}src/${name}`)];

beforeAll(() => tensor.setDevice('reference'));

it.each(files.flatMap((path) => examplesOf(path)))('the example of $name does what it says', async (example) => {
  for (const { line, actual, expected, rounded } of await runExample(withImports(example, modules), modules)) {
    expect(agrees(actual, expected, rounded), `${line}\ngot ${String(actual)}`).toBe(true);
  }
});
