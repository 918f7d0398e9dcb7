/** Promotion of dtypes and arithmetic on the narrow ones and on integers, as PyTorch has them (tools/golden/dtypes.py). */
import { beforeAll, describe, expect, it } from 'vitest';
import * as hebb from '../src/index.ts';
import { setDevice, tensor, type DType, type Operand, type Tensor } from '../src/index.ts';
import { commonDType } from '../src/ops/operands.ts';
import { devices } from './support/devices.ts';
import { golden } from './support/golden.ts';

type Kind = 'axes' | 'scalar' | 'number';
interface Values {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly (number | boolean | string | null)[];
}
const { promotion, results, cases } = golden(new URL('./golden/dtypes.json', import.meta.url)) as {
  readonly promotion: readonly (readonly DType[])[];
  readonly results: readonly (readonly [Kind, DType, Kind, DType, DType])[];
  readonly cases: readonly (Values & { readonly name: string; readonly operands: readonly Values[] })[];
};
const order: readonly DType[] = ['bool', 'uint8', 'int32', 'float16', 'float32'];

const numbers = ({ data }: Values): number[] => data.map((value) => (value === null ? NaN : typeof value === 'string' ? Number(value.replace('inf', 'Infinity')) : Number(value))); // prettier-ignore
const tensorOf = (values: Values): Tensor =>
  tensor(Float64Array.from(numbers(values)), { dtype: values.dtype, shape: values.shape });

describe('the dtype of operands together', () => {
  it('is that of promote_types', () => {
    expect(order.map((a) => order.map((b) => commonDType(a, b)))).toEqual(promotion);
  });

  it.each(results)('%s %s with %s %s: %s', (kindA, a, kindB, b, expected) => {
    const operand = (kind: Kind, dtype: DType): Operand => {
      if (kind === 'number') return dtype === 'int32' ? 3 : 1.5;
      return tensor(1, { dtype, shape: [] }).broadcastTo(kind === 'axes' ? [2] : []);
    };
    const [left, right] = [operand(kindA, a), operand(kindB, b)];
    // Sums of bool are int32 here, as they count; PyTorch has a logical or.
    const isBool = expected === 'bool';
    expect(hebb.add(left, right).dtype).toBe(isBool ? 'int32' : expected);
    expect(hebb.where(tensor([true, false]), left, right).dtype).toBe(expected);
  });
});

const functions: Readonly<Record<string, (...x: Tensor[]) => Tensor>> = {
  add: (a, b) => hebb.add(a, b),
  sub: (a, b) => hebb.sub(a, b),
  mul: (a, b) => hebb.mul(a, b),
  div: (a, b) => hebb.div(a, b),
  bitwise_and: (a, b) => hebb.bitwiseAnd(a, b),
  bitwise_or: (a, b) => hebb.bitwiseOr(a, b),
  bitwise_xor: (a, b) => hebb.bitwiseXor(a, b),
  bitwise_not: (x) => hebb.bitwiseNot(x),
  bitwise_left_shift: (a, b) => hebb.bitwiseLeftShift(a, b),
  bitwise_right_shift: (a, b) => hebb.bitwiseRightShift(a, b),
  floor_divide: (a, b) => hebb.floorDivide(a, b),
  remainder: (a, b) => hebb.remainder(a, b),
  fmod: (a, b) => hebb.fmod(a, b),
  floor: (x) => hebb.floor(x),
  ceil: (x) => hebb.ceil(x),
  round: (x) => hebb.round(x),
  trunc: (x) => hebb.trunc(x),
  abs: (x) => hebb.abs(x),
  sign: (x) => hebb.sign(x),
  neg: (x) => hebb.neg(x),
  relu: (x) => hebb.relu(x),
  sum: (x) => hebb.sum(x),
  prod: (x) => hebb.prod(x),
  exp: (x) => hebb.exp(x),
  sqrt: (x) => hebb.sqrt(x),
  matmul: (a, b) => hebb.matmul(a, b),
  'einsum ij,jk->ik': (a, b) => hebb.einsum('ij,jk->ik', a, b),
  'tensordot 1': (a, b) => hebb.tensordot(a, b, 1),
  dot: (a, b) => hebb.dot(a, b),
  kron: (a, b) => hebb.kron(a, b),
  'to uint8': (x) => x.to('uint8'),
  'to float16': (x) => x.to('float16'),
};

