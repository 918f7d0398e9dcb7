/** The examples of the README and of the docstrings do what they say. */
import { testExamples } from '../../../tools/examples/src/suite.ts';
import { inTemporaryFolder } from '../../../tools/examples/src/temporary-folder.ts';
import * as files from '../src/index.ts';

inTemporaryFolder();
testExamples(new URL('../', import.meta.url), { '@hebb/files': files });
