/**
 * Checks what a user would install: packs every package, lints the tarballs (publint, attw), installs all of them into
 * an empty npm project outside of the workspace, imports and trains there on plain Node, type-checks that program
 * as one for a page and as one for Node without the DOM, and runs the part of the matrix of bundlers that fits into CI
 * (all of it: `npm run check:bundlers -- --all`). `--only-lint` stops after the linters. Ends with a line
 * `N passed, N failed`.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, runQuietly } from '../setup/process.mjs';
import { runMatrix } from './bundlers/matrix.mjs';
import { createChecks } from './checks.mjs';
import { bin, packAll } from './packages.mjs';
import { createProject, install } from './project.mjs';

const consumer = fileURLToPath(new URL('./consumer/', import.meta.url));
const onlyLint = process.argv.includes('--only-lint');
const work = mkdtempSync(join(tmpdir(), 'hebb-tarballs-'));
/** For a program of a few seconds, in milliseconds: one that does not end by itself fails. */
const timeout = 120_000;
const { check, finish } = createChecks();

const node = (args, options) => runQuietly(process.execPath, args, options);

/** A project with some packages and the programs of `consumer`. */
async function createConsumer(name, packages) {
  const folder = join(work, name);
  await createProject(check, folder, packages);
  cpSync(consumer, folder, { recursive: true });
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
  const tarballs = await packAll(check, work);
  if (!tarballs) return;
  for (const [name, file] of tarballs) {
    await check(`publint ${name}`, () => bin('publint/src/cli.js', ['--strict', file]));
    await check(`attw ${name}`, () =>
      bin('@arethetypeswrong/cli/dist/index.js', [file, '--profile', 'esm-only', '--no-emoji']),
    );
  }
  if (onlyLint) return;

  const names = [...tarballs.keys()];
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const all = await createConsumer('everything', [...tarballs.values(), `typescript@${devDependencies.typescript}`]);
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
  await check('npm install @types/node', () => install(all, [`@types/node@${devDependencies['@types/node']}`]));
  await check('declarations and the program type-check without the DOM', () => typeCheck('no-dom'));

  const tokenizer = await createConsumer('tokenizer-alone', [
    tarballs.get('@hebb/tokenizer'),
    tarballs.get('@hebb/files'),
  ]);
  await check('@hebb/tokenizer brings nothing but @hebb/files', () => checkAlone(tokenizer, 'tokenizer', 'files'));
  await check('@hebb/tokenizer alone runs', () =>
    node(['import-all.js', '@hebb/tokenizer'], { cwd: tokenizer, timeout }),
  );
  const tensor = await createConsumer('tensor-alone', [tarballs.get('@hebb/tensor')]);
  await check('@hebb/tensor alone brings nothing else', () => checkAlone(tensor, 'tensor'));
  await check('@hebb/tensor alone computes', () => node(['tensor-alone.js'], { cwd: tensor, timeout }));

  await runMatrix(check, { work, tarballs });
}

try {
  await checkAll();
} finally {
  rmSync(work, { recursive: true, force: true });
}
finish();
