/** Determinants. */
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { eye } from './creation.ts';
import { diagonal } from './diagonals.ts';
import { where } from './comparison.ts';
import { factorize, isOdd, luSolve, type Factors } from './lu.ts';
import { requireSquare } from './matrices.ts';
import { broadcastTo, unsqueeze } from './movement.ts';
import { prod } from './reduce.ts';

const asMatrices = (x: Tensor): Tensor => unsqueeze(unsqueeze(x, -1), -1);

/** The inverses of matrices, turned. */
function turnedInverse(x: Tensor, factors: Factors): Tensor {
  return luSolve(x, broadcastTo(eye(x.shape.at(-1) ?? 0), x.shape), factors, true);
}

/** Where a matrix is singular, the factors of one beside it that is not. */
function regular(lu: Tensor): Tensor {
  if (lu.size === 0) return lu;
  const largest = lu.abs().max([-2, -1], { keepDims: true });
  const step = where(largest.equal(0), 1, largest).mul(2 ** -24);
  return where(
    eye(lu.shape.at(-1) ?? 0)
      .mul(lu.equal(0).to('float32'))
      .equal(1),
    step,
    lu,
  );
}

const determinantDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'determinant',
  body(_, _x, lu, order) {
    const product = prod(diagonal(lu, 0, -2, -1), -1);
    return where(isOdd(order), product.neg(), product);
  },
  // det · x⁻ᵀ, the matrix of cofactors. It is a polynomial, so that beside a singular matrix it is nearly what it is there.
  gradient(_, cotangent, _y, x, lu, order) {
    const factors = { lu: regular(lu), order };
    const size = compose(determinantDefinition, {}, [x, factors.lu, order]);
    return [turnedInverse(x, factors).mul(asMatrices(cotangent.mul(size))), undefined, undefined];
  },
};

const logAbsDeterminantDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'slogdet',
  body: (_, _x, lu) => diagonal(lu, 0, -2, -1).abs().log().sum(-1),
  gradient: (_, cotangent, _y, x, lu, order) => [
    turnedInverse(x, { lu, order }).mul(asMatrices(cotangent)),
    undefined,
    undefined,
  ],
};

/**
 * The determinants of square matrices, [..., n, n] → [...], float32; 1 for n = 0. The gradient is the matrix of cofactors, singular matrices included; second derivatives want
 * matrices with an inverse. For large matrices, whose determinants leave the range of float32, see {@link logdet} and {@link slogdet}.
 *
 * Throws {@link ShapeError} for matrices that are not square.
 *
 * ```ts
 * await determinant(tensor([[1, 2], [3, 4]])).item(); // -2
 * ```
 */
export function determinant(x: Tensor): Tensor {
  requireSquare('determinant', 'x', x);
  const matrices = x.to('float32');
  const { lu, order } = factorize(matrices.detach());
  return compose(determinantDefinition, {}, [matrices, lu, order]);
}

export interface SignAndLogarithm {
  /** 1, −1, or 0 for singular matrices. */
  readonly sign: Tensor;
  /** ln |det x|; −∞ for singular matrices. */
  readonly logAbsDet: Tensor;
}

/**
 * Sign and logarithm of determinants, [..., n, n] → [...] each, float32: det x = sign · e^logAbsDet. The gradient of `logAbsDet` is x⁻ᵀ, NaN for singular matrices; the
 * sign has none.
 *
 * Throws {@link ShapeError} for matrices that are not square.
 *
 * ```ts
 * const { sign, logAbsDet } = slogdet(tensor([[0, 1], [1, 0]]));
 * await sign.item(); // -1
 * await logAbsDet.item(); // 0
 * ```
 */
export function slogdet(x: Tensor): SignAndLogarithm {
  requireSquare('slogdet', 'x', x);
  return signAndLogarithm(x);
}

function signAndLogarithm(x: Tensor): SignAndLogarithm {
  const matrices = x.to('float32');
  const { lu, order } = factorize(matrices.detach());
  const product = prod(diagonal(lu, 0, -2, -1).sign(), -1);
  const sign = where(isOdd(order), product.neg(), product);
  return { sign, logAbsDet: compose(logAbsDeterminantDefinition, {}, [matrices, lu, order]) };
}

/**
 * ln det x of square matrices, [..., n, n] → [...], float32: −∞ for singular matrices, NaN where the determinant is negative. Its gradient is x⁻ᵀ. For a covariance,
 * twice the sum of ln of the diagonal of its {@link cholesky} factor is half the work.
 *
 * Throws {@link ShapeError} for matrices that are not square.
 *
 * ```ts
 * await logdet(tensor([[2, 0], [0, 2]])).item(); // 1.3862944
 * ```
 */
export function logdet(x: Tensor): Tensor {
  requireSquare('logdet', 'x', x);
  const { sign, logAbsDet } = signAndLogarithm(x);
  return where(sign.less(0), Number.NaN, logAbsDet);
}
