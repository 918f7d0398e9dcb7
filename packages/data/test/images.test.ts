import { gzipSync } from 'node:zlib';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DataError, Random, loadDigits, loadMnist, readMnist, type MnistFiles } from '../src/index.ts';

const digitsPath = fileURLToPath(new URL('./samples/digits.csv', import.meta.url));

describe('loadDigits', () => {
  it('reads the first 20 digits of the data set', async () => {
    const digits = await loadDigits(digitsPath);
    expect(digits.shape).toEqual([20, 1, 8, 8]);
    expect([...digits.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...digits.images.subarray(0, 8)]).toEqual([0, 0, 5 / 16, 13 / 16, 9 / 16, 1 / 16, 0, 0]);
    expect(digits.classNames[7]).toBe('7');
    const batch = digits.dataset.gather([0, 1]);
    expect(batch.x.shape).toEqual([2, 1, 8, 8]);
    expect(batch.y.shape).toEqual([2]);
    expect(digits.images.every((pixel) => pixel >= 0 && pixel <= 1)).toBe(true);
  });

  it('reads the text itself, and columns in any order', async () => {
    const text = await readFile(digitsPath, 'utf8');
    const reversed = text
      .trim()
      .split('\n')
      .map((line) => line.split(',').reverse().join(','))
      .join('\n');
    expect((await loadDigits(reversed)).images).toEqual((await loadDigits(text)).images);
  });

  it('names the line of what is wrong', async () => {
    const lines = (await readFile(digitsPath, 'utf8')).trim().split('\n');
    const change = (line: number, edit: (line: string) => string): string =>
      lines.map((text, i) => (i === line - 1 ? edit(text) : text)).join('\n');
    await expect(loadDigits(change(4, (line) => line.replace(/^0/, '17')))).rejects.toThrow(
      /line 4, column 'pixel_0_0': expected an integer from 0 to 16, got 17/,
    );
    await expect(loadDigits(change(5, (line) => line.replace(/^0/, '')))).rejects.toThrow(/line 5, .* got nothing/);
    await expect(loadDigits(change(6, (line) => line.replace(/\d$/, '10')))).rejects.toThrow(
      /line 6: expected a label from 0 to 9, got 10/,
    );
    await expect(loadDigits(change(7, (line) => `${line},1`))).rejects.toThrow(/line 7: expected 65 fields.*got 66/);
    await expect(loadDigits(change(8, (line) => line.replace(/^0/, 'x')))).rejects.toThrow(
      /line 8, .*expected a number, got "x"/,
    );
    await expect(loadDigits(change(1, (line) => line.replace('label', 'target')))).rejects.toThrow(
      /Missing: label\. Unexpected: target\./,
    );
    await expect(loadDigits(`${lines[0]}\n`)).rejects.toThrow(/holds no images/);
    await expect(loadDigits('no-such-file.csv')).rejects.toThrow(/cannot read no-such-file\.csv/);
  });
});

it('loadDigits throws nothing but a DataError for cut files and flipped bytes', async () => {
  const bytes = await readFile(digitsPath);
  const random = new Random(4);
  for (let round = 0; round < 150; round++) {
    const damaged = Uint8Array.from(round % 2 === 0 ? bytes : bytes.subarray(0, random.integer(bytes.length)));
    for (let n = random.integer(4); n > 0; n--) damaged[random.integer(damaged.length || 1)] = random.integer(256);
    try {
      const { images, labels } = await loadDigits(new Blob([damaged]));
      expect(images.every((pixel) => pixel >= 0 && pixel <= 1)).toBe(true);
      expect(labels.every((label) => label >= 0 && label <= 9)).toBe(true);
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
    }
  }
});

function idx(shape: number[], body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + body.length);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((extent, axis) => new DataView(bytes.buffer).setUint32(4 + 4 * axis, extent));
  bytes.set(body, 4 + 4 * shape.length);
  return bytes;
}

function mnist(train: number, test: number): MnistFiles {
  const images = (n: number): Uint8Array =>
    idx(
      [n, 28, 28],
      Uint8Array.from({ length: n * 784 }, (_, i) => i % 256),
    );
  const labels = (n: number): Uint8Array =>
    idx(
      [n],
      Uint8Array.from({ length: n }, (_, i) => i % 10),
    );
  return { trainImages: images(train), trainLabels: labels(train), testImages: images(test), testLabels: labels(test) };
}

const names = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};

describe('loadMnist', () => {
  it('reads four files, gzipped or plain, and says which is missing or wrong', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hebb-data-'));
    try {
      const files = mnist(12, 3);
      await writeFile(join(folder, `${names.trainImages}.gz`), gzipSync(files.trainImages));
      await writeFile(join(folder, `${names.trainLabels}.gz`), gzipSync(files.trainLabels));
      await writeFile(join(folder, names.testImages), files.testImages);
      await expect(loadMnist(folder)).rejects.toThrow(/lacks t10k-labels-idx1-ubyte\[\.gz\][^]*downloadMnist/);
      await writeFile(join(folder, names.testLabels), files.testLabels);
      const { train, test } = await loadMnist(folder);
      expect([train.shape, test.shape]).toEqual([
        [12, 1, 28, 28],
        [3, 1, 28, 28],
      ]);
      expect([...test.labels]).toEqual([0, 1, 2]);
      expect(train.images[255]).toBe(1);
      expect(train.images[1]).toBe(Math.fround(1 / 255));
      await writeFile(join(folder, names.testLabels), files.testLabels.subarray(0, 10));
      await expect(loadMnist(folder)).rejects.toThrow(/t10k-labels-idx1-ubyte: it ends after 10 bytes/);
      const absent = join(folder, 'absent');
      await expect(loadMnist(absent)).rejects.toThrow(
        `[loadMnist] cannot read ${absent}: there is no such file or folder.`,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    [
      'different counts',
      { trainLabels: mnist(11, 3).trainLabels },
      /holds 12 images, train-labels-idx1-ubyte 11 labels/,
    ],
    [
      'labels out of range',
      { testLabels: idx([3], Uint8Array.of(1, 10, 2)) },
      /t10k-labels.*1 of 3 labels out of range:\n  example 1: expected a label from 0 to 9, got 10/,
    ],
    [
      'files in the wrong place',
      { testImages: mnist(1, 3).testLabels },
      /t10k-images.*expected unsigned bytes of shape \[n, 28, 28\], got Uint8Array of shape \[3\]/,
    ],
    ['another size', { trainImages: idx([12, 8, 8], new Uint8Array(12 * 64)) }, /shape \[12, 8, 8\]/],
    [
      'no images',
      { testImages: idx([0, 28, 28], new Uint8Array(0)), testLabels: idx([0], new Uint8Array(0)) },
      /holds no images/,
    ],
    ['no bytes', { testImages: undefined as unknown as Uint8Array }, /t10k-images.*expected the bytes/],
  ])('refuses %s', (_, change, message) => {
    expect(() => readMnist({ ...mnist(12, 3), ...change })).toThrow(message);
    expect(() => readMnist({ ...mnist(12, 3), ...change })).toThrow(DataError);
  });
});
