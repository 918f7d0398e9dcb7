/** The examples of the README and of the docstrings do what they say. */
import * as tensors from '@hebb/tensor';
import { beforeAll } from 'vitest';
import { testExamples } from '../../../tools/examples/src/suite.ts';
import * as autograd from '../src/index.ts';

beforeAll(() => tensors.setDevice('reference'));

testExamples(new URL('../', import.meta.url), { '@hebb/tensor': tensors, '@hebb/autograd': autograd });
