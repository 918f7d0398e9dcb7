/**
 * What a graphics processor says of Hebb, in less than eight minutes: `npm run gpu-check`, or `./run.sh` in a folder that
 * `npm run gpu-check:pack` made. Prints a table and writes the same as JSON.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runCheck } from './src/check.ts';
import { parts } from './src/parts/index.ts';
import { formatRow } from './src/rows.ts';

const help = `Usage: npm run gpu-check -- [options]

  --minutes N      time for everything (default 7.5)
  --only A,B       parts to run, in this order: ${Object.keys(parts).join(', ')}
  --json FILE      where the results go (default gpu-check.json)
  --help           this text`;

function fail(message: string): never {
  console.error(`${message}\n\n${help}`);
  process.exit(1);
}

interface Options {
  readonly seconds: number;
  readonly only: readonly string[] | undefined;
  readonly json: string;
}

function readOptions(): Options {
  let given;
  try {
    given = parseArgs({
      options: {
        minutes: { type: 'string', default: '7.5' },
        only: { type: 'string' },
        json: { type: 'string', default: 'gpu-check.json' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  if (given.help) {
    console.log(help);
    process.exit(0);
  }
  const minutes = Number(given.minutes);
  if (!(minutes > 0 && minutes <= 600)) fail(`--minutes must be a number between 0 and 600, not ${given.minutes}.`);
  const only = given.only?.split(',').map((name) => name.trim());
  const unknown = only?.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) fail(`--only: there is no part '${unknown}'.`);
  return { seconds: minutes * 60, only, json: resolve(process.env['INIT_CWD'] ?? process.cwd(), given.json) };
}

const { seconds, only, json } = readOptions();
const start = performance.now();
const results = await runCheck({
  seconds,
  ...(only !== undefined && { only }),
  onPart: (name, title) => console.log(`\n${title} (${name})`),
  onRow: (row) => console.log(formatRow(row)),
  onResults: (all) => {
    writeFileSync(
      `${json}.tmp`,
      `${JSON.stringify({ node: process.version, platform: process.platform, parts: all }, null, 2)}\n`,
    );
    renameSync(`${json}.tmp`, json);
  },
});
const failed = results.filter((result) => result.failed);
const cut = results.filter(({ cutOff }) => cutOff);
console.log(`\n${((performance.now() - start) / 1000).toFixed(0)} s; ${json}`);
if (cut.length > 0) console.log(`Cut off by time: ${cut.map(({ name }) => name).join(', ')}; --minutes gives more.`);
console.log(failed.length === 0 ? 'Nothing failed.' : `Failed: ${failed.map(({ name }) => name).join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
