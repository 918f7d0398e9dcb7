/** The examples of the README and of the docstrings do what they say. */
import * as files from '@hebb/files';
import * as tensor from '@hebb/tensor';
import * as layers from '@hebb/layers';
import * as optimizers from '../../optimizers/src/index.ts';
import * as architectures from '../src/index.ts';
import { beforeAll } from 'vitest';
import { testExamples } from '../../../tools/examples/src/suite.ts';
import { inTemporaryFolder } from '../../../tools/examples/src/temporary-folder.ts';

const modules = {
  '@hebb/files': files,
  '@hebb/tensor': tensor,
  '@hebb/layers': layers,
  '@hebb/optimizers': optimizers,
  '@hebb/architectures': architectures,
};

inTemporaryFolder();
beforeAll(() => tensor.setDevice('wasm'));

testExamples(new URL('../', import.meta.url), modules);
