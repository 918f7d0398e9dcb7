import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BatchNorm2d,
  Conv2d,
  decodeSafetensors,
  decodeSafetensorsArrays,
  encodeSafetensors,
  encodeSafetensorsArrays,
  Flatten,
  Linear,
  readSafetensors,
  readSafetensorsArrays,
  readSafetensorsMetadata,
  SafetensorsError,
  type SafetensorsArray,
  Sequential,
  writeSafetensors,
} from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'hebb-safetensors-'));
beforeAll(() => setDevice('reference'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file put together by hand. */
function file(header: unknown, data: Uint8Array | number = 0, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const content = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + content.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(content, 8 + text.length);
  return bytes;
}

const entry = (dtype: string, shape: unknown, begin: number, end: number): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("against Hugging Face's implementation", () => {
  const golden = (name: string): URL => new URL(`golden/${name}.safetensors`, import.meta.url);

  it('writes the same bytes', async () => {
    const state = {
      b: tensor([1.5, -2]),
      a: tensor([[1, 2]], { dtype: 'int32' }),
      '0.flag': tensor([true, false, true]),
      2: zeros([0, 3]),
      c: tensor(7),
      'é "quoted"': tensor([0.1]),
    };
    expect(await encodeSafetensors(state, { note: 'a "b"' })).toEqual(new Uint8Array(readFileSync(golden('written'))));
  });

  it("loads PyTorch's state_dict, with its int64 counter", async () => {
    const model = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2), new Flatten(), new Linear(8, 3));
    model.loadStateDict(await readSafetensors(golden('state-dict')));
    for (const [name, value] of model.stateDict()) {
      const expected = name.endsWith('tracked') ? [5] : Array.from({ length: value.size }, (_, i) => (i - 3) / 8);
      expect([...(await value.data())], name).toEqual(expected);
    }
  });

  it('reads every dtype', async () => {
    const state = await readSafetensors(golden('dtypes'));
    const numbers = [0, -0, 1, -2.5, 65504, 6e-8, Infinity, NaN];
    const integers = [0, 1, -1, 100, -128];
    const values = Object.fromEntries(
      await Promise.all([...state].map(async ([name, value]) => [name, [...(await value.data())]] as const)),
    );
    expect(values).toEqual({
      F64: numbers.map(Math.fround),
      F32: numbers.map(Math.fround),
      // 6e-8 rounds to the smallest subnormal of F16; BF16 has eight significant bits: 129 · 2⁻³¹, and 65504 becomes 2¹⁶.
      F16: [0, -0, 1, -2.5, 65504, 2 ** -24, Infinity, NaN],
      BF16: [0, -0, 1, -2.5, 65536, 129 * 2 ** -31, Infinity, NaN],
      I64: integers,
      I32: integers,
      I16: integers,
      I8: integers,
      U8: [0, 1, 255],
      BOOL: [1, 0],
    });
  });
});

