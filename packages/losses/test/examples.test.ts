/** The examples of the README and of the docstrings do what they say. */
import * as tensor from '@hebb/tensor';
import * as losses from '../src/index.ts';
import { beforeAll } from 'vitest';
import { testExamples } from '../../../tools/examples/src/suite.ts';

const modules = { '@hebb/tensor': tensor, '@hebb/losses': losses };

beforeAll(() => tensor.setDevice('reference'));

testExamples(new URL('../', import.meta.url), modules);
