/** Files of NumPy: what it writes is read, what is written is what it would have written (tools/golden/numpy_files.py). */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  decodeNpy,
  decodeNpz,
  encodeNpy,
  encodeNpz,
  setDevice,
  tensor,
  zeros,
  ArgumentError,
  DTypeError,
  HebbError,
} from '../src/index.ts';
import { checksum } from '../src/numpy/npz.ts';
import { golden } from './support/golden.ts';

type Numbers = readonly (number | string)[];
interface Array {
  readonly shape: readonly number[];
  readonly data: Numbers;
}
interface File {
  readonly name: string;
  readonly file: string;
}

const { files, refused, archives } = golden(new URL('./golden/numpy.json', import.meta.url)) as {
  readonly files: readonly (File & Array & { readonly dtype: string })[];
  readonly refused: readonly File[];
  readonly archives: readonly (File & { readonly arrays: Readonly<Record<string, Array>> })[];
};
const bytesOf = ({ file }: File): Uint8Array => Uint8Array.from(Buffer.from(file, 'base64'));
const numbers = (data: Numbers): number[] => data.map((value) => Math.fround(Number(value)));

beforeAll(() => setDevice('wasm'));

describe('arrays of NumPy', () => {
  it.each(files.map((file) => [file.name, file] as const))('%s', async (_, file) => {
    const x = decodeNpy(bytesOf(file));
    const kept = ['bool', 'uint8', 'float16'].find((dtype) => dtype === file.dtype.replace(/^>/, ''));
    const dtype = kept ?? (file.dtype.includes('f') ? 'float32' : 'int32');
    expect([x.shape, x.dtype]).toEqual([file.shape, dtype]);
    expect([...(await x.data())]).toEqual(numbers(file.data));
    if (['float32', 'float16', 'int32', 'uint8', 'bool'].includes(file.dtype) && file.name !== "Fortran's order")
      expect(Buffer.from(await encodeNpy(x)).equals(bytesOf(file))).toBe(true);
  });

  it.each(refused.map((file) => [file.name, file] as const))('%s is refused', (_, file) => {
    expect(() => decodeNpy(bytesOf(file))).toThrow(DTypeError);
  });

  it('damaged files are refused, wherever they are cut or changed', () => {
    const whole = bytesOf(files[1] as File);
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeNpy(whole.subarray(0, length)), `${length} bytes`).toThrow(HebbError);
    for (let at = 0; at < 10; at++) {
      const changed = whole.slice();
      changed[at] = 0xff;
      expect(() => decodeNpy(changed), `byte ${at}`).toThrow(HebbError);
    }
  });
});

describe('archives of NumPy', () => {
  it.each(archives.map((file) => [file.name, file] as const))('%s', async (_, file) => {
    const arrays = await decodeNpz(bytesOf(file));
    expect(Object.keys(arrays)).toEqual(Object.keys(file.arrays));
    for (const [name, { shape, data }] of Object.entries(file.arrays)) {
      expect(arrays[name]?.shape).toEqual(shape);
      expect([...((await arrays[name]?.data()) ?? [])]).toEqual(numbers(data));
    }
  });

  it('what is written is read again', async () => {
    const tensors = { x: tensor([[1, NaN], [-0, 4]]), 'läyer/ids': tensor(new Int32Array([7])), none: zeros([0, 2]) }; // prettier-ignore
    const again = await decodeNpz(await encodeNpz(tensors));
    expect(Object.keys(again)).toEqual(Object.keys(tensors));
    for (const [name, x] of Object.entries(tensors)) {
      expect(`${again[name]}`).toBe(`${x}`);
      expect(await again[name]?.data()).toEqual(await x.data());
    }
    expect(await decodeNpz(await encodeNpz({}))).toEqual({});
  });

  it('damaged archives are refused', async () => {
    for (const file of archives) {
      const whole = bytesOf(file);
      for (let length = 0; length < whole.length; length += 97)
        await expect(decodeNpz(whole.subarray(0, length)), `${length} bytes`).rejects.toThrow(ArgumentError);
      const changed = whole.slice();
      changed[300] = (changed[300] ?? 0) ^ 1;
      await expect(decodeNpz(changed)).rejects.toThrow(/damaged/);
    }
    // The check value of CRC-32 (Koopman; also in the ZIP specification's references).
    expect(checksum(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });
});
