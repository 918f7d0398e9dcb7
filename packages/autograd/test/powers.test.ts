/** Powers by constants and their first two derivatives, at 0 and on both sides of it, beside PyTorch. */
import { pow, tensor, type Operand, type Tensor } from '@hebb/tensor';
import { expect, it } from 'vitest';
import { grad } from '../src/index.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('powers', {
  own: {
    powers: (x: Tensor, exponent: Operand) => {
      const first = grad((t: Tensor) => pow(t, exponent).sum());
      return [pow(x, exponent), first(x), grad((t: Tensor) => first(t).sum())(x)];
    },
  },
});

it('has all derivatives 0 by the exponent 0, of any order', async () => {
  for (const exponent of [0, tensor(0), tensor([0, 0, 0])]) {
    const first = grad((t: Tensor) => pow(t, exponent).sum());
    const second = grad((t: Tensor) => first(t).sum());
    const third = grad((t: Tensor) => second(t).sum());
    for (const f of [first, second, third]) expect(await f(tensor([0, 3, -2])).toArray()).toEqual([0, 0, 0]);
  }
});
