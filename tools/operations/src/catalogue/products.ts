/** Products, transforms, and loops. */
import * as api from '../../../../packages/tensor/src/index.ts';
import type { Tensor } from '../../../../packages/tensor/src/index.ts';
import { of, ways, type Operation } from '../operation.ts';

export const products = {
  matmul: ways(
    of((a, b) => a.matmul(b), [2, 3], [3, 2]),
    of((a, b) => a.matmul(b), [2, 2, 3], [3, 2]),
  ),
  dot: of((a, b) => api.dot(a, b), [3], [3]),
  outer: of((a, b) => api.outer(a, b), [3], [2]),
  cross: of((a, b) => api.cross(a, b), [2, 3], [3]),
  tensordot: of((a, b) => api.tensordot(a, b, [[0], [1]]), [2, 3], [2, 2]),
  kron: of((a, b) => api.kron(a, b), [2, 2], [2]),
  matrixPower: of((a) => api.matrixPower(a, 3), [2, 2]),
  linear: ways(
    of((a, w, b) => api.linear(a, w, b), [2, 3], [4, 3], [4]),
    of((a, w) => api.linear(a, w), [2, 2, 3], [4, 3]),
  ),
  bilinear: of((a, b, w, c) => api.bilinear(a, b, w, { bias: c }), [2, 3], [2, 2], [2, 3, 2], [2]),
  einsum: ways(
    of((a, b, c) => api.einsum('bn,anm,bm->ba', a, b, c), [2, 3], [2, 3, 2], [2, 2]),
    of((a, b) => api.einsum('...ii,...ij->...j', a, b), [2, 2, 2], [2, 2, 3]),
  ),
} satisfies Record<string, Operation>;

/** Symmetric and positive definite. */
const definite = (a: Tensor): Tensor => a.matmul(a.transpose(-2, -1)).add(api.eye(a.shape.at(-1) ?? 0));
/** Far from singular. */
const regular = (a: Tensor): Tensor => a.add(api.eye(a.shape.at(-1) ?? 0).mul(3));

/** Of full rank, with singular values and eigenvalues apart, whatever a is: where they are not, factors have no derivatives. */
const generic = (a: Tensor): Tensor => {
  const [m = 0, n = 0] = a.shape.slice(-2);
  return a.mul(0.4).add(api.eye(m, n).mul(api.arange(n).mul(4).add(2)));
};

export const linearAlgebra = {
  triangularSolve: ways(
    of((a, b) => api.triangularSolve(regular(a), b), [2, 3, 3], [3, 2]),
    of((a, b) => api.triangularSolve(regular(a), b, { upper: true, left: false }), [2, 2], [3, 2]),
  ),
  cholesky: of((a) => api.cholesky(definite(a)), [2, 3, 3]),
  solve: of((a, b) => api.solve(regular(a), b), [2, 3, 3], [3, 1]),
  inverse: of((a) => api.inverse(regular(a)), [2, 3, 3]),
  determinant: of((a) => api.determinant(a), [2, 3, 3]),
  slogdet: of((a) => ({ ...api.slogdet(a) }), [2, 3, 3]),
  logdet: of((a) => api.logdet(definite(a)), [2, 3, 3]),
  qr: ways(
    of((a) => ({ ...api.qr(generic(a)) }), [2, 3, 2]),
    of((a) => ({ ...api.qr(generic(a)) }), [2, 3]),
  ),
  eigh: of((a) => ({ ...api.eigh(generic(a).add(generic(a).transpose(-2, -1))) }), [3, 3]),
  svd: of((a) => ({ ...api.svd(generic(a), { fullMatrices: false }) }), [3, 2]),
  singularValues: of((a) => api.singularValues(generic(a)), [3, 2]),
  symmetricEigenvalues: of((a) => api.symmetricEigenvalues(generic(a).add(generic(a).transpose(-2, -1))), [3, 3]),
  matrixNorm: ways(
    of((a) => api.matrixNorm(a), [2, 3]),
    of((a) => api.matrixNorm(generic(a), 'nuc'), [3, 2]),
    of((a) => api.matrixNorm(a, -1), [2, 3]),
  ),
  lstsq: ways(
    of((a, b) => api.lstsq(generic(a), b), [4, 2], [4]),
    of((a, b) => api.lstsq(generic(a), b), [2, 3], [2, 2]),
  ),
  pinv: of((a) => api.pinv(generic(a)), [3, 2]),
  matrixRank: of((a) => api.matrixRank(generic(a)), [2, 3, 2]),
} satisfies Record<string, Operation>;

