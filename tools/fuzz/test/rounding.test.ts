/** The oracle excuses what a rounding decides, and nothing else. */
import { expect, it } from 'vitest';
import { linearize, nodeOf, toProgram } from '../../../packages/tensor/src/graph.ts';
import { stack, tensor } from '../../../packages/tensor/src/index.ts';
import { interpret } from '../../../packages/tensor/src/reference/interpret.ts';
import { compareWithOracle } from '../src/oracle.ts';
import { randomRounding } from '../src/rounding.ts';

const type = { dtype: 'float32' } as Parameters<ReturnType<typeof randomRounding>>[1];

it('moves what float32 does not hold by a few units, and nothing else', () => {
  const rounding = randomRounding(1, 3);
  const exact = Float64Array.of(0.5, -0, 3, 2 ** -40, Infinity, NaN, Math.fround(0.1));
  expect(rounding(exact, type, 'tanh', [])).toEqual(exact);
  const given = new Float64Array(1000).fill(0.1);
  const moved = rounding(given, type, 'tanh', []);
  expect(given.every((value) => value === 0.1)).toBe(true);
  expect(moved.every((value) => Math.fround(value) === value && Math.abs(value / 0.1 - 1) < 3.6 * 2 ** -23)).toBe(true);
  expect(new Set(moved).size).toBeGreaterThan(4);
  expect(rounding(Float64Array.of(0.1), { ...type, dtype: 'int32' }, 'tanh', [])).toEqual(Float64Array.of(0.1));
});

it('moves what is left of a sum as far as its terms are inexact', () => {
  const terms = { type, data: Float64Array.of(3, -3, 2 ** -50) };
  const [left = 0] = randomRounding(1, 3)(Float64Array.of(2 ** -50), type, 'sum', [terms]);
  expect(Math.abs(left)).toBeGreaterThan(2 ** -30);
  expect(Math.abs(left)).toBeLessThan(2 ** -19);
});

it('excuses what another rounding gives, and no other number', () => {
  const x = tensor([1]);
  const third = x.div(3);
  // 1 in float64; float32 may come to just below it.
  const counted = third.mul(3).floor();
  const program = toProgram(linearize([stack([third, counted])].map(nodeOf)));
  const oracle = {
    labels: ['results'],
    compute: (rounding?: ReturnType<typeof randomRounding>) => interpret(program, [Float64Array.of(1)], [], rounding),
  };
  const verdict = (...results: number[]): ReturnType<typeof compareWithOracle> =>
    compareWithOracle(oracle, [results], 1);
  expect(verdict(1 / 3, 1)).toEqual({ message: undefined, decidedByRounding: false });
  expect(verdict(1 / 3, 0)).toEqual({ message: undefined, decidedByRounding: true });
  expect(verdict(1 / 3, 2).message).toMatch(/element 1 is 2 instead of 1/);
  expect(verdict(1 / 3, -1).message).toMatch(/element 1 is -1/);
  expect(verdict(0.3334, 1).message).toMatch(/element 0/);
  expect(verdict(NaN, 1).message).toMatch(/element 0 is NaN/);
});
