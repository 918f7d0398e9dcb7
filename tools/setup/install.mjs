/** Installs the workspace from the lockfile with the pinned pnpm, through npm, and only when something changed since. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, root, runQuietly, runVisibly } from './process.mjs';

const stampFile = join(root, 'node_modules', '.hebb-install');

/** `pnpm@<version>`, as pinned in package.json. */
function pinnedPnpm() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;
}

/** The command line that runs the pinned pnpm, whether or not pnpm is installed on this machine. */
function pnpmCommand(args) {
  const npmArgs = ['exec', '--yes', '--', pinnedPnpm(), ...args];
  const npm = process.env.npm_execpath;
  if (npm && /npm-cli\.[cm]?js$/.test(npm)) return [process.execPath, [npm, ...npmArgs], {}];
  return ['npm', npmArgs, { shell: process.platform === 'win32' }];
}

/** Runs the pinned pnpm on this terminal; resolves to `{ code, signal }`. */
export function pnpm(args, options = {}) {
  const [command, commandArgs, extra] = pnpmCommand(args);
  return runVisibly(command, commandArgs, { ...extra, ...options });
}

/** Runs the pinned pnpm without showing it; resolves to `{ code, output }`. */
export function pnpmQuietly(args, options = {}) {
  const [command, commandArgs, extra] = pnpmCommand(args);
  return runQuietly(command, commandArgs, { ...extra, ...options });
}

/** What an installation depends on: the lockfile, every manifest, the platform. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', 'benchmarks/package.json'];
  for (const group of ['packages', 'apps', 'tools']) {
    for (const name of existsSync(join(root, group)) ? readdirSync(join(root, group)).sort() : []) {
      files.push(`${group}/${name}/package.json`);
    }
  }
  for (const file of files) {
    if (existsSync(join(root, file))) hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** Installs the dependencies when they are missing or older than the lockfile. */
export async function ensureInstalled() {
  const wanted = fingerprint();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  if (process.stderr.isTTY) console.error('Installing dependencies (about 250 MB the first time) ...');
  const started = await pnpmQuietly(['install', '--frozen-lockfile'], { env: { ...process.env, CI: 'true' } });
  if (started.code !== 0) {
    throw new SetupError(
      `${started.output.trim()}\n\nInstalling the dependencies failed. If a package.json was edited, update the ` +
        `lockfile with: npx -y ${pinnedPnpm()} install`,
    );
  }
  writeFileSync(stampFile, wanted);
}
