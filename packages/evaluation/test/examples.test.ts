import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from '../../../tools/examples/src/examples.ts';
import * as evaluation from '../src/index.ts';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const files = [
  fileURLToPath(new URL('../README.md', import.meta.url)),
  ...readdirSync(source).map((name) => source + name),
];

it.each(files.flatMap((path) => examplesOf(path)))('the example of $name does what it says', async (example) => {
  const statements = await runExample(example, { '@hebb/evaluation': evaluation });
  expect(statements.length).toBeGreaterThan(0);
  for (const { line, actual, expected, rounded } of statements) {
    expect(agrees(actual, expected, rounded), `${line}\ngot ${String(actual)}`).toBe(true);
  }
});
