/** The quickstart's command line: `npm run quickstart -- --help`. */
import { runProgram, sweep } from '@hebb/app-support';
import { fileNames } from './files.ts';
import { parseOptions } from './options.ts';
import { quickstart } from './quickstart.ts';

// The process is the program's own: V8's flags for faster products may be set where there are any. The description of the device names them.
process.env['HEBB_V8_FLAGS'] ??= 'auto';

await runProgram(async (args, { base, signal, onQuit }) => {
  const options = parseOptions(args, base);
  onQuit(() => sweep(options.out, Object.values(fileNames)));
  return await quickstart(options, signal);
});
