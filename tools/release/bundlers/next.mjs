/**
 * The cells of Next.js: one application with a page for every program, which runs on the server where Next prerenders the page, and
 * in the browser that opens it. Both bundlers are slow, so CI leaves these cells out.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { runQuietly } from '../../setup/process.mjs';
import { createProject } from '../project.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
/** For one build, in milliseconds. */
const timeout = 900_000;

export const nextCells = [
  { name: 'next-turbopack', title: 'Next.js, Turbopack', build: ['build'] },
  { name: 'next-webpack', title: 'Next.js, webpack', build: ['build', '--webpack'] },
];

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts the built application; resolves when it answers. */
async function start(folder, next, env) {
  const port = await freePort();
  const server = spawn(process.execPath, [next, 'start', '--port', String(port)], {
    cwd: folder,
    env,
    stdio: 'ignore',
  });
  const address = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    const answer = await fetch(address).catch(() => undefined);
    if (answer !== undefined) return { address, stop: () => server.kill() };
    if (attempt > 120 || server.exitCode !== null) throw new Error('next start does not answer');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** What Next says of a build, if a word of it is a warning or a failure; `PROVED` comes from the prerendered pages. */
function problemOf({ code, output }, programs) {
  const text = stripVTControlCharacters(output);
  const proved = text.match(/^PROVED$/gm)?.length ?? 0;
  if (code === 0 && proved >= programs.length && !/⚠|warn|FAILED|error/i.test(text)) return '';
  return `${proved} of ${programs.length} programs ran on the server\n${text}`;
}

export async function runNext(check, { work, tarballs, cells, programs, browser }) {
  const project = join(work, 'next');
  await createProject(check, project, [...tarballs.values(), 'next', 'react', 'react-dom']);
  const next = join(project, 'node_modules', 'next', 'dist', 'bin', 'next');
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NEXT_TELEMETRY_DISABLED: '1' };
  mkdirSync(join(project, 'app'), { recursive: true });
  cpSync(join(here, 'next', 'layout.js'), join(project, 'app', 'layout.js'));
  for (const program of programs) {
    const folder = join(project, 'app', program);
    mkdirSync(folder, { recursive: true });
    cpSync(join(here, 'programs', 'prove.js'), join(folder, 'prove.js'));
    cpSync(join(here, 'programs', `${program}.js`), join(folder, 'main.js'));
    cpSync(join(here, 'next', 'page.js'), join(folder, 'page.js'));
  }
  for (const cell of cells) {
    const built = await check(`${cell.title}: the pages are built, and run on the server`, async () => {
      const output = problemOf(
        await runQuietly(process.execPath, [next, ...cell.build], { cwd: project, timeout, env }),
        programs,
      );
      return { code: output === '' ? 0 : 1, output };
    });
    if (!built) continue;
    const { address, stop } = await start(project, next, env);
    try {
      for (const program of programs) {
        await check(`${cell.title}: ${program}`, async () => {
          const output = await browser.visit(`${address}/${program}`, 180_000);
          return { code: output === 'PROVED' ? 0 : 1, output };
        });
      }
    } finally {
      stop();
    }
  }
}
