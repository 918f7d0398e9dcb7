/**
 * `npm test`: says what the tests run on, runs them, all with `--long` and else all that take no more than minutes, and ends with a line `N passed, N failed`.
 * The tests learn of the devices through HEBB_TEST_WEBGPU (1 or 0) and HEBB_TEST_CHROMIUM (a path, or empty).
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium, prepareWebGpu } from './devices.mjs';
import { longTests } from './long-tests.mjs';
import { root, runVisibly } from './process.mjs';

/** Counts of a vitest JSON report; a file that failed to load, or an error outside of any test, is one failure. */
export function countTests(report, exitCode) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report?.testResults ?? []) {
    let failed = 0;
    for (const { status } of file.assertionResults) {
      if (status === 'passed') count.passed++;
      else if (status === 'failed') failed++;
      else count.skipped++;
    }
    if (file.status === 'failed' && failed === 0) failed = 1;
    count.failed += failed;
  }
  if (exitCode !== 0 && count.failed === 0) count.failed = 1;
  return count;
}

/** The summary, alone on its line. */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
}

function shout(lines) {
  const bar = '!'.repeat(100);
  console.log(['', bar, ...lines, bar].join('\n'));
}

/**
 * Mesa's software adapter compiles thousands of small shaders here, each run a few times. Without LLVM's optimisation, and for vectors of four numbers, a machine that has none of them in its
 * cache needs half the time, and the tests run no slower.
 */
const quickCompilation = {
  GALLIVM_PERF: process.env.GALLIVM_PERF ?? 'nopt',
  LP_NATIVE_VECTOR_WIDTH: process.env.LP_NATIVE_VECTOR_WIDTH ?? '128',
};

/** What vitest is called with, and the files that are left out: of those nobody names. */
export function selection(args) {
  const own = args.filter((arg) => arg !== '--long');
  if (own.length < args.length || own.some((arg) => !arg.startsWith('-'))) return { args: own, left: [] };
  const left = longTests(root);
  return { args: [...own, ...left.map((file) => `--exclude=${file}`)], left };
}

export async function test(args) {
  const chromium = findChromium();
  const webGpu = await prepareWebGpu(chromium, (line) => console.log(line));
  console.log(`WebGPU in Node: ${webGpu.adapter ?? 'none'}`);
  console.log(`Chromium: ${chromium || 'none'}`);

  const folder = mkdtempSync(join(tmpdir(), 'hebb-test-'));
  const reportFile = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const selected = selection(args);
  const { code, signal } = await runVisibly(process.execPath, [vitest, 'run', ...reporters, ...selected.args], {
    env: {
      ...process.env,
      ...webGpu.environment,
      ...quickCompilation,
      HEBB_TEST_WEBGPU: webGpu.adapter ? '1' : '0',
      HEBB_TEST_CHROMIUM: chromium,
    },
  });
  const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined;
  rmSync(folder, { recursive: true, force: true });
  if (signal) return { code, signal };

  const count = countTests(report, code);
  if (!webGpu.adapter) {
    const required = process.env.HEBB_REQUIRE_WEBGPU === '1';
    if (required) count.failed++;
    shout([
      `${required ? 'FAILED' : 'SKIPPED'}: the WebGPU tests did not run, no adapter answers in Node.`,
      `Reason: ${webGpu.reason}`,
      `To enable them: ${webGpu.remedy}`,
    ]);
  }
  if (!chromium) {
    const required = process.env.HEBB_REQUIRE_BROWSER === '1';
    if (required) count.failed++;
    shout([
      `${required ? 'FAILED' : 'SKIPPED'}: the browser tests did not run, no Chromium was found.`,
      'To enable them: sudo apt-get install chromium, or set CHROMIUM_PATH to a Chromium or Chrome.',
    ]);
  }
  const { length } = selected.left;
  if (length > 0)
    console.log(`\n${length} files of long tests were left out; CI runs them, and so does: npm test -- --long`);
  console.log(`\n${summaryLine(count)}`);
  return { code: count.failed === 0 ? 0 : 1, signal: null };
}
