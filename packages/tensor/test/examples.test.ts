/** The examples of the README and of the docstrings do what they say, on the interpreter and on WebAssembly. */
import * as tensor from '@hebb/tensor';
import { afterAll, beforeEach, describe } from 'vitest';
import { testExamples } from '../../../tools/examples/src/suite.ts';

const modules = { '@hebb/tensor': tensor };

afterAll(() => tensor.setDevice('wasm'));

describe.each(['reference', 'wasm'] as const)('on %s', (name) => {
  beforeEach(() => tensor.setDevice(name));

  testExamples(new URL('../', import.meta.url), modules);
});
