/** The programs of docs/manual.md, run as the one program that they are, and those of the two READMEs. */
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tensorArguments from '@hebb/tensor/arguments';
import * as hebb from 'hebb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { agrees, examplesOf, runExample, type Example } from '../../../tools/examples/src/examples.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const penguins = `species,bill_length_mm,body_mass_g
Adelie,39.1,3750
Adelie,39.5,3800
Adelie,36.7,3450
Gentoo,46.1,4500
Gentoo,50,5700
Gentoo,48.7,4450
Gentoo,49,5700
`;

const home = process.cwd();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-manual-'));
  await writeFile(join(folder, 'penguins.csv'), penguins);
  await copyFile(path('../../../apps/quickstart/data/digits.csv'), join(folder, 'digits.csv'));
  await mkdir(join(folder, 'apps/quickstart/data'), { recursive: true });
  await copyFile(join(folder, 'digits.csv'), join(folder, 'apps/quickstart/data/digits.csv'));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true });
});

const names = [
  'tensor',
  'autograd',
  'layers',
  'losses',
  'optimizers',
  'architectures',
  'data',
  'evaluation',
  'tokenizer',
  'onnx',
  'training',
  'report',
];
/** The README shows progress; a test does not. */
const quietFit = ((model: never, train: never, options: hebb.FitOptions) =>
  hebb.fit(model, train, { ...options, progress: false })) as typeof hebb.fit;
const modules: Record<string, object> = {
  '@hebb/tensor/arguments': tensorArguments,
  hebb: { ...hebb, fit: quietFit },
};
beforeAll(async () => {
  // Each name must come from the package that it is imported from.
  for (const name of names) modules[`@hebb/${name}`] = (await import(`@hebb/${name}`)) as object;
});

const runAll = (file: string): Promise<void> => run(file, examplesOf(file));

async function run(file: string, examples: readonly Example[]): Promise<void> {
  const code = examples.map((example) => example.code).join('\n');
  const statements = await runExample({ name: file, code }, modules);
  expect(statements.length).toBeGreaterThan(0);
  for (const { line, actual, expected, rounded } of statements) {
    expect(agrees(actual, expected, rounded), `${line}\ngot ${String(actual)}`).toBe(true);
  }
}

it('the manual does what it says', async () => {
  await runAll(path('../../../docs/manual.md'));
  expect(await readdir(folder)).toEqual(
    expect.arrayContaining(['digits.onnx', 'digits.safetensors', 'report.html', 'runs']),
  );
});

it.each(['../README.md', '../../../README.md'])('%s does what it says', async (readme) => {
  hebb.setDevice('wasm');
  await runAll(path(readme));
});

/** Each chapter is a program. */
const recipes = path('../../../docs/recipes.md');
const chapters = [...readFileSync(recipes, 'utf8').matchAll(/^## (.*)$/gm)].map(({ 1: title = '', index, input }) => ({
  title,
  line: input.slice(0, index).split('\n').length,
}));

it.each(chapters)('the recipe for $title does what it says', async ({ line }) => {
  hebb.setDevice('wasm');
  const end = chapters.find((other) => other.line > line)?.line ?? Infinity;
  const lineOf = ({ name }: Example): number => Number(/:(\d+)$/.exec(name)?.[1]);
  const own = examplesOf(recipes).filter((example) => lineOf(example) > line && lineOf(example) < end);
  await run(recipes, own);
});
