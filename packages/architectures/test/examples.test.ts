/** The examples of the README and of the docstrings do what they say. */
import * as tensor from '@hebb/tensor';
import * as layers from '@hebb/layers';
import * as optimizers from '../../optimizers/src/index.ts';
import * as architectures from '../src/index.ts';
import { beforeAll } from 'vitest';
import { testExamples } from '../../../tools/examples/src/suite.ts';

const modules = {
  '@hebb/tensor': tensor,
  '@hebb/layers': layers,
  '@hebb/optimizers': optimizers,
  '@hebb/architectures': architectures,
};

beforeAll(() => tensor.setDevice('wasm'));

testExamples(new URL('../', import.meta.url), modules);
