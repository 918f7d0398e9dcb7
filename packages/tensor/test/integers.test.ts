/** Division, bits and shifts of int32 and bool: PyTorch's numbers, to the last bit on every device, and what it leaves open. */
import { beforeAll, describe, expect, it } from 'vitest';
import * as api from '../src/index.ts';
import {
  bitcast,
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
  copySign,
  DTypeError,
  floorDivide,
  fmod,
  remainder,
  setDevice,
  signBit,
  atan2,
  tensor,
  type Tensor,
} from '../src/index.ts';
import { devices } from './support/devices.ts';
import { golden, toTensor, type Stored } from './support/golden.ts';
import { everyExponent } from './support/ulp.ts';

const cases = golden(new URL('golden/integers.json', import.meta.url)) as {
  op: string;
  inputs: Stored[];
  output: Stored;
}[];

const int32 = (...values: number[]): Tensor => tensor(Int32Array.from(values));

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(
    cases.map((one) => [one.op, one.inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' '), one] as const),
  )('PyTorch has the same: %s of %s', async (op, _types, { inputs, output }) => {
    const f = (api as unknown as Record<string, (...given: Tensor[]) => Tensor>)[op];
    const result = f?.(...inputs.map(toTensor));
    expect(result?.dtype).toBe(output.dtype);
    expect(result?.shape).toEqual(output.shape);
    expect([...((await result?.data()) ?? [])]).toEqual(output.data);
  });

  it('division by 0 and of the smallest by −1 have a result', async () => {
    const [a, b] = [int32(7, -7, 0, -2147483648), int32(0, 0, 0, -1)];
    expect(await floorDivide(a, b).toArray()).toEqual([0, 0, 0, -2147483648]);
    expect(await remainder(a, b).toArray()).toEqual([7, -7, 0, 0]);
    expect(await fmod(a, b).toArray()).toEqual([7, -7, 0, 0]);
  });

  it('counts outside of 0 … 31 shift everything out', async () => {
    const [a, b] = [int32(5, 5, -5, -5), int32(32, -1, 40, -2147483648)];
    expect(await bitwiseLeftShift(a, b).toArray()).toEqual([0, 0, 0, 0]);
    expect(await bitwiseRightShift(a, b).toArray()).toEqual([0, 0, -1, -1]);
  });

  it('numbers meet int32, also two of them', async () => {
    expect(await bitwiseOr(int32(8), 3).toArray()).toEqual([11]);
    expect(await bitwiseXor(6, 3).item()).toBe(5);
    expect(await bitwiseLeftShift(1, int32(4)).toArray()).toEqual([16]);
    expect(bitwiseAnd(tensor([true]), 1).dtype).toBe('int32');
  });

  it('float32 is refused by name', () => {
    expect(() => bitwiseAnd(tensor([1.5]), 1)).toThrow(DTypeError);
    expect(() => bitwiseAnd(int32(1), 1.5)).toThrow(/\[bitwiseAnd\] takes whole numbers .* not 1\.5/);
    expect(() => bitwiseNot(tensor([1]))).toThrow(/\[bitwiseNot\] takes int32 or bool, not float32\[1\]/);
    expect(() => bitcast(tensor([true]), 'int32')).toThrow(/\[bitcast\] takes float32 or int32, not bool\[1\]/);
  });

  it('fmod and remainder of float32 are exact, whatever the quotient', async () => {
    const numbers = everyExponent(4).filter((x) => device !== 'webgpu' || Math.abs(x) >= 2 ** -126);
    const a = numbers.slice(0, 1024);
    const b = numbers.slice().reverse().slice(0, 1024);
    const pairs = [...a].flatMap((x, i) => [7, 333, 711].map((step) => [x, b[(i * step) % b.length] ?? 1] as const));
    const [left, right] = [
      tensor(Float32Array.from(pairs, ([x]) => x)),
      tensor(Float32Array.from(pairs, ([, y]) => y)),
    ];
    const rests = await fmod(left, right).data();
    const wrong = pairs.flatMap(([x, y], i) => {
      const want = x % y;
      const flushed = device === 'webgpu' && Math.abs(want) < 2 ** -126;
      return Object.is(rests[i], want) || flushed ? [] : [`fmod(${x}, ${y}) is ${rests[i]}, not ${want}`];
    });
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  it('floorDivide of float32 is Python’s //', async () => {
    const [a, b] = [tensor([1, -1, 7, -7, 5, -5, 0, 3, -3]), tensor([0.1, 0.1, 2, 2, 0, 0, 4, Infinity, Infinity])];
    // On the reference device 0.1 is a double, of which 1 has 9 too.
    expect(await floorDivide(a, b).toArray()).toEqual([9, -10, 3, -4, Infinity, -Infinity, 0, 0, -1]);
  });

  it('signs of zeros count', async () => {
    const zeros = tensor([0, -0, 0, -0]);
    const others = tensor([1, 1, -1, -1]);
    expect([...(await atan2(zeros, others).data())].map(Math.fround)).toEqual(
      [0, -0, Math.PI, -Math.PI].map(Math.fround),
    );
    expect([...(await atan2(zeros, tensor([0, 0, -0, -0])).data())].map(Math.fround)).toEqual(
      [0, -0, Math.PI, -Math.PI].map(Math.fround),
    );
    expect([...(await copySign(others, zeros).data())]).toEqual([1, -1, 1, -1]);
    expect(await signBit(zeros).toArray()).toEqual([0, 1, 0, 1]);
  });

  it('bitcast keeps every bit', async () => {
    const x = Float32Array.of(0, -0, 1, -2.5, Infinity, -Infinity, 3e38, 1.5e-38);
    const bits = await bitcast(tensor(x), 'int32').data();
    expect([...bits]).toEqual([...new Int32Array(x.buffer)]);
    expect([...(await bitcast(bitcast(tensor(x), 'int32'), 'float32').data())]).toEqual([...x]);
  });
});
