/** The examples of the README and of the docstrings do what they say. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tensor from '@hebb/tensor';
import * as layers from '../src/index.ts';
import { afterAll, beforeAll } from 'vitest';
import { testExamples } from '../../../tools/examples/src/suite.ts';

const modules = { '@hebb/tensor': tensor, '@hebb/layers': layers };

// Examples write files.
const temporary = mkdtempSync(join(tmpdir(), 'hebb-'));
const before = process.cwd();
beforeAll(() => {
  process.chdir(temporary);
  tensor.setDevice('reference');
});
afterAll(() => {
  process.chdir(before);
  rmSync(temporary, { recursive: true });
});

testExamples(new URL('../', import.meta.url), modules);
