/** The five programs of docs/manual.md: each runs as it stands, and compiled or not it has the same losses. */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as hebb from 'hebb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programsOf, runExample } from '../../../tools/examples/src/examples.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const manual = path('../../../docs/manual.md');
const programs = programsOf(manual);

const home = process.cwd();
const folders: string[] = [];
beforeAll(() => hebb.setDevice('wasm'));
afterAll(async () => {
  process.chdir(home);
  for (const folder of folders) await rm(folder, { recursive: true });
});

/** An empty folder with the data that the programs read. */
async function enterFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hebb-programs-'));
  folders.push(folder);
  await copyFile(path('../../../apps/quickstart/data/digits.csv'), join(folder, 'digits.csv'));
  const text = await readFile(manual, 'utf8');
  await writeFile(join(folder, 'text.txt'), text);
  process.chdir(folder);
  return folder;
}

interface Result {
  readonly history: hebb.History;
  /** Of the network in turns. */
  readonly generator: hebb.Module | undefined;
}

/** Runs a program without its display; what it ends with. */
async function run(code: string): Promise<Result> {
  const results: Result[] = [];
  const test = { keep: (history: hebb.History, generator?: hebb.Module) => results.push({ history, generator }) };
  const quiet = code.replace(/^\s*progress: true,?$/m, '').replace(', progress: true', '');
  const keeping = `__modules['test'].keep(history, typeof generator === 'undefined' ? undefined : generator);`;
  await runExample({ name: 'manual.md', code: `${quiet}\n${keeping}` }, { hebb, test });
  const [result] = results;
  if (result === undefined) throw new Error('The program has no history.');
  return result;
}

/** How far the mean of drawn images lies from that of the digits, as a root of the mean square over the pixels. */
async function distanceOfMeans(generator: hebb.Module): Promise<number> {
  const { dataset } = await hebb.loadDigits('digits.csv');
  const { data, shape } = dataset.field('x');
  const digits = hebb.tensor(data, { shape }).reshape([-1, 64]).mean(0);
  const drawn = generator.forward(hebb.randn([1000, 16])).mean(0);
  return await drawn.sub(digits).square().mean().sqrt().item();
}

it('there are five, of at most 40 lines', () => {
  expect(programs.length).toBe(5);
  for (const { code } of programs) expect(code.split('\n').length).toBeLessThanOrEqual(40);
});

it('their types are right', { timeout: 120_000 }, async () => {
  // Beside this file, so that they find what they import.
  const folder = await mkdtemp(path('./programs-'));
  folders.push(folder);
  for (const [i, { code }] of programs.entries()) await writeFile(join(folder, `${i + 1}.ts`), `${code}\nexport {};\n`);
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../../tsconfig.json',
      compilerOptions: { noUnusedLocals: false }, // `history`, for whoever goes on
      include: ['*.ts'],
      references: [],
    }),
  );
  const compiler = path('../../../node_modules/typescript/bin/tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe('');
});

describe.each(programs)('$name', ({ code }) => {
  it('has the same losses compiled and not', { timeout: 120_000 }, async () => {
    await enterFolder();
    const { history: compiled, generator } = await run(code);
    if (generator !== undefined) {
      // The losses of two networks that work against each other tell little; images of an even grey lie 0.33 away.
      expect(await distanceOfMeans(generator)).toBeLessThan(0.2);
    }
    await enterFolder();
    const plain = code.replace('const compiled = true;', 'const compiled = false;');
    expect(plain).not.toBe(code);
    const { history: recorded } = await run(plain);
    expect(recorded.scalars).toEqual(compiled.scalars);
    expect(recorded.validations.map(({ metrics, validationLoss }) => ({ metrics, validationLoss }))).toEqual(
      compiled.validations.map(({ metrics, validationLoss }) => ({ metrics, validationLoss })),
    );
    const { losses } = compiled;
    expect(losses.length).toBeGreaterThan(50);
    if (generator !== undefined) return;
    const mean = (part: readonly number[]): number => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(mean(losses.slice(-10))).toBeLessThan(0.7 * mean(losses.slice(0, 10)));
  });
});