describe('arrays as they are stored', () => {
  const bytesOf = ({ buffer }: { buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(buffer.slice(0));
  const arrays = new Map<string, SafetensorsArray>([
    ['u8', { dtype: 'U8', shape: [3], bytes: Uint8Array.of(0, 1, 255) }],
    ['u16', { dtype: 'U16', shape: [2], bytes: bytesOf(Uint16Array.of(0, 65535)) }],
    ['u32', { dtype: 'U32', shape: [2], bytes: bytesOf(Uint32Array.of(7, 2 ** 31 - 1)) }],
    ['u64', { dtype: 'U64', shape: [1], bytes: bytesOf(BigUint64Array.of(5n)) }],
    ['f64', { dtype: 'F64', shape: [1, 3], bytes: bytesOf(Float64Array.of(0.1, -0, NaN)) }],
    ['f32', { dtype: 'F32', shape: [], bytes: bytesOf(Float32Array.of(0.5)) }],
  ]);

  it('come back byte for byte, each at a multiple of its size', async () => {
    const path = join(folder, 'model.safetensors');
    const bytes = Buffer.concat(encodeSafetensorsArrays(arrays, { note: 'x' }));
    writeFileSync(path, bytes);
    for (const read of [
      decodeSafetensorsArrays(bytes),
      await readSafetensorsArrays(path),
      await readSafetensorsArrays(bytes),
    ]) {
      expect(read.metadata).toEqual({ note: 'x' });
      expect([...read.arrays.keys()]).toEqual(['f64', 'u64', 'f32', 'u32', 'u16', 'u8']);
      for (const [name, array] of read.arrays)
        expect({ ...array, bytes: bytesOf(Uint8Array.from(array.bytes)) }).toEqual(arrays.get(name));
    }
    const state = decodeSafetensors(bytes).state;
    expect([...((await state.get('u16')?.data()) ?? [])]).toEqual([0, 65535]);
    expect([...((await state.get('u32')?.data()) ?? [])]).toEqual([7, 2 ** 31 - 1]);
    expect([...((await state.get('u64')?.data()) ?? [])]).toEqual([5]);
    expect([...((await state.get('f64')?.data()) ?? [])]).toEqual([Math.fround(0.1), -0, NaN]);
  });

  it('are those that the reference implementation writes', async () => {
    const { arrays: read } = await readSafetensorsArrays(new URL('golden/dtypes.safetensors', import.meta.url));
    const again = decodeSafetensorsArrays(Buffer.concat(encodeSafetensorsArrays(read)));
    const plain = ([name, array]: readonly [string, SafetensorsArray]): readonly [string, unknown] => [
      name,
      { ...array, bytes: [...array.bytes] },
    ];
    expect(Object.fromEntries([...again.arrays].map(plain))).toEqual(Object.fromEntries([...read].map(plain)));
  });

  it('refuse values that int32 does not hold, and bytes that are too few', () => {
    const large = encodeSafetensorsArrays(
      new Map([['a', { dtype: 'U32', shape: [1], bytes: bytesOf(Uint32Array.of(2 ** 31)) }]]),
    );
    expect(() => decodeSafetensors(Buffer.concat(large))).toThrow(
      /'a' cannot be read as int32: the value 2147483648 does not fit/,
    );
    const few = new Map([['a', { dtype: 'F64', shape: [2], bytes: new Uint8Array(8) } as const]]);
    expect(() => encodeSafetensorsArrays(few)).toThrow(/'a' of F64 \[2\] needs 16 bytes/);
  });
});

describe('writing', () => {
  const state = {
    b: tensor([1.5, -2]),
    a: tensor([[1, 2]], { dtype: 'int32' }),
    '0.flag': tensor([true, false, true]),
    2: zeros([0, 3]),
    c: tensor(7),
  };

  it('is byte for byte what the format says: F32, I32, BOOL, then by name; header padded to eight bytes', async () => {
    const bytes = await encodeSafetensors(state, { note: 'a "b"', epoch: '3' });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(header.trimEnd()).toBe(
      '{"__metadata__":{"epoch":"3","note":"a \\"b\\""},' +
        '"2":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},' +
        '"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},' +
        '"c":{"dtype":"F32","shape":[],"data_offsets":[8,12]},' +
        '"a":{"dtype":"I32","shape":[1,2],"data_offsets":[12,20]},' +
        '"0.flag":{"dtype":"BOOL","shape":[3],"data_offsets":[20,23]}}',
    );
    const expected = new DataView(new ArrayBuffer(23));
    [1.5, -2, 7].forEach((value, i) => expected.setFloat32(4 * i, value, true));
    [1, 2].forEach((value, i) => expected.setInt32(12 + 4 * i, value, true));
    [1, 0, 1].forEach((value, i) => expected.setUint8(20 + i, value));
    expect(bytes.subarray(8 + length)).toEqual(new Uint8Array(expected.buffer));
    // The order in which tensors come does not matter.
    const reversed = new Map(Object.entries(state).reverse());
    expect(await encodeSafetensors(reversed, { epoch: '3', note: 'a "b"' })).toEqual(bytes);
  });

  it('replaces a file as a whole, and leaves nothing behind where that fails', async () => {
    const path = join(folder, 'model.safetensors');
    writeFileSync(path, 'old');
    await writeSafetensors(path, state, { epoch: '3' });
    const read = await readSafetensors(path);
    expect([...read].map(([name, value]) => `${name} ${value}`)).toEqual([
      '2 float32[0,3]',
      'b float32[2]',
      'c float32[]',
      'a int32[1,2]',
      '0.flag bool[3]',
    ]);
    expect(await read.get('b')?.toArray()).toEqual([1.5, -2]);
    expect(await read.get('0.flag')?.toArray()).toEqual([1, 0, 1]);
    expect(await readSafetensorsMetadata(path)).toEqual({ epoch: '3' });
    expect(await readSafetensorsMetadata(readFileSync(path))).toEqual({ epoch: '3' });
    const nowhere = join(folder, 'none', 'model.safetensors');
    await expect(readSafetensors(folder)).rejects.toThrow(`[readSafetensors] cannot read ${folder}: it is a folder.`);
    await expect(writeSafetensors(folder, state)).rejects.toThrow(`[writeSafetensors] cannot write ${folder}: `);
    for (const [action, reason] of [
      [() => writeSafetensors(nowhere, state), 'the folder does not exist'],
      [() => readSafetensors(nowhere), 'there is no such file or folder'],
    ] as const) {
      const error: unknown = await action().catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(SafetensorsError);
      expect(String(error)).toContain(`${nowhere}: ${reason}.\n  hint: `);
    }
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  it('a model goes through bytes unchanged', async () => {
    const [source, target] = [new Linear(5, 4), new Linear(5, 4)];
    target.loadStateDict(decodeSafetensors(await encodeSafetensors(source.stateDict())).state);
    expect(await target.weight.data()).toEqual(await source.weight.data());
    expect(await target.bias?.data()).toEqual(await source.bias?.data());
  });
});

describe('reading', () => {
  const values = async (dtype: string, array: ArrayBufferView & { length: number }): Promise<unknown> => {
    const data = new Uint8Array(array.buffer);
    const value = decodeSafetensors(file({ x: entry(dtype, [array.length], 0, data.length) }, data)).state.get(
      'x',
    ) as Tensor;
    return [value.dtype, [...(await value.data())]];
  };

  it('converts every dtype', async () => {
    expect(await values('F64', new Float64Array([0.1, -Infinity, Number.NaN]))).toEqual([
      'float32',
      [Math.fround(0.1), -Infinity, Number.NaN],
    ]);
    await expect(values('F64', new Float64Array([-1e300]))).rejects.toThrow(
      "'x' cannot be read as float32: the value -1e+300 does not fit into float32",
    );
    // Bit patterns of IEEE 754: 1, −2, the largest, the smallest subnormal, −0, infinity.
    expect(await values('F16', new Uint16Array([0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00]))).toEqual([
      'float16',
      [1, -2, 65504, 2 ** -24, -0, Infinity],
    ]);
    expect(await values('F16', new Uint16Array([0x7e00]))).toEqual(['float16', [NaN]]);
    expect(await values('BF16', new Uint16Array([0x3f80, 0xc000, 0x7f80, 0x4049]))).toEqual([
      'float32',
      [1, -2, Infinity, 3.140625],
    ]);
    expect(await values('I64', new BigInt64Array([3n, -(2n ** 31n), 2n ** 31n - 1n]))).toEqual([
      'int32',
      [3, -(2 ** 31), 2 ** 31 - 1],
    ]);
    expect(await values('I16', new Int16Array([3, -4]))).toEqual(['int32', [3, -4]]);
    expect(await values('I8', new Int8Array([3, -4]))).toEqual(['int32', [3, -4]]);
    expect(await values('U8', new Uint8Array([3, 255]))).toEqual(['uint8', [3, 255]]);
    expect(await values('BOOL', new Uint8Array([1, 0]))).toEqual(['bool', [1, 0]]);
    await expect(values('I64', new BigInt64Array([2n ** 31n]))).rejects.toThrow(
      "'x' cannot be read as int32: the value 2147483648 does not fit into int32",
    );
  });

  it.each([
    ['nothing', new Uint8Array(3), 'has 3 bytes; it must start with the length of its header'],
    ['a header longer than the file', file({}, 0, 100n), 'is said to have 100 bytes; the file has 2 after the length'],
    ['an absurd length', file({}, 0, 2n ** 63n), 'is said to have 9223372036854775808 bytes'],
    ['no JSON', file('{"a"'), 'the header is not JSON'],
    ['no UTF-8', file('{"a":1}').map((byte, i) => (i === 10 ? 0xff : byte)), 'the header is not JSON'],
    ['a list', file([]), 'the header is not a JSON object'],
    ['metadata that is no text', file({ __metadata__: { a: 1 } }), '__metadata__ must be an object of strings'],
    ['no description', file({ x: 3 }), "'x' is not described by an object"],
    ['an unknown dtype', file({ x: entry('F8_E4M3', [1], 0, 1) }, 1), '\'x\' has the dtype "F8_E4M3"; known are F64'],
    ['a negative extent', file({ x: entry('F32', [-1], 0, 4) }, 4), "'x' has the shape [-1]"],
    ['a fractional extent', file({ x: entry('F32', [0.5], 0, 2) }, 2), "'x' has the shape [0.5]"],
    ['no shape', file({ x: entry('F32', undefined, 0, 4) }, 4), "'x' has the shape undefined"],
    ['one offset', file({ x: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4), 'which are not two integers ≥ 0'],
    [
      'offsets of another size',
      file({ x: entry('F32', [2], 0, 4) }, 4),
      'needs 8 bytes, its data_offsets [0, 4] are 4 apart',
    ],
    [
      'an overlap',
      file({ x: entry('F32', [2], 0, 8), y: entry('F32', [1], 4, 8) }, 8),
      "'y' begins at byte 4; the tensor before it ends at 8: they overlap",
    ],
    ['a gap', file({ x: entry('F32', [1], 0, 4), y: entry('F32', [1], 8, 12) }, 12), 'they leave a gap'],
    [
      'a name twice',
      file(
        '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      'the header has the name "x" twice',
    ],
    [
      'a name twice, once written with escapes',
      file(
        '{"\\u0078":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      'the header has the name "x" twice',
    ],
    [
      'a description with two shapes',
      file('{"x":{"dtype":"F32","shape":[2],"shape":[1],"data_offsets":[0,4]}}', 4),
      'the header has the name "shape" twice',
    ],
    ['two entries of metadata', file('{"__metadata__":{"a":"1","a":"2"}}'), 'the header has the name "a" twice'],
    ['missing data', file({ x: entry('F32', [2], 0, 8) }, 7), 'the tensors need 8 bytes of data; the file has 7'],
    ['data too much', file({ x: entry('F32', [2], 0, 8) }, 9), 'the tensors need 8 bytes of data; the file has 9'],
  ])('refuses %s', async (name, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
    const path = join(folder, 'model.safetensors');
    writeFileSync(path, bytes);
    await expect(readSafetensors(path), name).rejects.toThrow(SafetensorsError);
    await expect(readSafetensors(path), name).rejects.toThrow(`${path}: `);
    await expect(readSafetensors(path), name).rejects.toThrow(message);
  });

  it('takes names that look alike, or like structure, for what they are', () => {
    const names = ['a', 'a ', 'A', '{"a":1}', 'a","a', '"', '\\', '__proto__', 'constructor', ':', ''];
    const parts = names.map((name, i) => `${JSON.stringify(name)}:${JSON.stringify(entry('U8', [1], i, i + 1))}`);
    const { state } = decodeSafetensors(file(`{${parts.join(',')}}`, names.length));
    expect([...state.keys()]).toEqual(names);
  });

  it('takes a long text as metadata', () => {
    const note = '\\"'.repeat(2_000_000);
    expect(decodeSafetensors(file({ __metadata__: { note, other: note } })).metadata).toEqual({ note, other: note });
  });

  it('reads or refuses a damaged file, and does nothing else', async () => {
    const whole = await encodeSafetensors(
      { weight: tensor([[1, 2]]), ids: tensor([3, 4], { dtype: 'int32' }), mask: tensor([true, false]) },
      { epoch: '3' },
    );
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeSafetensors(whole.slice(0, length)), `${length} bytes`).toThrow(SafetensorsError);
    let state = 7;
    const random = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    for (let round = 0; round < 4000; round++) {
      const damaged = [...whole];
      for (let n = 0; n <= random(3); n++) {
        const at = random(damaged.length);
        const kind = random(4);
        if (kind < 2) damaged[at] = kind === 0 ? random(256) : 0x20 + random(96);
        else if (kind === 2) damaged.splice(at, 1);
        else damaged.splice(at, 0, 0x20 + random(96));
      }
      try {
        expect(decodeSafetensors(Uint8Array.from(damaged)).state.size).toBeLessThanOrEqual(3);
      } catch (error) {
        expect(error, `round ${round}: ${String(error)}`).toBeInstanceOf(SafetensorsError);
      }
    }
  });

  it('takes any byte but 0 for true', async () => {
    const { state } = decodeSafetensors(file({ x: entry('BOOL', [3], 0, 3) }, new Uint8Array([0, 1, 2])));
    expect(await state.get('x')?.toArray()).toEqual([0, 1, 1]);
  });

  it('says what is missing where there is no file', async () => {
    const path = join(folder, 'none.safetensors');
    await expect(readSafetensors(path)).rejects.toThrow(`cannot read ${path}: there is no such file`);
  });
});
