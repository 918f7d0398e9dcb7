/** The examples of the README and of docstrings do what they say. */
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
import { withImports } from '../../../tools/examples/src/imports.ts';

/** The README shows progress; a test does not. */
const quietFit = ((model: never, train: never, options: training.FitOptions) =>
  training.fit(model, train, { ...options, progress: false })) as typeof training.fit;
const modules = {
  '@hebb/data': data,
  '@hebb/evaluation': evaluation,
  '@hebb/layers': layers,
  '@hebb/losses': losses,
  '@hebb/optimizers': optimizers,
  '@hebb/tensor': tensor,
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

/** Sources whose examples stand alone; those of the others continue what a reader has before him. */
const sources = ['checkpoint.ts', 'checkpoint-file.ts', 'early-stopping.ts', 'encode-state.ts'];
const files = ['../README.md', ...sources.map((name) => `../src/${name}`)];

it.each(files.flatMap((name) => examplesOf(fileURLToPath(new URL(name, import.meta.url)))))(
  'the example of $name does what it says',
  async (example) => {
    for (const { line, actual, expected, rounded } of await runExample(withImports(example, modules), modules)) {
      expect(agrees(actual, expected, rounded), `${line}\ngot ${String(actual)}`).toBe(true);
    }
    expect(readdirSync(temporary)).toEqual(expect.arrayContaining(['runs']));
  },
);
