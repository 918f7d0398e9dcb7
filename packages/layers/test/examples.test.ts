/** The examples of the README and of the docstrings do what they say. */
import * as tensor from '@hebb/tensor';
import * as layers from '../src/index.ts';
import { beforeAll } from 'vitest';
import { testExamples } from '../../../tools/examples/src/suite.ts';
import { inTemporaryFolder } from '../../../tools/examples/src/temporary-folder.ts';

const modules = { '@hebb/tensor': tensor, '@hebb/layers': layers };

inTemporaryFolder();
beforeAll(() => tensor.setDevice('reference'));

testExamples(new URL('../', import.meta.url), modules);
