/** The examples' command line: `npm run example`. */
import { runExamples, runProgram } from '@hebb/app-support';
import { examples } from './examples.ts';

// The process is the program's own: V8's flags for faster products may be set where there are any. The description of the device names them.
process.env['HEBB_V8_FLAGS'] ??= 'auto';

await runProgram((args, program) => runExamples(examples, args, program));
