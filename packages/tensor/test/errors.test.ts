import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import {
  arange,
  ArgumentError,
  clamp,
  compile,
  concat,
  conv2d,
  DTypeError,
  eye,
  fft,
  fft2,
  full,
  gather,
  ifft,
  type HebbError,
  matmul,
  randint,
  scalar,
  ShapeError,
  stack,
  sum,
  tensor,
  unfold,
  variable,
  zeros,
  type TypedArray,
} from '../src/index.ts';
import { caught } from './support/caught.ts';

test('a shape error is thrown where the operation is called, and its stack begins there', () => {
  const error = caught(() => tensor([[1, 2]]).matmul(tensor([[1, 2]])));
  expect(error).toBeInstanceOf(ShapeError);
  expect(error.message).toBe(
    '[matmul] cannot multiply float32[1,2] by float32[1,2]: the inner sizes 2 and 1 differ.\n  hint: The second fits when it is transposed: transpose(-2, -1).',
  );
  const frame = error.stack?.split('\n').find((line) => line.trim().startsWith('at '));
  expect(frame).toContain('errors.test.ts');
});

test('an error lists all of its reasons', () => {
  const error = caught(() => conv2d(zeros([1, 3, 8, 8]), zeros([4, 2, 3, 3]), { bias: zeros([5]) }));
  expect(error.message).toContain('the input has 3 channels, the weight takes 2');
  expect(error.message).toContain('the bias must be [4], not [5]');
});

test('the module in which an error arose is part of the message, the innermost one', () => {
  const error = new ShapeError('[linear] does not fit.', { hint: 'Change it.' });
  error.inModule('classifier.1 (Linear 4 → 2)').inModule('classifier');
  expect(error.message).toBe('[linear] does not fit.\n  module: classifier.1 (Linear 4 → 2)\n  hint: Change it.');
  expect(error.stack).toContain('classifier.1');
});

test('Node shows the message and the causes once, without the fields that repeat them', () => {
  const error = new ShapeError('[linear] does not fit.', { hint: 'Change it.' });
  error.inModule('classifier');
  error.cause = new ArgumentError('[add] is odd.');
  const text = inspect(error);
  expect(text).toMatch(/^ShapeError: \[linear\] does not fit\.\n {2}module: classifier\n {2}hint: Change it\.\n +at /);
  expect(text.match(/Change it/g)).toHaveLength(1);
  expect(text).toMatch(/cause.*: ArgumentError: \[add\] is odd\./);
  expect(text).not.toContain('undefined');
  expect(inspect({ error })).toContain('ShapeError: [linear] does not fit.');
});

test.each([
  ['broadcasting', () => zeros([2, 3]).add(zeros([4])), /cannot broadcast float32\[2,3\] with float32\[4\]/],
  [
    'reshape',
    () => zeros([2, 3]).reshape([4, 2]),
    /cannot give float32\[2,3\] \(6 elements\) the shape \[4, 2\] \(8 elements\)/,
  ],
  ['an axis', () => zeros([2, 3]).sum(2), /axis 2 does not exist: the tensor has 2 axes, so -2 to 1 are possible/],
  ['ragged arrays', () => tensor([[1, 2], [3]]), /data\[1\] has 1 elements, data\[0\] has 2/],
  [
    'a shape that does not fit its data',
    () => tensor(new Float32Array(5), { shape: [2, 3] }),
    /got 5 elements for the shape \[2, 3\], which has 6/,
  ],
  ['positions between elements', () => zeros([3]).slice([0.5]), /positions must be integers, not 0.5/],
  ['a part that starts between elements', () => zeros([3]).narrow(0, 0.5, 1), /takes an integer start and length/],
  [
    'integers of 64 bits',
    () => tensor(new BigInt64Array(1) as unknown as TypedArray),
    /takes typed arrays of numbers, not a BigInt64Array/,
  ],
  [
    'more integers than a draw has values',
    () => randint([1], 0, 2 ** 25),
    /0 to 33554432 is more than int32 or the 2²⁴/,
  ],
  [
    'an operand that is no tensor',
    () => zeros([2]).add('2' as never),
    /\[add\] operands must be tensors or numbers, not '2'/,
  ],
  [
    'a shape that is no array',
    () => zeros(3 as never),
    /a shape is an array of extents, such as \[2, 3\], not 3\.\n  hint: Write \[3\]/,
  ],
  ['a negative extent', () => eye(-1), /\[eye\] n must be an integer ≥ 0, not -1/],
  ['a real signal', () => fft(zeros([8])), /\[fft\] takes complex numbers.*\n.*rfft transforms them as they are/],
  ['a real spectrum', () => ifft(zeros([8])), /\[ifft\] takes complex numbers.*\n.*stack\(\[x, zerosLike\(x\)\], -1\)/],
  ['a real image', () => fft2(zeros([8, 8])), /rfft2 transforms them/],
  [
    'bytes as positions',
    () => gather(zeros([3]), 0, zeros([2], { dtype: 'uint8' })),
    /\[gather\] .* must be int32, not uint8\[2\]\.\n  hint: Bytes may be positions, \.to\('int32'\), or a mask/,
  ],
  ['item of many', async () => zeros([2]).item(), /takes a tensor with one element, not float32\[2\]/],
])('%s: what was given and what was expected', async (_, body, message) => {
  await expect(async () => body()).rejects.toThrow(message);
});

