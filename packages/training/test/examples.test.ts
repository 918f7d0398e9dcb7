/** The example of the README does what it says. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as data from '@hebb/data';
import * as evaluation from '@hebb/evaluation';
import * as layers from '@hebb/layers';
import * as losses from '@hebb/losses';
import * as optimizers from '@hebb/optimizers';
import * as tensor from '@hebb/tensor';
import * as training from '../src/index.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from '../../../tools/examples/src/examples.ts';

/** The README shows progress; a test does not. */
const quietFit = ((model: never, train: never, options: training.FitOptions) =>
  training.fit(model, train, { ...options, progress: false })) as typeof training.fit;
const modules = {
  '@hebb/data': data,
  '@hebb/evaluation': evaluation,
  '@hebb/layers': layers,
  '@hebb/losses': losses,
  '@hebb/optimizers': optimizers,
  '@hebb/training': { ...training, fit: quietFit },
};

const temporary = mkdtempSync(join(tmpdir(), 'hebb-'));
const before = process.cwd();
beforeAll(() => {
  process.chdir(temporary);
  tensor.setDevice('wasm');
  tensor.manualSeed(1);
});
afterAll(() => {
  process.chdir(before);
  rmSync(temporary, { recursive: true });
});

it.each(examplesOf(fileURLToPath(new URL('../README.md', import.meta.url))))(
  'the example of $name does what it says',
  async (example) => {
    for (const { line, actual, expected, rounded } of await runExample(example, modules)) {
      expect(agrees(actual, expected, rounded), `${line}\ngot ${String(actual)}`).toBe(true);
    }
    expect(readdirSync(temporary)).toEqual(expect.arrayContaining(['runs']));
  },
);
