/** @module-tag long: it starts every benchmark. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildPrograms } from '../../tools/testing/src/programs.ts';
import { read } from '../support/command-line.ts';

const parameters = { device: ['wasm', 'webgpu'], rounds: 7, filter: '', json: false } as const;

describe('the command line of a benchmark', () => {
  it('has defaults, and takes arguments by position and flags anywhere', () => {
    const defaults = { device: 'wasm', rounds: 7, filter: '', json: false };
    expect(read(parameters, []).values).toEqual(defaults);
    const given = { device: 'webgpu', rounds: 3, filter: 'conv', json: true };
    expect(read(parameters, ['webgpu', '3', '--json', 'conv']).values).toEqual(given);
    expect(read({ folder: String }, ['--help'])).toEqual({ values: {}, isHelp: true });
  });

  it.each([
    [['cpu'], /^device must be wasm or webgpu, not 'cpu'/],
    [['wasm', 'many'], /^rounds must be a positive integer, not 'many'/],
    [['wasm', '0'], /^rounds must be a positive integer/],
    [['wasm', '3', 'conv', 'more'], /one argument too many: 'more'/],
    [['--rounds=3'], /--rounds/],
    [['--json=yes'], /--json/],
  ])('refuses %j', (args, message) => {
    expect(() => read(parameters, args)).toThrow(message);
  });

  it('misses what has no default', () => {
    expect(() => read({ folder: String }, [])).toThrow('The argument folder is missing.');
  });
});

/** Its status and what it printed. */
function run(file: string, ...args: string[]): Promise<{ status: number | null; output: string; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [programs.get(file) ?? '', ...args]);
    let [output, errors] = ['', ''];
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (errors += data));
    child.on('close', (status) => resolve({ status, output, errors }));
  });
}

const folder = fileURLToPath(new URL('..', import.meta.url));
const benchmarks = readdirSync(folder).filter((name) => name.endsWith('.ts'));
const programs = await buildPrograms(benchmarks.map((name) => `${folder}${name}`));

it.each(benchmarks)('%s refuses what it does not know and says how it is called', async (name) => {
  const { status, output, errors } = await run(`${folder}${name}`, '--no-such-flag');
  expect({ status, output }).toEqual({ status: 2, output: '' });
  expect(errors).toMatch(/^Unknown option '--no-such-flag'/);
  expect(errors).toContain(`--import tsx benchmarks/${name}`);
});

it('--help is all that is printed', async () => {
  const { status, output, errors } = await run(`${folder}soak.ts`, '--help');
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  expect(output).toMatch(
    /^Does memory stay flat\?[^*]*`node --expose-gc --import tsx benchmarks\/soak.ts \[wasm\|webgpu\] \[steps\]`/,
  );
});
