/** Walks the matrix: every program in every cell, built and run, and not a word but PROVED. */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { findChromium } from '../../setup/devices.mjs';
import { runQuietly } from '../../setup/process.mjs';
import { createProject } from '../project.mjs';
import { startBrowser } from './browser.mjs';
import { cells } from './cells.mjs';
import { nextCells, runNext } from './next.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
/** For one build or run, in milliseconds. */
const timeout = 180_000;
/** At a time: a build keeps about one core busy. */
const concurrency = 2;

const programs = readdirSync(join(here, 'programs'))
  .map((file) => file.replace(/\.js$/, ''))
  .filter((name) => name !== 'prove');

/** What the tools print when all is well; any other word, a warning above all, is a failure. */
const allIsWell =
  /^webpack compiled successfully$|^\s*\S+ +[\d.]+[km]?b *(?:⚠️)?$|^⚡ Done.*$|^\S+ → \S+\.\.\.$|^created \S+ in .*$/gm;

/** What Rolldown says of a build that took seconds, on a machine that had other things to do. */
const wasSlow = /^ *\[PLUGIN_TIMINGS\][^]*?^ *See \S+ for more details\.$/gm;

/** Calls `use` with every item, some at a time. */
async function forEach(items, use) {
  const waiting = [...items];
  const walk = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await use(item);
  };
  await Promise.all(Array.from({ length: concurrency }, walk));
}

const quiet = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };

/** Builds one program in one cell; resolves to where, and to what the bundler said where it said anything. */
async function build(project, cell, program) {
  const folder = join(project, cell.name, program);
  mkdirSync(folder, { recursive: true });
  cpSync(join(here, 'programs', 'prove.js'), join(folder, 'prove.js'));
  cpSync(join(here, 'programs', `${program}.js`), join(folder, 'main.js'));
  for (const [name, source] of Object.entries(cell.files ?? {}))
    cpSync(join(here, 'pages', source), join(folder, name));
  for (const [command, ...args] of cell.build) {
    const result = await runQuietly(join(project, 'node_modules', '.bin', command), args, {
      cwd: folder,
      timeout,
      env: quiet,
    });
    const output = stripVTControlCharacters(result.output).replaceAll(wasSlow, '').replaceAll(allIsWell, '').trim();
    if (result.code !== 0 || output !== '') return { folder, problem: output || `exit code ${result.code}` };
  }
  return { folder };
}

/** Runs what was built; resolves to what it wrote. */
async function run(project, browser, cell, folder) {
  if (cell.page !== undefined) return await browser.open(join(folder, cell.page), timeout);
  const [command, ...args] = cell.run;
  const file = command === 'node' ? process.execPath : join(project, 'node_modules', '.bin', command);
  return (await runQuietly(file, args, { cwd: folder, timeout, env: quiet })).output;
}

/**
 * @param check what counts and prints
 * @param options.work an empty folder
 * @param options.tarballs of the packages, by name
 * @param options.all also what CI leaves out
 * @param options.names only these cells and these programs
 */
export async function runMatrix(check, { work, tarballs, all = false, names = [] }) {
  const choose = (group) =>
    group.some((name) => names.includes(name)) ? group.filter((name) => names.includes(name)) : group;
  const cellNames = choose([...cells, ...nextCells].map(({ name }) => name));
  const chromium = findChromium();
  if (!chromium) {
    const output = 'To enable them: sudo apt-get install chromium, or set CHROMIUM_PATH to a Chromium or Chrome.';
    if (process.env.HEBB_REQUIRE_BROWSER === '1')
      await check('a Chromium for the pages', async () => ({ code: 1, output }));
    else console.log(`SKIPPED: every page and worker, no Chromium was found. ${output}`);
  }
  const chosen = cells.filter(({ name, page }) => cellNames.includes(name) && (chromium || page === undefined));
  const chosenPrograms = choose(programs);
  const project = join(work, 'bundlers');
  await createProject(check, project, [...tarballs.values(), ...new Set(chosen.flatMap((cell) => cell.install))]);
  const browser = chromium ? await startBrowser(chromium) : undefined;
  try {
    const jobs = chosen.flatMap((cell) =>
      chosenPrograms
        .filter((name) => all || (cell.ci ?? programs).includes(name))
        .map((program) => ({ cell, program })),
    );
    await forEach(jobs, ({ cell, program }) =>
      check(`${cell.title}: ${program}`, async () => {
        const { folder, problem } = await build(project, cell, program);
        if (problem !== undefined) return { code: 1, output: problem };
        const output = (await run(project, browser, cell, folder)).trim();
        return { code: output === 'PROVED' ? 0 : 1, output };
      }),
    );
    const chosenNext = nextCells.filter(({ name }) => browser && all && cellNames.includes(name));
    if (chosenNext.length > 0)
      await runNext(check, { work, tarballs, cells: chosenNext, programs: chosenPrograms, browser });
  } finally {
    await browser?.close();
  }
}