export const signals = {
  fft: ways(
    of((a) => api.fft(a), [6, 2]),
    of((a) => api.fft(a, { norm: 'ortho' }), [5, 2]),
  ),
  ifft: of((a) => api.ifft(a), [6, 2]),
  rfft: of((a) => api.rfft(a), [2, 6]),
  irfft: of((a) => api.irfft(a, { n: 7 }), [4, 2]),
  fft2: of((a) => api.fft2(a), [2, 3, 2]),
  ifft2: of((a) => api.ifft2(a), [2, 3, 2]),
  rfft2: of((a) => api.rfft2(a), [3, 4]),
  irfft2: of((a) => api.irfft2(a), [3, 3, 2]),
  fftn: of((a) => api.fftn(a, { norm: 'ortho' }), [2, 2, 3, 2]),
  ifftn: of((a) => api.ifftn(a), [2, 2, 2, 2]),
  rfftn: of((a) => api.rfftn(a), [2, 2, 4]),
  irfftn: of((a) => api.irfftn(a), [2, 2, 3, 2]),
  stft: of((a) => api.stft(a, 4, { window: api.hannWindow(4), hopLength: 2 }), [9]),
  istft: of((a) => api.istft(a, 4, { window: api.hannWindow(4), hopLength: 2 }), [3, 4, 2]),
  melFilterBank: of(() => api.melFilterBank(4, 17, 8000, { scale: 'slaney', norm: 'slaney' })),
  hannWindow: of(() => api.hannWindow(9)),
  hammingWindow: of(() => api.hammingWindow(9)),
  blackmanWindow: of(() => api.blackmanWindow(9)),
  bartlettWindow: of(() => api.bartlettWindow(9)),
  kaiserWindow: of(() => api.kaiserWindow(9)),
} satisfies Record<string, Operation>;

export const attention = {
  scaledDotProductAttention: ways(
    of((q, k, v) => api.scaledDotProductAttention(q, k, v, { causal: true }), [2, 3, 2], [2, 3, 2], [2, 3, 2]),
    of((q, k, v, m) => api.scaledDotProductAttention(q, k, v, { mask: m }), [1, 2, 2], [1, 3, 2], [1, 3, 2], [2, 3]),
  ),
} satisfies Record<string, Operation>;

const step = (h: Tensor, row: Tensor): [Tensor, Tensor] => {
  const next = h.mul(row).add(0.3).tanh();
  return [next, next.mul(row)];
};

export const controlFlow = {
  scan: ways(
    of((h, xs) => api.scan(step, h, xs), [2], [4, 2]),
    of((h, xs) => api.scan(step, h, xs, { reverse: true }), [2], [4, 2]),
  ),
  cond: of(
    (a, b) =>
      api.cond(
        api.tensor(true),
        (l: Tensor, r: Tensor) => l.mul(r),
        (l: Tensor) => l.sin(),
        a,
        b,
      ),
    [3],
    [3],
  ),
  whileLoop: of(
    (a) =>
      api.whileLoop(
        (s: Tensor) => s.square().sum().less(20),
        (s: Tensor) => s.mul(1.5).add(0.1),
        a,
        { maxSteps: 5 },
      )[0],
    [3],
  ),
} satisfies Record<string, Operation>;
