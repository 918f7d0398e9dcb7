/**
 * Packs the check with everything that it needs into one folder, for a machine without a network:
 * `npm run gpu-check:pack -- FOLDER`; there, `FOLDER/run.sh` runs it with the options of main.ts.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pnpmQuietly } from '../setup/install.mjs';
import { root } from '../setup/process.mjs';

const help = `Usage: npm run gpu-check:pack -- FOLDER [options]

  FOLDER             is made; it must be empty or not be there
  --node             packs this Node too, for a machine that has none
  --vulkan FILE      packs a Vulkan loader (libvulkan.so.1), for a machine that has a driver and no loader
  --help             this text`;

function fail(message) {
  console.error(message);
  process.exit(1);
}

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { node: { type: 'boolean' }, vulkan: { type: 'string' }, help: { type: 'boolean' } },
    });
    return { ...values, positionals };
  } catch (error) {
    return fail(`${error.message}\n\n${help}`);
  }
}

const { node, vulkan, help: asked, positionals } = readOptions();
if (asked) {
  console.log(help);
  process.exit(0);
}
if (positionals.length !== 1) fail(help);
if (process.platform === 'win32')
  fail('The packed folder is a shell script and an archive: pack it on Linux or macOS.');
const from = process.env.INIT_CWD ?? process.cwd();
const folder = resolve(from, positionals[0]);
if (existsSync(folder) && readdirSync(folder).length > 0)
  fail(`${folder} is there and not empty. Name another folder.`);
const loader = vulkan === undefined ? undefined : resolve(from, vulkan);
if (loader !== undefined && !existsSync(loader)) fail(`--vulkan: there is no file ${loader}.`);

/** What the packed copy consists of: sources and tests of the packages, how tests run, data of a test, this tool, and what installing asks for. */
function isNeeded(file) {
  if (/^(?:packages|tools\/(?:gpu-check|testing)|apps\/quickstart\/data)\//.test(file)) return true;
  if (/(?:^|\/)package\.json$/.test(file)) return true;
  return ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'tsconfig.base.json', 'vitest.config.ts'].includes(file);
}

const work = mkdtempSync(join(tmpdir(), 'hebb-gpu-pack-'));
try {
  const copy = join(work, 'hebb');
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files
    .split('\0')
    .filter((name) => name !== '' && isNeeded(name) && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    copyFileSync(join(root, file), join(copy, file));
  }

  // Flat, so that tests find vitest although only this tool depends on it, and without what only development needs.
  const { code, output } = await pnpmQuietly(
    [
      'install',
      '--prod',
      '--frozen-lockfile',
      '--prefer-offline',
      '--ignore-scripts',
      '--config.node-linker=hoisted',
      '--filter=./packages/*',
      '--filter=@hebb/gpu-check',
    ],
    { cwd: copy },
  );
  if (code !== 0) fail(`The dependencies could not be installed:\n${output}`);
  const modules = join(copy, 'node_modules');
  for (const { name } of readdirSync(join(copy, 'packages'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )) {
    const link = name === 'hebb' ? join(modules, 'hebb') : join(modules, '@hebb', name);
    mkdirSync(dirname(link), { recursive: true });
    if (!existsSync(link)) symlinkSync(join(name === 'hebb' ? '..' : '../..', 'packages', name), link);
  }
  const dawn = join(modules, 'webgpu', 'dist');
  const wanted = process.platform === 'darwin' ? 'darwin-universal' : `${process.platform}-${process.arch}`;
  for (const name of readdirSync(dawn)) if (name !== wanted) rmSync(join(dawn, name), { recursive: true });
  if (!existsSync(join(dawn, wanted))) fail(`The package webgpu has no Dawn for ${wanted}.`);

  if (node) {
    mkdirSync(join(copy, 'bin'));
    copyFileSync(realpathSync(process.execPath), join(copy, 'bin', 'node'));
    try {
      execFileSync('strip', [join(copy, 'bin', 'node')], { stdio: 'ignore' });
    } catch {
      // Larger than it need be, and as good.
    }
  }
  if (loader !== undefined) {
    mkdirSync(join(copy, 'lib'));
    copyFileSync(realpathSync(loader), join(copy, 'lib', 'libvulkan.so.1'));
  }

  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-czf', join(folder, 'hebb.tar.gz'), '-C', work, 'hebb']);
  cpSync(fileURLToPath(new URL('run.sh', import.meta.url)), join(folder, 'run.sh'));
  chmodSync(join(folder, 'run.sh'), 0o755);
  const bytes = statSync(join(folder, 'hebb.tar.gz')).size;
  console.log(`${folder}: ${(bytes / 2 ** 20).toFixed(1)} MiB, for ${wanted}${node ? ', with Node' : ''}`);
  console.log(`There: ${positionals[0]}/run.sh --help`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
