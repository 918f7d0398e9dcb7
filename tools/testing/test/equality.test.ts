import { expect, it } from 'vitest';
import { tensor, Tensor } from '../../../packages/tensor/src/index.ts';

it('two tensors are not taken for equal', () => {
  const [a, b] = [tensor([1, 2]), tensor([3, 4])];
  expect(() => expect(a).toEqual(b)).toThrow(/Tensor float32\[2\]/);
  expect(() => expect({ list: [a] }).toEqual({ list: [b] })).toThrow(/to deeply equal/);
  expect({ list: [a] }).toEqual({ list: [a] });
  expect(a).not.toEqual(3);
  expect(a).toEqual(expect.any(Tensor));
});
