/** What is shown of tensors at a prompt: laid out as NumPy does, and only where values are known. */
import { inspect } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  allClose,
  compile,
  equals,
  formatTensor,
  isClose,
  ones,
  setDevice,
  tensor,
  zeros,
  ArgumentError,
  ShapeError,
  StaleValueError,
  type Tensor,
} from '../src/index.ts';
import { devices } from './support/devices.ts';

const range = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    { shape },
  );

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each<readonly [string, () => Tensor, string]>([
    ['a number', () => tensor(3.5), 'Tensor float32[] 3.5'],
    ['a vector', () => tensor([1, 2, 30]), 'Tensor float32[3] [ 1,  2, 30]'],
    ['integers', () => tensor([7, -12], { dtype: 'int32' }), 'Tensor int32[2] [  7, -12]'],
    ['booleans', () => tensor([true, false]), 'Tensor bool[2] [ true, false]'],
    ['digits as needed', () => tensor([0.5, 2, 0.25]), 'Tensor float32[3] [0.50, 2.00, 0.25]'],
    ['at most four digits', () => tensor([1 / 3, 2]), 'Tensor float32[2] [0.3333, 2.0000]'],
    ['far apart', () => tensor([1e-5, 12345.5]), 'Tensor float32[2] [1.0000e-5, 1.2346e+4]'],
    ['large', () => tensor([1.5e30, -2e30]), 'Tensor float32[2] [ 1.5e+30, -2.0e+30]'],
    [
      'what is no number',
      () => tensor([NaN, -Infinity, 1.5, -0]),
      'Tensor float32[4] [      NaN, -Infinity,       1.5,      -0.0]',
    ],
    ['nothing', () => zeros([0, 3]), 'Tensor float32[0,3] []'],
    [
      'a matrix',
      () =>
        tensor([
          [1, 2.5],
          [-3, 4],
        ]),
      'Tensor float32[2,2]\n[[ 1.0,  2.5],\n [-3.0,  4.0]]',
    ],
    ['matrices', () => range(2, 2, 2), 'Tensor float32[2,2,2]\n[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]]'],
    [
      'a long vector',
      () => range(30),
      'Tensor float32[30]\n[ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17, 18,\n 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]',
    ],
    ['a longer one', () => range(2000), 'Tensor float32[2000] [   0,    1,    2, …, 1997, 1998, 1999]'],
    [
      'a large matrix',
      () => range(100, 100),
      [
        'Tensor float32[100,100]',
        '[[   0,    1,    2, …,   97,   98,   99],',
        ' [ 100,  101,  102, …,  197,  198,  199],',
        ' [ 200,  201,  202, …,  297,  298,  299],',
        ' …,',
        ' [9700, 9701, 9702, …, 9797, 9798, 9799],',
        ' [9800, 9801, 9802, …, 9897, 9898, 9899],',
        ' [9900, 9901, 9902, …, 9997, 9998, 9999]]',
      ].join('\n'),
    ],
    [
      'long in the middle alone',
      () => range(2, 600, 1),
      [
        'Tensor float32[2,600,1]',
        '[[[   0],\n  [   1],\n  [   2],\n  …,\n  [ 597],\n  [ 598],\n  [ 599]],',
        '',
        ' [[ 600],\n  [ 601],\n  [ 602],\n  …,\n  [1197],\n  [1198],\n  [1199]]]',
      ].join('\n'),
    ],
  ])('prints %s', async (_, make, expected) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await make().print();
    expect(log.mock.calls).toEqual([[expected]]);
    log.mockRestore();
    expect(await formatTensor(make())).toBe(expected);
  });

  it('takes options, and refuses others', async () => {
    expect(await formatTensor(tensor([1 / 3, 2]), { digits: 1 })).toBe('Tensor float32[2] [0.3, 2.0]');
    expect(await formatTensor(range(5), { threshold: 4, edge: 1 })).toBe('Tensor float32[5] [0, …, 4]');
    expect(await formatTensor(range(5), { width: 10 })).toBe('Tensor float32[5]\n[0, 1, 2,\n 3, 4]');
    for (const wrong of [{ digits: -1 }, { edge: 0 }, { precision: 3 }, { width: NaN }])
      await expect(ones([2]).print(wrong as never)).rejects.toThrow(ArgumentError);
  });

  it('describes numbers', async () => {
    expect(await tensor([[1, 2], [NaN, 6]]).describe()).toEqual({ shape: [2, 2], dtype: 'float32', min: 1, max: 6, mean: 3, nan: 1 }); // prettier-ignore
    expect(await tensor([-Infinity, 5]).describe()).toMatchObject({ min: -Infinity, max: 5, mean: -Infinity, nan: 0 });
    expect(await tensor([NaN]).describe()).toMatchObject({ min: NaN, max: NaN, mean: NaN, nan: 1 });
    expect(await zeros([0]).describe()).toMatchObject({ min: NaN, max: NaN, mean: NaN, nan: 0 });
    expect(await tensor([3, -4], { dtype: 'int32' }).describe()).toMatchObject({
      dtype: 'int32',
      min: -4,
      max: 3,
      mean: -0.5,
    });
    expect(await tensor([true, false]).describe()).toMatchObject({ dtype: 'bool', min: 0, max: 1, mean: 0.5 });
  });

  it('shows in Node what is known on the host', async () => {
    const x = ones([2, 2]).add(1);
    expect(inspect(x)).toBe('Tensor float32[2,2]');
    await x.data();
    expect(inspect(x)).toBe('Tensor float32[2,2]\n[[2, 2],\n [2, 2]]');
    const loss = x.sum();
    await loss.item();
    expect(inspect({ loss, x })).toBe('{ loss: Tensor float32[] 8, x: Tensor float32[2,2] }');
    loss.dispose();
    expect(inspect(loss)).toBe('Tensor float32[]');
    expect(`${x}`).toBe('float32[2,2]');
  });

  it('compares', async () => {
    const x = tensor([1, NaN, Infinity]);
    expect(await equals(x, x)).toBe(false);
    expect(await equals(tensor([1, -0]), tensor([1, 0]))).toBe(true);
    expect(await equals(tensor([1]), tensor([1], { dtype: 'int32' }))).toBe(false);
    expect(await equals(zeros([0]), zeros([0]))).toBe(true);
    expect(await isClose(x, tensor([1.000009, NaN, Infinity])).toArray()).toEqual([1, 0, 1]);
    expect(await isClose(x, tensor([1.1, NaN, -Infinity]), { equalNaN: true }).toArray()).toEqual([0, 1, 0]);
    expect(await isClose(tensor([1]), tensor([Infinity]), { rtol: 1 }).toArray()).toEqual([0]);
    expect(await allClose(x, x, { equalNaN: true })).toBe(true);
    expect(await allClose(tensor([[1], [2]]), tensor([1, 2]))).toBe(false);
    await expect(allClose(ones([2]), ones([3]))).rejects.toThrow(ShapeError);
    expect(() => isClose(x, x, { rtol: -1 })).toThrow(/rtol must be a number ≥ 0/);
  });
});

it('says in a compiled function that nothing is there to be printed', async () => {
  setDevice('wasm');
  const failures: Promise<unknown>[] = [];
  compile((x: Tensor) => {
    failures.push(x.print().catch((error: unknown) => error));
    return x;
  })(ones([2]));
  for (const failure of await Promise.all(failures)) expect(failure).toBeInstanceOf(StaleValueError);
});
