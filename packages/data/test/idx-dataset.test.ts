import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  DataError,
  DataLoader,
  loadMnist,
  openIdxDataset,
  openMnist,
  Random,
  readIdx,
  zipDatasets,
} from '../src/index.ts';
import { rangedSource } from '../src/ranges.ts';
import { read } from './support/read.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-idx-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const codes = { Uint8: 8, Int8: 9, Int16: 11, Int32: 12, Float32: 13, Float64: 14 } as const;

/** An IDX file of random numbers. */
function idx(kind: keyof typeof codes, shape: readonly number[], seed = 1): Uint8Array {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const width = { Uint8: 1, Int8: 1, Int16: 2, Int32: 4, Float32: 4, Float64: 8 }[kind];
  const view = new DataView(new ArrayBuffer(4 + 4 * shape.length + size * width));
  view.setUint8(2, codes[kind]);
  view.setUint8(3, shape.length);
  shape.forEach((extent, axis) => view.setUint32(4 + 4 * axis, extent));
  const random = new Random(seed);
  for (let i = 0; i < size; i++) view[`set${kind}`](4 + 4 * shape.length + i * width, random.integer(100));
  return new Uint8Array(view.buffer);
}

async function save(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

describe('openIdxDataset', () => {
  it.each(Object.keys(codes) as (keyof typeof codes)[])(
    'gives the rows of the whole file, %s, from a path, a URL, a Blob and bytes',
    async (kind) => {
      const bytes = idx(kind, [50, 3, 2]);
      const path = await save(`${kind}.idx`, bytes);
      const whole = new ArrayDataset({ x: { data: readIdx(bytes).data, shape: [3, 2] } });
      const indices = Uint32Array.of(49, 0, 7, 7, 8, 30);
      for (const source of [path, pathToFileURL(path), new Blob([bytes as Uint8Array<ArrayBuffer>]), bytes]) {
        const dataset = await openIdxDataset({ x: source });
        expect(dataset.length).toBe(50);
        expect(await dataset.gather(indices)).toEqual(whole.gather(indices));
        expect(await dataset.subset([5, 6]).gather(Uint32Array.of(1))).toEqual(whole.gather([6]));
      }
    },
  );

  it('reads several files side by side, in any order and with any number of workers', async () => {
    const [x, y] = [idx('Float32', [300, 5]), idx('Uint8', [300], 2)];
    const arrays = new ArrayDataset({
      x: { data: readIdx(x).data, shape: [5] },
      y: { data: readIdx(y).data, shape: [] },
    });
    const files = await openIdxDataset({ x: await save('x.idx', x), y: await save('y.idx', y) });
    const options = { batchSize: 32, shuffle: true, seed: 1 };
    const expected = await read(new DataLoader(arrays, options));
    for (const workers of [0, 1, 4])
      expect(await read(new DataLoader(files, { ...options, workers }))).toEqual(expected);
  });

  it('reads far rows of large rows apart, and near ones at once', async () => {
    const bytes = idx('Uint8', [40, 20000]);
    const requests: [number, number][] = [];
    class Watched extends Blob {
      override slice(start?: number, end?: number): Blob {
        requests.push([start ?? 0, end ?? 0]);
        return super.slice(start, end);
      }
    }
    const dataset = await openIdxDataset({ x: new Watched([bytes as Uint8Array<ArrayBuffer>]) });
    requests.length = 0;
    const indices = Uint32Array.of(21, 20, 3, 22);
    const { x } = await dataset.gather(indices);
    expect(x.data).toEqual(
      new ArrayDataset({ x: { data: readIdx(bytes).data, shape: [20000] } }).gather(indices).x.data,
    );
    expect(requests).toEqual([
      [12 + 3 * 20000, 12 + 4 * 20000],
      [12 + 20 * 20000, 12 + 23 * 20000],
    ]);
  });

  it('names the file that is not what it should be', async () => {
    const whole = idx('Int16', [4, 2]);
    const path = await save('whole.idx', whole);
    for (const [source, message] of [
      [
        await save('short.idx', whole.subarray(0, -3)),
        /short\.idx: it ends after 25 bytes; short\[4,2\] takes 28, so 3 are/,
      ],
      [await save('long.idx', Uint8Array.of(...whole, 0)), /long\.idx: trailing bytes/],
      [await save('head.idx', whole.subarray(0, 6)), /head\.idx: it ends after 6 bytes, inside its header/],
      [await save('empty.idx', new Uint8Array(0)), /empty\.idx: it is empty/],
      [await save('text.idx', new TextEncoder().encode('<html>')), /text\.idx: wrong magic number/],
      [await save('packed.idx', gzipSync(whole)), /packed\.idx: it is compressed \(gzip\)[^]*gunzip -k/],
      [await save('one.idx', idx('Uint8', [])), /one\.idx: it holds one number/],
      [join(folder, 'none.idx'), /\[openIdxDataset\] cannot read .*none\.idx: there is no such file/],
      ['https://example.org/x.idx', /is an address; ranges are read from files[^]*fetchDataset/],
    ] as const) {
      await expect(openIdxDataset({ x: source })).rejects.toThrow(DataError);
      await expect(openIdxDataset({ x: source })).rejects.toThrow(message);
    }
    await expect(openIdxDataset({ x: path, y: await save('three.idx', idx('Uint8', [3])) })).rejects.toThrow(
      /equally many examples, got x: 4 \(.*whole\.idx\), y: 3 \(.*three\.idx\)/,
    );
    await expect(openIdxDataset({})).rejects.toThrow(/at least one file/);
    await expect(openIdxDataset({ x: 3 } as never)).rejects.toThrow(/the source must be a path/);
    const dataset = await openIdxDataset({ x: path });
    await expect(dataset.gather(Uint32Array.of(4))).rejects.toThrow(/index 4 is not an integer from 0 to 3/);
  });

  it('says so where the file has changed or gone since', async () => {
    const path = await save('changing.idx', idx('Uint8', [4, 2]));
    const dataset = await openIdxDataset({ x: path });
    await writeFile(path, new Uint8Array(30));
    await expect(dataset.gather(Uint32Array.of(0))).rejects.toThrow(/has 30 bytes now; it had 20 when it was opened/);
    await writeFile(path, new Uint8Array(3));
    await expect(dataset.gather(Uint32Array.of(0))).rejects.toThrow(/changing\.idx: it ends before byte 14/);
    await rm(path);
    await expect(dataset.gather(Uint32Array.of(0))).rejects.toThrow(
      /\[openIdxDataset\] cannot read .*there is no such file/,
    );
  });
});

describe('ranges', () => {
  it('come back in the order asked for, also where they overlap or are empty', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    const source = rangedSource('test', await save('ranges', bytes));
    const ranges = [
      { start: 90_000, length: 10 },
      { start: 5, length: 100 },
      { start: 50, length: 100 },
      { start: 7, length: 0 },
      { start: 90_000, length: 10 },
      { start: 99_999, length: 1 },
    ];
    const found = await source.read(ranges);
    expect(found).toEqual(ranges.map(({ start, length }) => bytes.slice(start, start + length)));
    expect(await source.read([])).toEqual([]);
  });
});

