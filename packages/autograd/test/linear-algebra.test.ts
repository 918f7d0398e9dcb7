/** Factorisations of matrices beside PyTorch, and their gradients of first and second order beside finite differences. */
import {
  cholesky,
  determinant,
  eye,
  inverse,
  logdet,
  manualSeed,
  matmul,
  ones,
  randn,
  setDevice,
  slogdet,
  solve,
  tensor,
  transpose,
  triangularSolve,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { grad } from '../src/index.ts';
import { gradientErrors, input, type Input } from './support/finite-differences.ts';
import { mappingErrors } from './support/many-examples.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('linear-algebra');

const turned = (x: Tensor): Tensor => transpose(x, -2, -1);
/** Symmetric, positive definite. */
const definite = (x: Tensor): Tensor => matmul(x, turned(x)).add(eye(x.shape.at(-1) ?? 0));
const square = [input([3, 3]), input([3, 2])];

const cases: Record<string, { f: (...inputs: Tensor[]) => Tensor; inputs: readonly Input[] }> = {
  'triangularSolve, lower': { f: (a, b) => triangularSolve(a, b), inputs: [input([2, 3, 3]), input([3, 2])] },
  'triangularSolve, upper, from the right': {
    f: (a, b) => triangularSolve(a, turned(b), { upper: true, left: false }),
    inputs: square,
  },
  'triangularSolve, unitriangular': { f: (a, b) => triangularSolve(a, b, { unitriangular: true }), inputs: square },
  cholesky: { f: (a) => cholesky(definite(a)), inputs: [input([2, 3, 3])] },
  'solve, many right sides': { f: (a, b) => solve(a, b), inputs: square },
  'solve, vectors': { f: (a, b) => solve(a, b), inputs: [input([2, 2, 2]), input([2, 2])] },
  inverse: { f: (a) => inverse(a), inputs: [input([3, 3], { seed: 4 })] },
  determinant: { f: (a) => determinant(a), inputs: [input([2, 3, 3])] },
  slogdet: { f: (a) => slogdet(a).logAbsDet, inputs: [input([2, 3, 3])] },
  logdet: { f: (a) => logdet(definite(a)), inputs: [input([2, 2])] },
};

describe('gradients agree with finite differences', () => {
  it.each(Object.entries(cases))('%s', (_, { f, inputs }) => {
    const { first, second, tangent } = gradientErrors(f, inputs);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
    expect(tangent).toBeLessThan(1e-6);
  });
});

describe('vmap is a loop over examples', () => {
  it.each(Object.entries(cases))('%s', (_, { f, inputs }) => {
    const { values, outside, inside } = mappingErrors(f, inputs);
    expect(Math.max(values, outside, inside)).toBeLessThan(1e-9);
  });
});

const largest = (x: Tensor): Promise<number> => x.abs().max().item();

describe.each(devices)('on %s', (device) => {
  beforeAll(() => {
    setDevice(device);
    manualSeed(1);
  });

  // Larger than the blocks that are taken column by column, and no multiple of them.
  it.each([[[40]], [[2, 75]]])('matrices of several blocks are what their factors make: %j', async (shape) => {
    const n = shape.at(-1) as number;
    const x = randn([...shape, n]);
    const symmetric = matmul(x, turned(x)).div(n).add(eye(n));
    const factor = cholesky(symmetric);
    expect(await largest(matmul(factor, turned(factor)).sub(symmetric))).toBeLessThan(1e-5);
    const right = randn([...shape, 3]);
    expect(await largest(matmul(factor, triangularSolve(factor, right)).sub(right))).toBeLessThan(1e-5);
    expect(await largest(matmul(turned(factor), triangularSolve(turned(factor), right, { upper: true })).sub(right))).toBeLessThan(1e-5); // prettier-ignore
    // Errors of solutions grow with the condition, residuals do not.
    const solution = solve(x, right);
    expect(await largest(matmul(x, solution).sub(right).div(solution.abs().max()))).toBeLessThan(1e-4);
    const logarithm = logdet(symmetric).sub(cholesky(symmetric).mul(eye(n)).sum(-1).log().sum(-1).mul(2));
    expect(await largest(logarithm)).toBeLessThan(1e-3);
  });

  it('says NaN of what has no factor and no inverse, of that matrix alone', async () => {
    const matrices = tensor([[[4, 2], [2, 5]], [[1, 2], [2, 1]], [[0, 0], [0, 0]]]); // prettier-ignore
    expect(await cholesky(matrices).toArray()).toEqual([
      [[2, 0], [1, 2]],
      [[NaN, 0], [NaN, NaN]],
      [[NaN, 0], [NaN, NaN]],
    ]); // prettier-ignore
    const singular = tensor([[[1, 2], [2, 4]], [[2, 0], [0, 4]]]); // prettier-ignore
    expect(await inverse(singular).toArray()).toEqual([
      [[NaN, NaN], [NaN, NaN]],
      [[0.5, 0], [0, 0.25]],
    ]); // prettier-ignore
    expect(await solve(singular, ones([2])).toArray()).toEqual([
      [NaN, NaN],
      [0.5, 0.25],
    ]);
    expect(await determinant(singular).abs().toArray()).toEqual([0, 8]);
    expect(await logdet(tensor([[[1, 2], [2, 4]], [[0, 1], [1, 0]]])).toArray()).toEqual([-Infinity, NaN]); // prettier-ignore
  });

  it('gives singular matrices their cofactors as the gradient of the determinant', async () => {
    const cofactors = async (x: Tensor): Promise<unknown> => {
      const rounded = grad(determinant)(x).mul(1024).round().div(1024).add(0);
      return await rounded.toArray();
    };
    expect(await cofactors(tensor([[1, 2], [2, 4]]))).toEqual([[4, -2], [-2, 1]]); // prettier-ignore
    expect(await cofactors(tensor([[0, 0, 0], [0, 2, 0], [0, 0, 3]]))).toEqual([[6, 0, 0], [0, 0, 0], [0, 0, 0]]); // prettier-ignore
    expect(await cofactors(zeros([2, 2]))).toEqual([[0, 0], [0, 0]]); // prettier-ignore
  });

  it('solves with a pivot that Gauss without pivoting would lose', async () => {
    const x = await solve(tensor([[1e-8, 1], [1, 1]]), tensor([1, 2])).toArray(); // prettier-ignore
    expect(x).toEqual([1, 1]);
  });
});