describe.each(devices)('PyTorch on %s', (name) => {
  beforeAll(() => setDevice(name));

  it.each(cases.map((one, i) => [one.name, i, one] as const))('%s (%i)', async (f, _i, { operands, ...expected }) => {
    const actual = (functions[f] as (...x: Tensor[]) => Tensor)(...operands.map(tensorOf));
    expect([actual.dtype, actual.shape]).toEqual([expected.dtype, expected.shape]);
    const want = numbers(expected);
    // Transcendental functions of integers are float32, within an ulp or two of each device.
    const tolerance = f === 'exp' || f === 'sqrt' || (f === 'div' && expected.dtype === 'float32') ? 2e-7 : 0;
    [...(await actual.data())].forEach((got, i) => {
      const w = want[i] as number;
      if (Object.is(got, w) || got === w || Math.abs(got - w) <= tolerance * Math.abs(w)) return;
      expect.fail(`element ${i} is ${got}, not ${w}`);
    });
  });

  it('products of integers have no limit of float32', async () => {
    const a = tensor([[2 ** 24 + 1, 1]], { dtype: 'int32' });
    expect(await hebb.matmul(a, tensor([[1], [2]], { dtype: 'int32' })).toArray()).toEqual([[2 ** 24 + 3]]);
    expect(await hebb.einsum('ij,kj->ik', a, a).toArray()).toEqual([[Math.imul(2 ** 24 + 1, 2 ** 24 + 1) + 1]]);
    expect(await hebb.matmul(hebb.zeros([2, 0], { dtype: 'int32' }), hebb.zeros([0, 3], { dtype: 'int32' })).toArray()).toEqual([[0, 0, 0], [0, 0, 0]]); // prettier-ignore
    expect(hebb.matmul(tensor([true, false]), tensor([true, true])).dtype).toBe('int32');
  });

  it('comparisons of uint8 with numbers that it does not hold are those of integers', async () => {
    const x = tensor(new Uint8Array([0, 44, 255]));
    expect([...(await x.less(300).data())]).toEqual([1, 1, 1]);
    expect([...(await x.equal(-1).data())]).toEqual([0, 0, 0]);
    // Arithmetic wraps, as in PyTorch.
    expect([...(await x.add(300).data())]).toEqual([44, 88, 43]);
  });
});

it.each(devices)('more elements than can be counted are an error on %s before anything is allocated', async (name) => {
  setDevice(name);
  const long = hebb.zeros([2 ** 16]);
  const calls: (() => Tensor)[] = [
    () => hebb.zeros([2 ** 16, 2 ** 16]),
    () => hebb.full([2 ** 31], 1),
    () => hebb.rand([2 ** 16, 2 ** 16]),
    () => hebb.iota([2 ** 16, 2 ** 16], 0),
    () => hebb.eye(2 ** 16),
    () => long.reshape([-1, 1]).broadcastTo([2 ** 16, 2 ** 16]),
    () => hebb.outer(long, long),
    () => hebb.kron(long, long),
    () => hebb.tile(long, [2 ** 16]),
    () => hebb.repeat(long, [2 ** 16]),
    () => hebb.concat(Array.from({ length: 2 ** 15 + 1 }, () => long)),
    () => hebb.pad(long, [[0, 2 ** 31]]),
    () => hebb.oneHot(long.to('int32'), 2 ** 16),
    () => long.reshape([-1, 1]).matmul(long.reshape([1, -1])),
    () =>
      hebb
        .gather(long, 0, hebb.zeros([2 ** 16], { dtype: 'int32' }))
        .reshape([-1, 1])
        .mul(long),
  ];
  await hebb.device.ready();
  const before = hebb.device.memory().usedBytes;
  for (const call of calls) {
    const reading = async (): Promise<unknown> => call().data();
    await expect(reading(), String(call)).rejects.toThrow(/more than the 2147483647 that can be counted/);
  }
  expect(hebb.device.memory().usedBytes).toBeLessThan(before + 2 ** 20);
});

it('nanToNum leaves what has no NaN as it is', async () => {
  for (const dtype of ['bool', 'uint8', 'int32'] as const) {
    const x = hebb.nanToNum(tensor([0, 1, 1], { dtype }), { nan: 7, posInf: 8 });
    expect(x.dtype).toBe(dtype);
    expect(await x.toArray()).toEqual([0, 1, 1]);
  }
  const large = tensor([2 ** 24 + 1], { dtype: 'int32' });
  expect(await hebb.nanToNum(large).toArray()).toEqual([2 ** 24 + 1]);
  expect(() => hebb.nanToNum(large, { nan: 'x' as never })).toThrow(hebb.ArgumentError);
});
