import { expect, test } from 'vitest';
import { conv2d, eye, HebbError, randint, ShapeError, tensor, zeros, type TypedArray } from '../src/index.ts';

function caught(body: () => unknown): HebbError {
  try {
    body();
  } catch (error) {
    if (error instanceof HebbError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

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
  ['an operand that is no tensor', () => zeros([2]).add('2' as never), /A tensor or a number was expected, not "2"/],
  ['a shape that is no array', () => zeros(3 as never), /a shape is an array of extents, such as \[2, 3\], not number/],
  ['a negative extent', () => eye(-1), /\[eye\] extents must be integers ≥ 0, not \[-1, -1\]/],
  ['item of many', async () => zeros([2]).item(), /takes a tensor with one element, not float32\[2\]/],
])('%s: what was given and what was expected', async (_, body, message) => {
  await expect(async () => body()).rejects.toThrow(message);
});
