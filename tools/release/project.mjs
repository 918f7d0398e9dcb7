/** npm projects outside of the workspace. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { runQuietly } from '../setup/process.mjs';

/** npm without the settings that an enclosing npm hands to its scripts. */
function npm(args, cwd) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(lifecycle|package|command|config_local_prefix)/.test(key)),
  );
  const cli = process.env.npm_execpath;
  return cli && /npm-cli\.[cm]?js$/.test(cli)
    ? runQuietly(process.execPath, [cli, ...args], { cwd, env })
    : runQuietly('npm', args, { cwd, env, shell: process.platform === 'win32' });
}

/** Installs packages, by name or tarball, in a folder that has a package.json. */
export function install(folder, packages) {
  const flags = ['--no-audit', '--no-fund', '--no-progress', '--prefer-offline', '--loglevel=error'];
  return npm(['install', ...flags, ...packages], folder);
}

/** An empty project with some packages installed. */
export async function createProject(check, folder, packages) {
  mkdirSync(folder, { recursive: true });
  const name = basename(folder);
  writeFileSync(`${folder}/package.json`, JSON.stringify({ name, private: true, type: 'module' }));
  await check(`npm install in an empty project: ${name}`, () => install(folder, packages));
}
