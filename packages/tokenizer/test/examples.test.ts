import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from '../../../tools/examples/src/examples.ts';
import * as tokenizer from '../src/index.ts';

const home = process.cwd();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-examples-'));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true });
});

const files = ['../README.md', '../src/character.ts'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

it.each(files.flatMap((path) => examplesOf(path)))('the example of $name does what it says', async (example) => {
  const statements = await runExample(example, { '@hebb/tokenizer': tokenizer });
  expect(statements.length).toBeGreaterThan(0);
  for (const { line, actual, expected, rounded } of statements) {
    expect(agrees(actual, expected, rounded), `${line}\ngot ${String(actual)}`).toBe(true);
  }
});
