/** @module-tag long: it starts many programs. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { removeFolders, translateQuickstart, temporaryFolder } from './run.ts';

afterAll(removeFolders);
const run = await translateQuickstart();

const digits = readFileSync(new URL('../data/digits.csv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

/** Runs, and checks that it ends in one error that says `parts` and has no stack trace. */
async function expectError(
  args: readonly string[],
  parts: readonly (string | RegExp)[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { code, stderr } = await run(args, { env });
  expect(stderr).toMatch(/^error: /);
  for (const part of parts) expect(stderr).toMatch(part);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr.match(/error:/g)).toHaveLength(1);
  expect(code).toBe(1);
}

/** A data folder of two images and two labels in each part, with some files replaced. */
function mnistFolder(changes: Readonly<Record<string, Uint8Array>>): string {
  const folder = temporaryFolder();
  const images = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28, ...new Uint8Array(2 * 784)]);
  const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 3, 4);
  const files = {
    'train-images-idx3-ubyte': images,
    'train-labels-idx1-ubyte': labels,
    't10k-images-idx3-ubyte': images,
    't10k-labels-idx1-ubyte': labels,
    ...changes,
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes));
  return folder;
}

function csvFile(change: (rows: string[]) => void): string {
  const rows = digits.slice(0, 60);
  change(rows);
  const path = join(temporaryFolder(), 'digits.csv');
  writeFileSync(path, `${rows.join('\n')}\n`);
  return path;
}

describe('options', () => {
  it.concurrent.each([
    ['an unknown device', ['--device', 'gpu'], [/'gpu'/, /auto, wasm, webgpu, reference/]],
    ['an unknown model', ['--model', 'resnet'], [/'resnet'/, /cnn, mlp/]],
    ['an unknown option', ['--epoch', '3'], [/--epoch/, /--epochs/]],
    ['a batch size of 0', ['--batch-size', '0'], [/--batch-size/, /'0'/, /from 1/]],
    ['a batch size that is no number', ['--batch-size', 'many'], [/'many'/, /integer/]],
    ['no epochs', ['--epochs', '0'], [/--epochs/, /'0'/]],
    ['a negative learning rate', ['--learning-rate', '-1'], [/--learning-rate/, /'-1'/, /positive/]],
    ['a seed out of range', ['--seed', '4294967296'], [/--seed/, /4294967295/]],
    ['an empty path', ['--out', ''], [/--out/, /path/]],
    ['a word too many', ['mnist'], [/too many arguments/]],
  ] as const)('refuses %s', async (_, args, parts) => {
    await expectError(args, [...parts, /--help/]);
  });

  it('refuses an unknown device of the environment', async () => {
    await expectError([], [/HEBB_DEVICE/, /'abacus'/, /auto, wasm, webgpu, reference/], { HEBB_DEVICE: 'abacus' });
  });
});

describe('data', () => {
  it.concurrent('names the line and column of a bad pixel', async () => {
    const path = csvFile((rows) => (rows[7] = (rows[7] ?? '').replace(/^\d+/, '99')));
    await expectError(['--data', path], [path, /line 8/, /pixel_0_0/, /0 to 16/, /99/]);
  });

  it.concurrent('names the line of a label out of range', async () => {
    const path = csvFile((rows) => (rows[9] = (rows[9] ?? '').replace(/\d+$/, '12')));
    await expectError(['--data', path], [path, /line 10/, /0 to 9/, /12/]);
  });

  it.concurrent('names the line of a row that is cut short', async () => {
    const path = csvFile((rows) => (rows[4] = '1,2,3'));
    await expectError(['--data', path], [path, /line 5/, /3/, /65/]);
  });

  it.concurrent('says that there is no such path', async () => {
    await expectError(['--data', '/no/such/place'], [/\/no\/such\/place/, /hint/]);
  });

  it.concurrent('lists the files that a folder lacks', async () => {
    await expectError(['--data', temporaryFolder()], [/train-images-idx3-ubyte/, /t10k-labels-idx1-ubyte/]);
  });

  it.concurrent('names a file with the wrong magic number', async () => {
    const folder = mnistFolder({ 'train-images-idx3-ubyte': new TextEncoder().encode('<!doctype html><html>') });
    await expectError(['--data', folder], [/train-images-idx3-ubyte\.gz/, /magic/]);
  });

  it.concurrent('names a file that is cut short', async () => {
    const folder = mnistFolder({ 't10k-labels-idx1-ubyte': Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 3) });
    await expectError(['--data', folder], [/t10k-labels-idx1-ubyte\.gz/, /missing|ends/]);
  });

  it.concurrent('names a file with damaged compression', async () => {
    const folder = mnistFolder({});
    const path = join(folder, 'train-images-idx3-ubyte.gz');
    writeFileSync(path, readFileSync(path).subarray(0, 30));
    await expectError(['--data', folder], [/train-images-idx3-ubyte\.gz/, /gzip/]);
  });

  it.concurrent('refuses labels out of range', async () => {
    const folder = mnistFolder({ 'train-labels-idx1-ubyte': Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 3, 10) });
    await expectError(['--data', folder], [/train-labels-idx1-ubyte/, /0 to 9/, /10/]);
  });
});

describe('output and training', () => {
  it.runIf(process.platform === 'linux')('refuses a folder that cannot be made, before training', async () => {
    const { code, stdout, stderr } = await run(['--out', '/proc/1/hebb']);
    expect(stderr).toMatch(/^error: .*proc\/1\/hebb/);
    expect(stderr).toMatch(/hint/);
    expect(stdout).not.toMatch(/epoch/);
    expect(code).toBe(1);
  });

  it('refuses a folder below a file', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expectError(['--out', join(file, 'out')], [/--out/, /file/, /hint/]);
  });

  it('refuses to replace a folder by a file', async () => {
    const out = temporaryFolder();
    mkdirSync(join(out, 'model.onnx'));
    await expectError(['--out', out], [/model\.onnx/, /folder of that name/]);
  });

  it('ends with one error where the loss is no number, and leaves the files as they were', async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, 'model.onnx'), 'as it was');
    await expectError(
      ['--learning-rate', '1e9', '--model', 'mlp', '--out', out],
      [/the loss is/, /epoch 1, step/, /learning rate/, /hint: Lower/],
    );
    expect(readdirSync(out)).toEqual(['model.onnx']);
    expect(readFileSync(join(out, 'model.onnx'), 'utf8')).toBe('as it was');
  });

  it('shows where an error comes from with DEBUG=1', async () => {
    const { code, stderr } = await run(['--data', '/no/such/place'], { env: { DEBUG: '1' } });
    expect(stderr).toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });
});
