/** The examples of the README and of docstrings do what they say. */
import { readdirSync } from 'node:fs';
import * as data from '@hebb/data';
import * as evaluation from '@hebb/evaluation';
import * as layers from '@hebb/layers';
import * as losses from '@hebb/losses';
import * as optimizers from '@hebb/optimizers';
import * as tensor from '@hebb/tensor';
import * as training from '../src/index.ts';
import { afterAll, beforeAll, expect } from 'vitest';
import { testExamples } from '../../../tools/examples/src/suite.ts';
import { inTemporaryFolder } from '../../../tools/examples/src/temporary-folder.ts';

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

const folder = inTemporaryFolder();
beforeAll(() => {
  tensor.setDevice('wasm');
  tensor.manualSeed(1);
});
afterAll(() => expect(readdirSync(folder)).toContain('runs'));

/** Sources whose examples stand alone; those of the others continue what a reader has before him. */
const sources = ['checkpoint.ts', 'checkpoint-file.ts', 'early-stopping.ts', 'encode-state.ts'];
testExamples(new URL('../', import.meta.url), modules, sources);
