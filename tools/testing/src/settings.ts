/**
 * `npm run check:settings [-- SETTING…] [--files PATH,…]`: tests of whatever computes, on WebAssembly alone, in each of its settings: on one, two and four threads, without any optimisation, and
 * without each. Values are compared in all of them; what optimisations make is counted where none is left out (packages/tensor/test/support/optimised.ts). All of it takes hours.
 * Prints a line for each setting and ends with `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { optimisations } from '../../../packages/tensor/src/compiler/optimisations.ts';
import { longTests } from '../../setup/long-tests.mjs';
import { countTests, summaryLine } from '../../setup/test.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Tests of what computes. */
const computing = ['tensor', 'autograd', 'layers', 'losses', 'optimizers', 'training', 'architectures', 'evaluation', 'data'].map((name) => `packages/${name}/`); // prettier-ignore
/** What has settings of its own, or is no computation on WebAssembly. */
const others = ['**/webgpu/**', '**/v8-flags.test.ts', '**/bundles.test.ts', '**/examples.test.ts'];

const settings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...Object.fromEntries([1, 2, 4].map((threads) => [`threads=${threads}`, { HEBB_THREADS: String(threads) }])),
  ...Object.fromEntries(['all', ...optimisations].map((name) => [name, { HEBB_WITHOUT: name }])),
};

const { values, positionals } = readArguments();
const unknown = positionals.filter((name) => !Object.hasOwn(settings, name));
if (unknown.length > 0)
  refuse(`There is no setting '${unknown.join("', '")}'. There are ${Object.keys(settings).join(', ')}.`);
const files = values.files === undefined ? computing : values.files.split(',');

const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of positionals.length > 0 ? positionals : Object.keys(settings)) {
  const begin = performance.now();
  const count = await testIn(settings[name] ?? {});
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += count[key];
  const isWithout = !name.startsWith('threads');
  console.log(`${`${isWithout ? 'without ' : ''}${name}`.padEnd(32)} ${summaryLine(count)}, ${((performance.now() - begin) / 1000).toFixed(0)} s`); // prettier-ignore
}
console.log(`\n${summaryLine(total)}`);
process.exit(total.failed === 0 ? 0 : 1);

function readArguments(): { values: { files?: string }; positionals: string[] } {
  try {
    return parseArgs({ options: { files: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : String(error)}\nUsage: npm run check:settings [-- SETTING…] [--files PATH,…]`); // prettier-ignore
  }
}

function refuse(why: string): never {
  console.error(why);
  process.exit(2);
}

async function testIn(
  setting: Readonly<Record<string, string>>,
): Promise<{ passed: number; failed: number; skipped: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'hebb-setting-'));
  const report = join(folder, 'report.json');
  const excluded = [...others, ...longTests(root)].map((pattern) => `--exclude=${pattern}`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--reporter=json', `--outputFile.json=${report}`, ...files, ...excluded],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, HEBB_TEST_WEBGPU: '0', HEBB_TEST_CHROMIUM: '', HEBB_TEST_WASM_ALONE: '1', ...setting },
    },
  );
  const [code] = (await once(child, 'close')) as [number | null];
  const found = existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as Report) : undefined;
  rmSync(folder, { recursive: true, force: true });
  for (const { name, assertionResults } of found?.testResults ?? [])
    for (const { fullName, status } of assertionResults)
      if (status === 'failed') console.error(`  failed: ${name.slice(root.length)}: ${fullName}`);
  return countTests(found, code ?? 1);
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}
