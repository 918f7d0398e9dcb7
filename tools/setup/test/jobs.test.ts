import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { countTests, selection, summaryLine } from '../test.mjs';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((outcome) => ({ status: outcome })),
});

describe('the summary of npm test', () => {
  it('counts tests over all files', () => {
    const report = { testResults: [file('passed', 'passed', 'skipped'), file('failed', 'passed', 'failed', 'todo')] };
    expect(countTests(report, 1)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  it('counts a file that does not load as a failure', () => {
    expect(countTests({ testResults: [file('failed'), file('passed', 'passed')] }, 1)).toMatchObject({ failed: 1 });
  });

  it('never hides that vitest failed', () => {
    expect(countTests({ testResults: [file('passed', 'passed')] }, 1)).toMatchObject({ failed: 1 });
    expect(countTests(undefined, 1)).toMatchObject({ failed: 1 });
  });

  it('is one line', () => {
    expect(summaryLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
    expect(summaryLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
  });
});

describe('the tests that npm test runs', () => {
  it('are all that do not say that they are long, unless some are named or all are asked for', () => {
    const { args, left } = selection([]);
    expect(left.length).toBeGreaterThan(10);
    expect(left.map((file) => file.replaceAll('\\', '/'))).toContain('tools/fuzz/test/wasm.test.ts');
    expect(args).toEqual(left.map((file) => `--exclude=${file}`));
    expect(selection(['--bail=1']).args).toEqual(['--bail=1', ...args]);
    expect(selection(['--long'])).toEqual({ args: [], left: [] });
    expect(selection(['tools/fuzz'])).toEqual({ args: ['tools/fuzz'], left: [] });
  });
});

describe.skipIf(process.platform === 'win32')('a job', () => {
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

  it('sees one Ctrl-C once, and its exit code comes through', async () => {
    const job = spawn(process.execPath, [path('./interrupted-job.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    job.stdout.on('data', (chunk: Buffer) => {
      if (output === '') for (let i = 0; i < 3; i++) setTimeout(() => job.kill('SIGINT'), 20 * i);
      output += chunk.toString();
    });
    const [code] = (await once(job, 'close')) as [number];
    expect(output).toBe('ready\ninterrupted\n');
    expect(code).toBe(7);
  });
});
