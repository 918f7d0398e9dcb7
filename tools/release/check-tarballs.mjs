/**
 * Checks what a user would install: packs every package, lints the tarballs (publint, attw), installs all of them into
 * an empty npm project outside of the workspace, imports and trains there on plain Node, and type-checks that program
 * as one for a page and as one for Node without the DOM. `--only-lint` stops after the first half. Ends with a line
 * `N passed, N failed`.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pnpmQuietly } from '../setup/install.mjs';
import { root, runQuietly } from '../setup/process.mjs';

const consumer = fileURLToPath(new URL('./consumer/', import.meta.url));
const onlyLint = process.argv.includes('--only-lint');
const work = mkdtempSync(join(tmpdir(), 'hebb-tarballs-'));
const installFlags = ['--no-audit', '--no-fund', '--no-progress', '--prefer-offline', '--loglevel=error'];
/** For a program of a few seconds, in milliseconds: one that does not end by itself fails. */
const timeout = 120_000;
const count = { passed: 0, failed: 0 };

/** Runs one check, prints its outcome, and shows the output of a failure. */
async function check(name, run) {
  const { code, output } = await run();
  const passed = code === 0;
  count[passed ? 'passed' : 'failed']++;
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}`);
  if (!passed) console.log(output.trim().replaceAll(/^/gm, '       '));
  return passed;
}

const node = (args, options) => runQuietly(process.execPath, args, options);
const bin = (file, args, options) => node([join(root, 'node_modules', file), ...args], options);

/** npm outside of the workspace, without the settings that an enclosing npm hands to its scripts. */
function npm(args, cwd) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(lifecycle|package|command|config_local_prefix)/.test(key)),
  );
  const cli = process.env.npm_execpath;
  return cli && /npm-cli\.[cm]?js$/.test(cli)
    ? node([cli, ...args], { cwd, env })
    : runQuietly('npm', args, { cwd, env, shell: process.platform === 'win32' });
}

/** Packs one package and resolves to the tarball's path. */
async function pack(folder) {
  const target = join(work, 'tarballs', folder);
  mkdirSync(target, { recursive: true });
  const result = await pnpmQuietly(['pack', '--pack-destination', target], { cwd: join(root, 'packages', folder) });
  const file = readdirSync(target).find((name) => name.endsWith('.tgz'));
  return { ...result, code: file ? result.code : 1, file: file && join(target, file) };
}

/** An empty npm project with some tarballs installed. */
async function createProject(name, tarballs, extra = []) {
  const folder = join(work, name);
  cpSync(consumer, folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  await check(`npm install in an empty project: ${name}`, () =>
    npm(['install', ...installFlags, ...tarballs, ...extra], folder),
  );
  return folder;
}

/** Whether a project has these packages of Hebb installed and nothing else. */
async function checkAlone(folder, ...names) {
  const visible = (...path) => readdirSync(join(folder, 'node_modules', ...path)).filter((file) => file[0] !== '.');
  const surplus = [
    ...visible().filter((file) => file !== '@hebb'),
    ...visible('@hebb').filter((file) => !names.includes(file)),
  ];
  return { code: surplus.length, output: `also installed: ${surplus.join(', ')}` };
}

async function checkAll() {
  // What a renamed or deleted source left in dist would be packed, so dist starts empty.
  const manifests = readdirSync(join(root, 'packages')).map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')),
  }));
  for (const { folder } of manifests) rmSync(join(root, 'packages', folder, 'dist'), { recursive: true, force: true });
  const built = await check('build of all packages', async () => {
    const compiled = await bin('typescript/bin/tsc', ['-b', 'tsconfig.build.json']);
    for (const { folder } of manifests) {
      await node([join(root, 'tools', 'build', 'copy-javascript.mjs')], { cwd: join(root, 'packages', folder) });
    }
    return compiled;
  });
  if (!built) return;

  const tarballs = new Map();
  for (const { folder, manifest } of manifests) {
    let tarball;
    const packed = await check(`pack ${manifest.name}`, async () => {
      tarball = await pack(folder);
      return tarball;
    });
    if (!packed) continue;
    tarballs.set(manifest.name, tarball.file);
    await check(`publint ${manifest.name}`, () => bin('publint/src/cli.js', ['--strict', tarball.file]));
    await check(`attw ${manifest.name}`, () =>
      bin('@arethetypeswrong/cli/dist/index.js', [tarball.file, '--profile', 'esm-only', '--no-emoji']),
    );
  }
  if (onlyLint) return;

  const names = [...tarballs.keys()];
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const all = await createProject('everything', [...tarballs.values()], [`typescript@${devDependencies.typescript}`]);
  await check('every package imports in plain Node', () => node(['import-all.js', ...names], { cwd: all, timeout }));
  await check('hebb trains in plain Node', () => node(['train.js'], { cwd: all, timeout }));

  writeFileSync(
    join(all, 'every-package.ts'),
    names.map((name, index) => `export * as package${index} from '${name}';`).join('\n'),
  );
  const typeCheck = (config) =>
    node([join('node_modules', 'typescript', 'bin', 'tsc'), '-p', `tsconfig.${config}.json`], { cwd: all });
  await check('no types of Node or WebGPU come along', async () => {
    const present = ['@types/node', '@webgpu/types'].filter((name) => existsSync(join(all, 'node_modules', name)));
    return { code: present.length, output: `installed: ${present.join(', ')}` };
  });
  for (const resolution of ['nodenext', 'bundler']) {
    await check(`declarations and the program type-check with moduleResolution ${resolution}`, () =>
      typeCheck(resolution),
    );
  }
  await check('npm install @types/node', () =>
    npm(['install', ...installFlags, `@types/node@${devDependencies['@types/node']}`], all),
  );
  await check('declarations and the program type-check without the DOM', () => typeCheck('no-dom'));

  const tokenizer = await createProject('tokenizer-alone', [
    tarballs.get('@hebb/tokenizer'),
    tarballs.get('@hebb/files'),
  ]);
  await check('@hebb/tokenizer brings nothing but @hebb/files', () => checkAlone(tokenizer, 'tokenizer', 'files'));
  await check('@hebb/tokenizer alone runs', () =>
    node(['import-all.js', '@hebb/tokenizer'], { cwd: tokenizer, timeout }),
  );
  const tensor = await createProject('tensor-alone', [tarballs.get('@hebb/tensor')]);
  await check('@hebb/tensor alone brings nothing else', () => checkAlone(tensor, 'tensor'));
  await check('@hebb/tensor alone computes', () => node(['tensor-alone.js'], { cwd: tensor, timeout }));
}

try {
  await checkAll();
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`\n${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed === 0 ? 0 : 1;
