/** Factorisations of matrices beside PyTorch, and their gradients of first and second order beside finite differences. */
import {
  all,
  cholesky,
  concat,
  determinant,
  eigh,
  eye,
  inverse,
  isNaN,
  logdet,
  lstsq,
  manualSeed,
  matmul,
  matrixNorm,
  matrixRank,
  ones,
  pinv,
  qr,
  randn,
  setDevice,
  slogdet,
  solve,
  stack,
  singularValues,
  svd,
  symmetricEigenvalues,
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

const turned = (x: Tensor): Tensor => transpose(x, -2, -1);
const symmetric = (x: Tensor): Tensor => x.add(turned(x)).div(2);

testAgainstPyTorch('linear-algebra', {
  isLarge: true,
  own: {
    svdParts(x: Tensor, fullMatrices: boolean) {
      const { u, s, vh } = svd(x, { fullMatrices });
      const k = s.shape.at(-1) as number;
      const [left, right] = [u.narrow(-1, 0, k), vh.narrow(-2, 0, k)];
      return [left.square(), s, right.square(), matmul(left, right)];
    },
    eighParts(x: Tensor) {
      const { eigenvalues, eigenvectors } = eigh(symmetric(x));
      const cosines = eigenvectors.mul(eigenvalues.cos().unsqueeze(-2));
      return [eigenvalues, eigenvectors.square(), matmul(cosines, turned(eigenvectors))];
    },
    eigenvaluesOf: (x: Tensor) => symmetricEigenvalues(x.add(turned(x)).div(2)),
  },
});
/** Symmetric, positive definite. */
const definite = (x: Tensor): Tensor => matmul(x, turned(x)).add(eye(x.shape.at(-1) ?? 0));
const both = (parts: readonly Tensor[]): Tensor => concat(parts.map((part) => part.flatten()));
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
  'qr, tall': { f: (a) => both(Object.values(qr(a))), inputs: [input([2, 3, 2])] },
  'qr, wide': { f: (a) => both(Object.values(qr(a))), inputs: [input([2, 3])] },
  'eigh, values': { f: (a) => eigh(symmetric(a)).eigenvalues, inputs: [input([2, 3, 3])] },
  'eigh, vectors': { f: (a) => eigh(symmetric(a)).eigenvectors.square(), inputs: [input([3, 3])] },
  'svd, values': { f: (a) => svd(a).s, inputs: [input([2, 2, 3])] },
  'svd, vectors': {
    f: (a) => {
      const { u, vh } = svd(a, { fullMatrices: false });
      return matmul(u, vh).add(u.square().sum(0));
    },
    inputs: [input([3, 2])],
  },
  'svd, of columns without a singular value': {
    f: (a) => {
      const u = svd(a).u.narrow(-1, 2, 2);
      return matmul(u, turned(u));
    },
    inputs: [input([4, 2])],
  },
  'svd, of rows without a singular value': {
    f: (a) => {
      const vh = svd(a).vh.narrow(-2, 2, 1);
      return matmul(turned(vh), vh);
    },
    inputs: [input([2, 3])],
  },
  singularValues: { f: (a) => singularValues(a), inputs: [input([2, 2, 3])] },
  symmetricEigenvalues: { f: (a) => symmetricEigenvalues(symmetric(a)), inputs: [input([2, 3, 3])] },
  'matrixNorm, nuc': { f: (a) => matrixNorm(a, 'nuc'), inputs: [input([2, 2, 3])] },
  'matrixNorm, −2': { f: (a) => matrixNorm(a, -2), inputs: [input([3, 2])] },
  'matrixNorm, 1, of other axes': { f: (a) => matrixNorm(a, 1, { axes: [0, 2] }), inputs: [input([2, 2, 3])] },
  'lstsq, tall': { f: (a, b) => lstsq(a, b), inputs: [input([3, 2]), input([3, 2])] },
  'lstsq, wide': { f: (a, b) => lstsq(a, b), inputs: [input([2, 3]), input([2])] },
  'pinv, tall': { f: (a) => pinv(a), inputs: [input([3, 2])] },
  'pinv, wide': { f: (a) => pinv(a), inputs: [input([2, 3])] },
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

describe('what does not fit is refused', () => {
  it.each<[string, () => unknown]>([
    ['[solve] a must be square matrices, [..., n, n], not float32[2,3]', () => solve(ones([2, 3]), ones([2]))],
    ['[solve] takes 2 numbers, or 2 rows, on the right side', () => solve(ones([2, 2]), ones([3]))],
    ['[solve] the batch axes of float32[2,3,3] and float32[4,3,1]', () => solve(ones([2, 3, 3]), ones([4, 3, 1]))],
    ['[triangularSolve] takes b with 2 rows', () => triangularSolve(ones([2, 2]), ones([3, 2]))],
    ['[triangularSolve] takes b with 2 columns', () => triangularSolve(ones([2, 2]), ones([2, 3]), { left: false })],
    [
      '[triangularSolve] b must be matrices, [..., m, n], not float32[2]',
      () => triangularSolve(ones([2, 2]), ones([2])),
    ],
    ['[cholesky] x must be square matrices', () => cholesky(ones([3]))],
    ['[determinant] x must be square matrices', () => determinant(ones([2, 3]))],
    ['[eigh] x must be square matrices', () => eigh(ones([2, 3]))],
    ['[qr] x must be matrices', () => qr(ones([2]))],
    ['[svd] x must be matrices', () => svd(tensor(1))],
    ['[singularValues] x must be matrices', () => singularValues(ones([2]))],
    ['[symmetricEigenvalues] x must be square matrices', () => symmetricEigenvalues(ones([2, 3]))],
    ["[matrixNorm] the order must be 'fro', 'nuc'", () => matrixNorm(ones([2, 3]), 3)],
    ['[matrixNorm] axes must be two different ones', () => matrixNorm(ones([2, 3]), 2, { axes: [0, -2] })],
    ['[lstsq] takes 3 numbers, or 3 rows, on the right side', () => lstsq(ones([3, 2]), ones([2]))],
    ['[pinv] rtol must be a number ≥ 0', () => pinv(ones([3, 2]), { rtol: -1 })],
  ])('%s', (message, f) => {
    expect(f).toThrow(message);
  });
});

const largest = (x: Tensor): Promise<number> => x.abs().max().item();

describe.each(devices)('on %s', (device) => {
  beforeAll(() => {
    setDevice(device);
    manualSeed(1);
  });

  // Larger than the blocks that are taken column by column, and no multiple of them.
  const sizes = device === 'wasm' ? [[[40]], [[2, 75]]] : [[[40]]];
  it.each(sizes)('matrices of several blocks are what their factors make: %j', async (shape) => {
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

  it.each(sizes)('and of factors that are orthogonal: %j', async (shape) => {
    const n = shape.at(-1) as number;
    const isOrthogonal = async (x: Tensor): Promise<void> =>
      expect(await largest(matmul(turned(x), x).sub(eye(n)))).toBeLessThan(1e-5);
    const x = randn([...shape, n]);
    const { q, r } = qr(x);
    await isOrthogonal(q);
    expect(await largest(matmul(q, r).sub(x))).toBeLessThan(2e-5);
    const { eigenvalues, eigenvectors } = eigh(symmetric(x));
    await isOrthogonal(eigenvectors);
    const image = matmul(symmetric(x), eigenvectors);
    expect(await largest(eigenvectors.mul(eigenvalues.unsqueeze(-2)).sub(image))).toBeLessThan(2e-5);
    const { u, s, vh } = svd(x);
    await isOrthogonal(u);
    await isOrthogonal(vh);
    expect(await largest(matmul(u.mul(s.unsqueeze(-2)), vh).sub(x))).toBeLessThan(2e-5);
  });

  it('completes what singular values of 0 leave open', async () => {
    const one = tensor([1, 2, 3, 4]);
    const other = tensor([1, 0, -1]);
    const matrices = stack([one.unsqueeze(1).mul(other), zeros([4, 3])]);
    const { u, s, vh } = svd(matrices);
    expect(await largest(matmul(turned(u), u).sub(eye(4)))).toBeLessThan(1e-6);
    expect(await largest(matmul(turned(vh), vh).sub(eye(3)))).toBeLessThan(1e-6);
    expect(await largest(matmul(u.narrow(-1, 0, 3).mul(s.unsqueeze(-2)), vh).sub(matrices))).toBeLessThan(1e-5);
    expect(await s.narrow(0, 1, 1).toArray()).toEqual([[0, 0, 0]]);
    expect(await largest(s.narrow(0, 0, 1).narrow(1, 1, 2))).toBeLessThan(1e-6);
    expect(await matrixRank(matrices).toArray()).toEqual([1, 0]);
  });

  it.each([1e-30, 1e30])('knows matrices whose squares leave the range of float32: %d', async (size) => {
    const x = tensor([[3, 1], [1, 3]]).mul(size); // prettier-ignore
    const near = async (values: Tensor, expected: number[]): Promise<void> =>
      expect(await largest(values.div(size).sub(tensor(expected)))).toBeLessThan(1e-5);
    await near(eigh(x).eigenvalues, [2, 4]);
    await near(svd(x).s, [4, 2]);
    await near(qr(tensor([[3, 0], [4, 0]]).mul(size)).r.narrow(-1, 0, 1).flatten(), [-5, 0]); // prettier-ignore
  });

  it('has gradients of values that are equal, and none of their vectors', async () => {
    const ofValues = grad((x: Tensor) =>
      eigh(x)
        .eigenvalues.mul(tensor([1, 1, 3]))
        .sum(),
    );
    const gradient = ofValues(tensor([[2, 0, 0], [0, 2, 0], [0, 0, 5]])); // prettier-ignore
    expect(await largest(gradient.sub(tensor([[1, 0, 0], [0, 1, 0], [0, 0, 3]])))).toBeLessThan(1e-6); // prettier-ignore
    const ofVectors = grad((x: Tensor) =>
      eigh(x)
        .eigenvectors.mul(tensor([1, 2]))
        .sum(),
    );
    expect(await all(isNaN(ofVectors(eye(2)))).item()).toBe(1);
    expect(await largest(grad((x: Tensor) => svd(x).s.sum())(eye(2)).sub(eye(2)))).toBeLessThan(1e-6);
  });

  it('has no gradient of columns that complete an orthogonal factor', () => {
    const complete = (x: Tensor): Tensor => qr(x, { mode: 'complete' }).q.square().sum();
    expect(() => grad(complete)(randn([3, 2]))).toThrow(/\[qr\] has no gradient in mode 'complete'/);
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

  it('ends with NaN where elements are NaN or infinite', async () => {
    for (const bad of [NaN, Infinity]) {
      const x = tensor([[bad, 1], [1, 2]]); // prettier-ignore
      expect(await cholesky(x).toArray()).toEqual([[NaN, 0], [NaN, NaN]]); // prettier-ignore
      expect(await eigh(x).eigenvalues.toArray()).toEqual([NaN, NaN]);
      expect(await svd(x).s.toArray()).toEqual([NaN, NaN]);
    }
  });

  it('solves with a pivot that Gauss without pivoting would lose', async () => {
    const x = await solve(tensor([[1e-8, 1], [1, 1]]), tensor([1, 2])).toArray(); // prettier-ignore
    expect(x).toEqual([1, 1]);
  });
});
