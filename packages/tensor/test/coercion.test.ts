/** What JavaScript would do with a tensor in silence: compare it, add to it as text, write it as {}. */
import { expect, test } from 'vitest';
import { ArgumentError, Tensor, tensor } from '../src/index.ts';

const x = tensor([1, 2]);
const untyped = x as unknown as number;

test.each([
  ['x > 0', () => untyped > 0],
  ['x * 2', () => untyped * 2],
  ['x + 1', () => untyped + 1],
  ['-x', () => -untyped],
  ["'loss ' + x", () => 'loss ' + untyped],
  ['Math.max(x)', () => Math.max(untyped)],
])('%s is refused: operators see no values', (_, compute) => {
  expect(compute).toThrow(ArgumentError);
  expect(compute).toThrow(
    /operators of JavaScript do not compute with tensors; this one is float32\[2\]\.\n.*x\.add\(1\)/,
  );
});

test('JSON is refused, instead of becoming {}', () => {
  expect(() => JSON.stringify({ weight: x })).toThrow(/float32\[2\] cannot become JSON.*\n.*await x\.toArray\(\)/);
});

test('text shows dtype and shape', () => {
  expect(`${untyped}`).toBe('float32[2]');
  expect(String(x)).toBe('float32[2]');
  expect([x, x].join()).toBe('float32[2],float32[2]');
});

test('the constructor says which functions make tensors', () => {
  const construct = (): unknown => new (Tensor as unknown as new (data: unknown) => Tensor)([1, 2]);
  expect(construct).toThrow(ArgumentError);
  expect(construct).toThrow(/tensors are made by functions.*\n.*tensor\(\[\[1, 2\], \[3, 4\]\]\)/);
});
