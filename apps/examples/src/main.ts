/** The examples' command line: `npm run example`. */
import { runExamples, runProgram } from '@hebb/app-support';
import { examples } from './examples.ts';

await runProgram((args, program) => runExamples(examples, args, program));
