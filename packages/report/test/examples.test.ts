/** The example of the README does what it says. */
import { readdirSync } from 'node:fs';
import * as data from '@hebb/data';
import * as evaluation from '@hebb/evaluation';
import * as layers from '@hebb/layers';
import * as losses from '@hebb/losses';
import * as optimizers from '@hebb/optimizers';
import * as tensor from '@hebb/tensor';
import * as training from '@hebb/training';
import { afterAll, beforeAll, expect } from 'vitest';
import { testExamples } from '../../../tools/examples/src/suite.ts';
import { inTemporaryFolder } from '../../../tools/examples/src/temporary-folder.ts';
import * as report from '../src/index.ts';

const modules = {
  '@hebb/data': data,
  '@hebb/evaluation': evaluation,
  '@hebb/layers': layers,
  '@hebb/losses': losses,
  '@hebb/optimizers': optimizers,
  '@hebb/report': report,
  '@hebb/training': training,
};

const folder = inTemporaryFolder();
beforeAll(() => {
  tensor.setDevice('wasm');
  tensor.manualSeed(1);
});
afterAll(() => expect(readdirSync(folder)).toEqual(['report.html']));

testExamples(new URL('../', import.meta.url), modules, []);