describe('openMnist', () => {
  const files = {
    'train-images-idx3-ubyte': idx('Uint8', [30, 28, 28]),
    'train-labels-idx1-ubyte': Uint8Array.from(idx('Uint8', [30]), (value, i) => (i < 8 ? value : value % 10)),
    't10k-images-idx3-ubyte': idx('Uint8', [20, 28, 28], 2),
    't10k-labels-idx1-ubyte': Uint8Array.from(idx('Uint8', [20], 2), (value, i) => (i < 8 ? value : value % 10)),
  };

  it('gives what loadMnist gives, without loading the images', async () => {
    for (const [name, bytes] of Object.entries(files))
      if (name.includes('labels')) await save(`${name}.gz`, gzipSync(bytes));
      else await save(name, bytes);
    const loaded = await loadMnist(folder);
    const opened = await openMnist(folder, { classNames: [...'abcdefghij'] });
    expect(opened.classNames[9]).toBe('j');
    for (const part of ['train', 'test'] as const) {
      const { length } = loaded[part].dataset;
      expect(opened[part].length).toBe(length);
      const indices = new Random(3).permutation(length);
      expect(await opened[part].gather(indices)).toEqual(loaded[part].dataset.gather(indices));
    }
  });

  it('names what is missing, packed, or does not go together', async () => {
    const other = await mkdtemp(join(folder, 'mnist-'));
    await expect(openMnist(other)).rejects.toThrow(/\[openMnist\] .* lacks train-images-idx3-ubyte\[\.gz\]/);
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(other, name), bytes);
    const replaced = async (name: keyof typeof files, bytes: Uint8Array): Promise<unknown> => {
      await writeFile(join(other, name), bytes);
      try {
        return await openMnist(other);
      } finally {
        await writeFile(join(other, name), files[name]);
      }
    };
    await expect(replaced('train-images-idx3-ubyte', gzipSync(files['train-images-idx3-ubyte']))).rejects.toThrow(
      /train-images-idx3-ubyte: it is compressed/,
    );
    await expect(replaced('train-images-idx3-ubyte', idx('Uint8', [30, 14, 28]))).rejects.toThrow(
      /\[openMnist\] .*train-images-idx3-ubyte: expected unsigned bytes of shape \[1, 28, 28\], got .* \[1, 14, 28\]/,
    );
    await expect(replaced('t10k-images-idx3-ubyte', idx('Uint8', [19, 28, 28]))).rejects.toThrow(
      /t10k-images-idx3-ubyte holds 19 images, .*t10k-labels-idx1-ubyte 20 labels/,
    );
    await expect(replaced('t10k-labels-idx1-ubyte', idx('Uint8', [20, 1]))).rejects.toThrow(
      /\[openMnist\] .*of shape \[n\]/,
    );
    await expect(replaced('t10k-labels-idx1-ubyte', idx('Uint8', [20]))).rejects.toThrow(/labels/);
    await expect(openMnist(other, { classNames: ['a'] })).rejects.toThrow(/expected 10 class names, got 1/);
  });
});

describe('zipDatasets', () => {
  const x = new ArrayDataset({ x: { data: Float32Array.of(1, 2, 3), shape: [] } });
  const y = new ArrayDataset({ y: { data: Int32Array.of(4, 5, 6), shape: [] } });

  it('has the fields of both, at once or later', async () => {
    const expected = { ...x.gather([2, 0]), ...y.gather([2, 0]) };
    expect(zipDatasets(x, y).gather(Uint32Array.of(2, 0))).toEqual(expected);
    const file = await openIdxDataset({ x: idx('Uint8', [3]) });
    const both = zipDatasets(file, y);
    expect(await both.gather(Uint32Array.of(1))).toEqual({
      ...(await file.gather(Uint32Array.of(1))),
      ...y.gather([1]),
    });
    expect((await both.subset([2]).gather(Uint32Array.of(0))).y.data).toEqual(Int32Array.of(6));
  });

  it('refuses other lengths and one name twice', () => {
    expect(() => zipDatasets(x, y.subset([0]))).toThrow(/equally many examples, got 3 and 1/);
    expect(() => zipDatasets(x, x).gather(Uint32Array.of(0))).toThrow(/both datasets have the field "x"[^]*mapDataset/);
    expect(() => zipDatasets(x, {} as never)).toThrow(/expected a dataset/);
  });
});
