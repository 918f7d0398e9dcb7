import * as tensor from '@hebb/tensor';
import { testExamples } from '../../../tools/examples/src/suite.ts';
import * as evaluation from '../src/index.ts';

testExamples(new URL('../', import.meta.url), { '@hebb/evaluation': evaluation, '@hebb/tensor': tensor });