const circular: unknown[] = [];
circular.push(circular);
const sparse: number[] = [1];
sparse[2] = 3;

test('arrays of a known rank need no cast, and another rank is an error', async () => {
  const rows: number[][] = await tensor([
    [1, 2],
    [3, 4],
  ]).toArray(2);
  const row: number[] = await tensor([1, 2]).toArray(1);
  const single: number = await tensor(5).toArray(0);
  expect([rows, row, single]).toEqual([
    [
      [1, 2],
      [3, 4],
    ],
    [1, 2],
    5,
  ]);
  await expect(zeros([2, 3]).toArray(1)).rejects.toThrow(
    /\[toArray\] arrays nested 1 deep were asked for; float32\[2,3\] has 2 axes/,
  );
  // @ts-expect-error the elements of a matrix are no numbers
  const wrong: number[] = await zeros([1, 1]).toArray(2);
  expect(wrong).toEqual([[0]]);
});

test.each<readonly [string, () => unknown, new (...args: never[]) => HebbError, RegExp]>([
  ['numbers among booleans', () => tensor([true, 3] as never), DTypeError, /data\[1\] is 3, a number, .* booleans/],
  ['booleans among numbers', () => tensor([[1], [false]] as never), DTypeError, /data\[1\]\[0\] is false, a boolean/],
  ['no value', () => full([2], undefined as never), ArgumentError, /\[full\] value must be a number, not undefined/],
  ['a text as value', () => full([2], '7' as never), ArgumentError, /not '7'/],
  ['an integer beyond int32', () => tensor([1, 3e9], { dtype: 'int32' }), DTypeError, /element 1 is 3000000000; int32/],
  ['a fraction as int32', () => tensor([0.5], { dtype: 'int32' }), DTypeError, /element 0 is 0.5.*\n.*Math.trunc/],
  ['NaN as int32', () => tensor(new Float64Array([NaN]), { dtype: 'int32' }), DTypeError, /element 0 is NaN/],
  ['unsigned integers', () => tensor(new Uint32Array([2 ** 31]), { dtype: 'int32' }), DTypeError, /is 2147483648/],
  ['a value beyond int32', () => full([1], 3e9, { dtype: 'int32' }), DTypeError, /value is 3000000000/],
  ['a scalar beyond int32', () => scalar(2 ** 31, { dtype: 'int32' }), DTypeError, /the value is 2147483648/],
  ['a source that gives no number', () => scalar(() => undefined as never), ArgumentError, /not undefined/],
  ['a range beyond int32', () => arange(3e9, 3e9 + 2), DTypeError, /a bound is 3000000000/],
  ['an array that contains itself', () => tensor(circular as never), ShapeError, /nested more than 64 arrays deep/],
  ['an array with a hole', () => tensor(sparse), DTypeError, /data\[1\] is undefined/],
  ['64-bit integers', () => tensor([1n] as never), DTypeError, /data\[0\] is 1n.*\n.*Number\(\)/],
  ['typed arrays in an array', () => tensor([new Float32Array(1)] as never), DTypeError, /a Float32Array.*\n.*shape/],
  ['a bound that is NaN', () => clamp(zeros([1]), NaN), ArgumentError, /low is NaN/],
  [
    'a variable of a number',
    () => variable(5 as never),
    ArgumentError,
    /\[variable\] the initial value must be a tensor, not 5/,
  ],
  [
    'nested arrays as operands',
    () => matmul([[1]] as never, [[2]] as never),
    ArgumentError,
    /left operand must be a tensor/,
  ],
  [
    'a size in the place of a list',
    () => unfold(zeros([4]), 2 as never),
    ArgumentError,
    /kernelSize must be a list .* not 2/,
  ],
  [
    'a misspelt option',
    () => sum(zeros([1]), 0, { keepdim: true } as never),
    ArgumentError,
    /\[sum\] .*'keepdim'.*\n.*keepDims/,
  ],
  [
    'options in the place of axes',
    () => sum(zeros([1]), { keepDims: true } as never),
    ArgumentError,
    /axes .*\{ keepDims \}/,
  ],
  [
    'tensors one by one',
    () => (concat as (...tensors: unknown[]) => unknown)(zeros([1]), zeros([1])),
    ArgumentError,
    /must be an array of tensors, not the tensor float32\[1\]\.\n.*concat\(\[a, b\]\)/,
  ],
  [
    'a stack of other shapes',
    () => stack([zeros([1]), zeros([2])]),
    ShapeError,
    /\[stack\] cannot stack float32\[1\] and float32\[2\].*\n.*concat/,
  ],
  ['a stack of nothing', () => stack([]), ArgumentError, /\[stack\] needs at least one tensor/],
  [
    'a model in the place of a function',
    () => compile({ forward: (x: unknown) => x } as never),
    ArgumentError,
    /body must be a function, not .*\n.*compile\(\(x\) => model\.forward\(x\)\)/,
  ],
  [
    'a tensor in the place of options',
    () => conv2d(zeros([1, 1, 2, 2]), zeros([1, 1, 1, 1]), zeros([1]) as never),
    ArgumentError,
    /options are an object, not the tensor float32\[1\].*\n.*bias/,
  ],
])('%s: refused', (_, body, Kind, message) => {
  const error = caught(body);
  expect(error).toBeInstanceOf(Kind);
  expect(error.message).toMatch(new RegExp(message, 's'));
});
