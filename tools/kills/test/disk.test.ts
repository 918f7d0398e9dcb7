/**
 * Disks that fail: full, limited, read-only. A run says so, and what was saved before is whole: it goes on from there later.
 *
 * @module-tag long: it fills disks.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../src/kills.ts';

const root = mkdtempSync(join(tmpdir(), 'hebb-disk-'));
let program = '';
beforeAll(async () => {
  program = await bundle(root);
  chmodSync(root, 0o755);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const quoted = (path: string): string => `'${path}'`;
const node = (folder: string, ...args: string[]): string =>
  [process.execPath, program, folder, ...args].map(quoted).join(' ');

function shell(script: string, options: { uid?: number } = {}): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8', ...options });
  return { status, text: `${stdout}${stderr}` };
}

/** A folder with a run that was cut after some steps. */
function cutRun(name: string): { readonly folder: string; readonly run: string; readonly saved: Buffer } {
  const folder = join(root, name);
  mkdirSync(folder);
  expect(shell(node(folder, '40')).status).toBe(0);
  const run = join(folder, 'run');
  return { folder, run, saved: readFileSync(join(run, 'last.safetensors')) };
}

/** After the disk has been mended, the run ends as if nothing had been. */
function expectToGoOn(folder: string): void {
  const uncut = join(root, 'uncut');
  mkdirSync(uncut, { recursive: true });
  expect(shell(node(uncut)).status).toBe(0);
  expect(shell(node(folder)).status).toBe(0);
  expect(readFileSync(join(folder, 'result.safetensors')).equals(readFileSync(join(uncut, 'result.safetensors')))).toBe(true); // prettier-ignore
}

describe.skipIf(process.platform === 'win32')('a run', () => {
  it('whose files may not become so large says so, and leaves the save before', { timeout: 120_000 }, () => {
    const { folder, run, saved } = cutRun('limited');
    // Of POSIX: in blocks of 512 bytes.
    const { status, text } = shell(`ulimit -f ${Math.floor(saved.length / 2 / 512)}; exec ${node(folder)}`);
    expect(status).not.toBe(0);
    expect(text).toMatch(
      /TrainingError: \[Checkpoint\] cannot write .*\.safetensors: files may not become that large here\./,
    );
    expect(readFileSync(join(run, 'last.safetensors')).equals(saved)).toBe(true);
    expect(readdirSync(run).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expectToGoOn(folder);
  });

  const canMount = process.platform === 'linux' && shell('unshare -rm mount -t tmpfs tmpfs /tmp').status === 0;
  it.runIf(canMount)('on a full disk says so, and leaves the save before', { timeout: 120_000 }, () => {
    const { folder, run, saved } = cutRun('full');
    const after = join(folder, 'after');
    cpSync(run, join(folder, 'before'), { recursive: true });
    // A disk that holds what is there, and half a save.
    const used = readdirSync(run).reduce(
      (sum, name) => sum + Math.ceil(statSync(join(run, name)).size / 4096) * 4096,
      0,
    );
    const script = [
      `mount -t tmpfs -o size=${used + Math.floor(saved.length / 8192) * 4096} tmpfs ${quoted(run)}`,
      `cp ${quoted(folder)}/before/* ${quoted(run)}`,
      `${node(folder)}; code=$?`,
      `cp -r ${quoted(run)} ${quoted(after)}`,
      'exit $code',
    ].join('\n');
    const file = join(folder, 'full.sh');
    writeFileSync(file, script);
    const { status, text } = shell(`unshare -rm sh ${quoted(file)}`);
    expect(status).not.toBe(0);
    expect(text).toMatch(/TrainingError: \[Checkpoint\] cannot write .*\.safetensors: the disk is full\./);
    expect(readFileSync(join(after, 'last.safetensors')).equals(saved)).toBe(true);
    expect(readdirSync(after).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expectToGoOn(folder);
  });

  it('in a read-only folder says so before the first step', { timeout: 120_000 }, () => {
    const { folder, run, saved } = cutRun('read-only');
    for (const each of [folder, run]) chmodSync(each, 0o555);
    // Root may write everywhere.
    const { status, text } = shell(node(folder), process.getuid?.() === 0 ? { uid: 65534 } : {});
    expect(status).not.toBe(0);
    expect(text).toMatch(/TrainingError: \[Checkpoint\] cannot write .*run: permission is denied\./);
    for (const each of [folder, run]) chmodSync(each, 0o755);
    expect(readFileSync(join(run, 'last.safetensors')).equals(saved)).toBe(true);
    expectToGoOn(folder);
  });
});
