/** The oracle excuses what a rounding decides, and nothing else. */
import { expect, it } from 'vitest';
import { linearize, nodeOf, toProgram } from '../../../packages/tensor/src/graph.ts';
import { concat, ifft, qr, stack, tensor } from '../../../packages/tensor/src/index.ts';
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
  const [left = 0] = randomRounding(2, 3)(Float64Array.of(2 ** -50), type, 'sum', [terms]);
  expect(Math.abs(left)).toBeGreaterThan(2 ** -30);
  expect(Math.abs(left)).toBeLessThan(2 ** -19);
});

it('leaves a sum of terms of one sign near what it is, however large other sums of the same operation are', () => {
  // Of norms of rows, [8, 8] and [1e-9, 0]: moved by as much as 8 is inexact the second would be negative, and its root NaN.
  for (const sign of [1, -1]) {
    const terms = [{ type, data: Float64Array.of(8, 8, 1e-9, 0).map((value) => sign * value) }];
    for (let seed = 1; seed <= 20; seed++) {
      const [, small = NaN] = randomRounding(seed, 12)(Float64Array.of(16 * sign, 1e-9 * sign), type, 'sum', terms);
      expect(Math.abs(small / (1e-9 * sign) - 1)).toBeLessThan(13 * 2 ** -23);
    }
  }
});

it('lets what cancels be 0, in every other answer, and only as far as its terms are inexact', () => {
  const terms = [Float64Array.of(2, 2, 8), Float64Array.of(-2, 1, -8)].map((data) => ({ type, data }));
  const sums = Float64Array.of(2 ** -53, 3, 2 ** -10);
  expect(randomRounding(1, 3)(sums, type, 'add', terms)).toEqual(Float64Array.of(0, 3, 2 ** -10));
  expect(randomRounding(2, 3)(sums, type, 'add', terms)[0]).not.toBe(0);
  // Of products nothing cancels.
  expect(randomRounding(1, 3)(sums, type, 'mul', terms)).toEqual(sums);
});

it('knows that the sign of a triangle is a matter of rounding where a column ends in what cancels', async () => {
  // Householder's reflection of [1, ε] turns the sign; that of [1, 0] is none (LAPACK's dlarfg).
  expect(await qr(tensor([[1], [0]])).r.item()).toBe(1);
  const part = tensor([0.7]).div(3);
  const column = concat([tensor([1]), part.mul(3).sub(part.add(part).add(part))]).reshape([2, 1]);
  const linearization = linearize([nodeOf(qr(column).r)]);
  const program = toProgram(linearization);
  const values = linearization.leaves.map((leaf) =>
    Float64Array.from((leaf.storage as { host?: Float32Array }).host ?? []),
  );
  const oracle = {
    labels: ['r'],
    compute: (rounding?: ReturnType<typeof randomRounding>) => interpret(program, values, [], rounding),
  };
  for (const sign of [1, -1]) expect(compareWithOracle(oracle, [[sign]], 1).message).toBeUndefined();
  expect(compareWithOracle(oracle, [[2]], 1).message).toMatch(/r, element 0 is 2/);
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

it('goes by the other answers where one is NaN', () => {
  const verdict = (...[value, reference, ...others]: [number, number, ...number[]]): string | undefined => {
    let calls = 0;
    const compute = (rounding?: unknown): Float64Array[] => [
      Float64Array.of(rounding === undefined ? reference : (others[calls++ % others.length] ?? NaN)),
    ];
    return compareWithOracle({ labels: ['result'], compute }, [[value]], 1).message;
  };
  // A loss between choices that rounding makes, of which one has no root.
  expect(verdict(0.3, 0.2, NaN, 0.4)).toBeUndefined();
  expect(verdict(0.3, NaN, 0.2, 0.4)).toBeUndefined();
  expect(verdict(0.9, 0.2, NaN, 0.4)).toMatch(/result, element 0 is 0.9/);
  expect(verdict(0.3, 0.2, NaN)).toMatch(/result, element 0 is 0.3/);
  expect(verdict(0.3, NaN, NaN)).toMatch(/result, element 0 is 0.3/);
  expect(verdict(NaN, 0.2, NaN, 0.4)).toBeUndefined();
});

it('knows that equal numbers, rounded equally, cancel', () => {
  // A spectrum of constants is 0 but for its first number. Each moved on its own, some of the others always are below 0.
  const rows = tensor([0.9, 0.6, 0.3, 0.8, 0.5, 0.7, 0.2, 0.4]).tanh().reshape([8, 1, 1]).broadcastTo([8, 6, 2]);
  const spectra = ifft(rows.mul(1.3).add(0.1));
  const below = spectra.narrow(1, 1, 5).less(0).to('float32').max();
  const linearization = linearize([nodeOf(below)]);
  const program = toProgram(linearization);
  const values = linearization.leaves.map((leaf) =>
    Float64Array.from((leaf.storage as { host?: Float32Array }).host ?? []),
  );
  const oracle = {
    labels: ['below'],
    compute: (rounding?: ReturnType<typeof randomRounding>) => interpret(program, values, [], rounding),
  };
  expect(compareWithOracle(oracle, [[0]], 1)).toEqual({ message: undefined, decidedByRounding: true });
  expect(compareWithOracle(oracle, [[2]], 1).message).toMatch(/below, element 0 is 2/);
});
