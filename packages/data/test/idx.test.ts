import { gzipSync } from 'node:zlib';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError, Random, loadIdx, readIdx } from '../src/index.ts';

function idx(code: number, shape: number[], body: number[]): Uint8Array {
  const extents = shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return Uint8Array.of(0, 0, code, shape.length, ...extents, ...body);
}

describe('readIdx', () => {
  it.each([
    ['unsigned bytes', 0x08, [0, 127, 255], Uint8Array.of(0, 127, 255)],
    ['signed bytes', 0x09, [0, 127, 255], Int8Array.of(0, 127, -1)],
    ['shorts', 0x0b, [1, 2, 0xff, 0xfe], Int16Array.of(258, -2)],
    ['ints', 0x0c, [0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff], Int32Array.of(65536, -1)],
    ['floats', 0x0d, [0x3f, 0xc0, 0, 0], Float32Array.of(1.5)],
    ['doubles', 0x0e, [0xc0, 4, 0, 0, 0, 0, 0, 0], Float64Array.of(-2.5)],
  ])('reads %s, plain and gzipped', (_, code, body, expected) => {
    const bytes = idx(code, [expected.length], body);
    expect(readIdx(bytes, 'x')).toEqual({ data: expected, shape: [expected.length] });
    expect(readIdx(new Uint8Array(gzipSync(bytes)), 'x.gz')).toEqual({ data: expected, shape: [expected.length] });
  });

  it('reads any number of axes, at any offset of a buffer', () => {
    const bytes = idx(8, [2, 1, 3], [1, 2, 3, 4, 5, 6]);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readIdx(shifted.subarray(3))).toEqual({ data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 1, 3] });
    expect(readIdx(idx(8, [], [9]))).toEqual({ data: Uint8Array.of(9), shape: [] });
    expect(readIdx(idx(8, [0, 28, 28], []))).toEqual({ data: new Uint8Array(0), shape: [0, 28, 28] });
  });

  it('unpacks more than one piece', () => {
    const random = new Random(1);
    const body = Array.from({ length: 300_000 }, () => random.integer(256));
    const bytes = new Uint8Array(12 + body.length);
    bytes.set(idx(8, [300, 1000], []));
    bytes.set(body, 12);
    for (const level of [0, 1, 9]) {
      const packed = new Uint8Array(gzipSync(bytes, { level })); // 0: blocks that are stored as they are
      expect(Buffer.from(readIdx(packed).data).equals(Uint8Array.from(body)), `level ${level}`).toBe(true);
    }
  });

  it.each([
    ['a wrong magic number', new TextEncoder().encode('<html>Not found'), /m\.idx: wrong magic number: .*3c 68 74 6d/],
    ['an unknown type code', idx(0x0a, [1], [0]), /unknown type code 0x0a, expected one of 0x08 \(unsigned byte\)/],
    ['an empty file', new Uint8Array(0), /it is empty/],
    ['a cut header', idx(8, [2, 2], []).subarray(0, 7), /ends after 7 bytes, inside its header/],
    [
      'missing bytes',
      idx(8, [2, 2], [1, 2, 3]),
      /ends after 15 bytes; unsigned byte\[2,2\] takes 16, so 1 are missing/,
    ],
    [
      'trailing bytes',
      idx(8, [2], [1, 2, 3]),
      /trailing bytes: unsigned byte\[2\] takes 10 bytes, and there are at least 11/,
    ],
    ['extents beyond all files', idx(8, [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], []), /larger than any file/],
    ['trailing bytes in gzip', new Uint8Array(gzipSync(idx(8, [2], [1, 2, 3]))), /trailing bytes/],
    ['two bytes of gzip', Uint8Array.of(0x1f, 0x8b), /cut short/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readIdx(bytes, 'm.idx')).toThrow(message);
    expect(() => readIdx(bytes, 'm.idx')).toThrow(DataError);
  });

  it('refuses a gzip file that unpacks to much more than its header says, without unpacking it', () => {
    const bomb = new Uint8Array(gzipSync(Buffer.concat([idx(8, [4], []), new Uint8Array(1e8)])));
    let message = '';
    try {
      readIdx(bomb);
    } catch (error) {
      message = String(error);
    }
    const unpacked = Number(/trailing bytes: .* there are at least (\d+)/.exec(message)?.[1]);
    expect(unpacked).toBeLessThan(1e7);
  });

  it('throws a DataError for every cut, and for every flipped byte of a gzip file', () => {
    const random = new Random(5);
    const plain = idx(
      0x0b,
      [5, 4],
      Array.from({ length: 40 }, () => random.integer(256)),
    );
    const packed = new Uint8Array(gzipSync(plain));
    for (const whole of [plain, packed]) {
      for (let length = 0; length < whole.length; length++) {
        expect(() => readIdx(whole.slice(0, length)), `${length} bytes`).toThrow(DataError);
      }
    }
    for (let at = 0; at < packed.length; at++) {
      for (const bit of [1, 0x80, 0xff]) {
        const damaged = packed.slice();
        damaged[at] = (damaged[at] ?? 0) ^ bit;
        try {
          // A few bytes of the gzip header (time, operating system) mean nothing: then the contents must be right.
          expect(readIdx(damaged)).toEqual(readIdx(plain));
        } catch (error) {
          expect(error, `byte ${at} ^ ${bit}`).toBeInstanceOf(DataError);
        }
      }
    }
    for (let round = 0; round < 2000; round++) {
      const damaged = (round % 2 === 0 ? plain : packed).slice();
      for (let n = 0; n <= random.integer(4); n++) damaged[random.integer(damaged.length)] = random.integer(256);
      try {
        readIdx(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }
  });
});

describe('loadIdx', () => {
  it('reads a file and names it in errors', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hebb-data-'));
    try {
      const path = join(folder, 'x-idx1-ubyte');
      await writeFile(path, idx(8, [2], [4, 5]));
      expect(await loadIdx(path)).toEqual({ data: Uint8Array.of(4, 5), shape: [2] });
      await writeFile(path, idx(8, [2], [4]));
      await expect(loadIdx(path)).rejects.toThrow(`[idx] ${path}: it ends after 9 bytes`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
