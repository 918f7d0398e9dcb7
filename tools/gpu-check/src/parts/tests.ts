/** The tests that run on WebGPU, as vitest runs them. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outOfTime, type Part, type PartContext } from '../rows.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Test files that ask for WebGPU themselves or through a file of their package's `test/support`. */
function testFiles(): string[] {
  const asks = /HEBB_TEST_WEBGPU|support\/(?:devices|training-step)\.ts|describeWebgpu|['"]webgpu['"]/;
  return readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'packages', entry.name, 'test')))
    .flatMap(({ name }) =>
      readdirSync(join(root, 'packages', name, 'test'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => join(root, 'packages', name, 'test', file)),
    )
    .filter((file) => asks.test(readFileSync(file, 'utf8')))
    .map((file) => relative(root, file).split(sep).join('/'));
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** Where vitest's command lies; its package does not export it. */
function vitestCommand(): string {
  return join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
}

/** Runs one file, or ends it with the part's time: a driver that hangs must not take the other files along. */
async function runFile(file: string, { folder, remaining }: PartContext): Promise<VitestReport | undefined> {
  const output = join(folder, `${file.replaceAll('/', '-')}.json`);
  const child = spawn(process.execPath, [vitestCommand(), 'run', '--reporter=json', `--outputFile=${output}`, file], {
    cwd: root,
    stdio: 'ignore',
    env: { ...process.env, HEBB_TEST_WEBGPU: '1', HEBB_REQUIRE_WEBGPU: '1', HEBB_TEST_CHROMIUM: '' },
    detached: process.platform !== 'win32',
  });
  const timer = setTimeout(
    () => {
      if (child.pid === undefined) return;
      if (process.platform === 'win32') child.kill('SIGKILL');
      else process.kill(-child.pid, 'SIGKILL');
    },
    Math.max(1000, remaining() - 1000),
  );
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return existsSync(output) ? (JSON.parse(readFileSync(output, 'utf8')) as VitestReport) : undefined;
}

/** The beginning of a message, on one line. */
function firstLines(message = ''): string {
  return message.replaceAll(/\s+/g, ' ').slice(0, 240);
}

/** Runs one file and reports what became of it. */
async function reportFile(file: string, context: PartContext): Promise<void> {
  const start = performance.now();
  const result = await runFile(file, context);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (result === undefined) {
    context.report({ name: file, value: 'ended without a result', failed: true, note: `${seconds} s` });
    return;
  }
  const tests = result.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status === 'failed');
  const unloaded =
    tests.length === 0 ? ['no test ran', ...result.testResults.map(({ message }) => message.split('\n')[0])] : [];
  const wrong = [
    ...failed.map(({ fullName, failureMessages = [] }) => `${fullName}: ${firstLines(failureMessages[0])}`),
    ...unloaded,
  ];
  context.report({
    name: file,
    value: tests.filter(({ status }) => status === 'passed').length,
    unit: 'passed',
    ...(wrong.length > 0 && { failed: true }),
    note: [`${failed.length} failed, ${seconds} s`, ...wrong.slice(0, 30)].join(' | '),
  });
}

/** Files run side by side where there are processors for it: a file is mostly compilation and interpretation on the host. */
export const testsPart: Part = async (context) => {
  const files = testFiles();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < files.length && context.remaining() >= 5000) {
      const file = files[next++];
      if (file !== undefined) await reportFile(file, context);
    }
  };
  const workers = Math.max(1, Math.min(8, availableParallelism() >> 1));
  await Promise.all(Array.from({ length: workers }, work));
  if (next < files.length) {
    context.report({ name: `${files.length - next} files from ${files[next]} on`, value: outOfTime });
  }
};
