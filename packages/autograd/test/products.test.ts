/** Products and sums of products beside PyTorch, and their gradients of first and second order beside finite differences. */
import {
  cross,
  dot,
  einsum,
  kron,
  matrixPower,
  ones,
  outer,
  setDevice,
  tensordot,
  trace,
  type Tensor,
} from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { gradientErrors, input, type Input } from './support/finite-differences.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('products');

const cases: Record<string, { f: (...inputs: Tensor[]) => Tensor; inputs: readonly Input[] }> = {
  'einsum of three': {
    f: (a, b, c) => einsum('bn,anm,bm->ba', a, b, c),
    inputs: [input([2, 3]), input([2, 3, 2]), input([2, 2])],
  },
  'einsum over a diagonal': {
    f: (a, b) => einsum('iji,jk->ik', a, b),
    inputs: [input([2, 3, 2]), input([3, 2])],
  },
  dot: { f: (a, b) => dot(a, b), inputs: [input([3]), input([3])] },
  outer: { f: (a, b) => outer(a, b), inputs: [input([3]), input([2])] },
  cross: { f: (a, b) => cross(a, b), inputs: [input([2, 3]), input([3])] },
  tensordot: { f: (a, b) => tensordot(a, b, [[0], [1]]), inputs: [input([2, 3]), input([2, 2])] },
  kron: { f: (a, b) => kron(a, b), inputs: [input([2, 2]), input([2])] },
  trace: { f: (a) => trace(a.square()), inputs: [input([2, 3, 3])] },
  matrixPower: { f: (a) => matrixPower(a, 5), inputs: [input([2, 2])] },
};

describe('gradients agree with finite differences', () => {
  it.each(Object.entries(cases))('%s', (_, { f, inputs }) => {
    const { first, second } = gradientErrors(f, inputs);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
  });
});

describe('einsum', () => {
  it('multiplies in an order that keeps intermediate results small', async () => {
    setDevice('wasm');
    // From left to right the first product had 1.6e9 elements.
    const result = einsum('ab,cd,bc->ad', ones([200, 200]), ones([200, 200]), ones([200, 200]));
    expect(await result.max().item()).toBe(40_000);
  });

  it.each([
    ['ij,jk->ik', 1, /of 2 operands, and there are 1/],
    ['i.j->', 1, /dots where a letter/],
    ['i......->', 1, /dots where a letter/],
    ['ij->ij->i', 1, /more than one '->'/],
    ['ij->ii', 1, /names 'i' twice/],
    ['ij->k', 1, /names 'k', which no operand has/],
    ['ijk->', 1, /names 3 axes of operand 0, which is float32\[2,3\]/],
    ['i->', 1, /names 1 axis of operand 0/],
    ['ii->i', 1, /diagonal over 'i' of operand 0, whose extents 2 and 3 differ/],
    ['ij,ji->', 2, /gives 'j' the extents 3 and 2/],
    ['i…->', 1, /'…' where a letter/],
  ])('refuses %s of %i', (equation, count, message) => {
    expect(() => einsum(equation, ...Array.from({ length: count }, () => ones([2, 3])))).toThrow(message);
  });
});
