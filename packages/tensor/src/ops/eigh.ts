/** Eigenvalues and eigenvectors of symmetric matrices. */
import type { Tensor } from '../tensor.ts';
import { factorizeCholesky } from './cholesky.ts';
import { where } from './comparison.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { eye, iota, zeros } from './creation.ts';
import { matmul } from './linalg.ts';
import { orthogonalizeRows } from './jacobi.ts';
import { reorder } from './lu.ts';
import { matrixFirst, matrixLast, pack, quotient, requireSquare, scaleOf, transposed, unpack } from './matrices.ts';
import { unsqueeze } from './movement.ts';
import { pad } from './padding.ts';
import { sortedPositions } from './sorting.ts';

/** An upper bound of the largest |eigenvalue|, [..., 1, 1]: ⁸√ of the sum of their eighth powers. */
function boundOf(x: Tensor): Tensor {
  const square = matmul(x, x);
  const sum = matmul(square, square).square().sum([-2, -1], { keepDims: true });
  return sum.sqrt().sqrt().sqrt();
}

/** Eigenvalues in ascending order, [..., n, 1], and eigenvectors as rows. */
function decompose(x: Tensor): readonly [Tensor, Tensor] {
  const n = x.shape.at(-1) ?? 0;
  const batch = x.shape.slice(0, -2);
  const scale = scaleOf(x);
  const scaled = x.mul(scale);
  // Positive definite by a shift, which changes no eigenvector: x + shift = L Lᵀ, and if K Lᵀ = D W with orthogonal K and W, then x + shift = Wᵀ D² W.
  const shift = boundOf(scaled).mul(1.25);
  const definite = scaled.add(eye(n).mul(where(shift.equal(0), 1, shift)));
  const rows = transposed(factorizeCholesky(definite));
  const even = n % 2 === 0 ? rows : pad(rows, [...batch.map((): [number, number] => [0, 0]), [0, 1], [0, 0]]);
  const turned = matrixLast(orthogonalizeRows(matrixFirst(even), { extent: n, patient: true }), batch);
  // The row of zeros that made their number even has moved, and is the shortest.
  const lengths = turned.square().sum(-1);
  const longest = sortedPositions(lengths, batch.length, true).narrow(-1, 0, n);
  const vectors = reorder(turned.div(unsqueeze(lengths.sqrt(), -1)), longest);
  const values = matmul(vectors, scaled).mul(vectors).sum(-1);
  const order = sortedPositions(values, batch.length, false);
  return [reorder(unsqueeze(values, -1), order).div(scale), reorder(vectors, order)];
}

const eighDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'eigh',
  body(_, x) {
    const n = x.shape.at(-1) ?? 0;
    if (n === 0) return zeros([...x.shape.slice(0, -2), 0]);
    const isLower = iota([1, n], 1).lessEqual(iota([n, 1], 0));
    const [values, vectors] = decompose(where(isLower, x, transposed(x)));
    return pack(x.ndim - 2, [values, transposed(vectors)]);
  },
  // V (diag(dλ) + (Vᵀ dV) ∘ F) Vᵀ with Fᵢⱼ = 1 / (λⱼ − λᵢ); its symmetric part.
  gradient(_, cotangent, output, x) {
    const n = x.shape.at(-1) ?? 0;
    const shapes = [[n], [n, n]] as const;
    const [values, vectors] = unpack(output, shapes);
    const [ofValues, ofVectors] = unpack(cotangent, shapes);
    const inner = matmul(transposed(vectors), ofVectors);
    const isDiagonal = eye(n).equal(1);
    const differences = unsqueeze(values, -2).sub(unsqueeze(values, -1));
    const turns = quotient(where(isDiagonal, 0, inner), where(isDiagonal, 1, differences));
    const ofX = matmul(matmul(vectors, where(isDiagonal, unsqueeze(ofValues, -1), turns)), transposed(vectors));
    return [ofX.add(transposed(ofX)).mul(0.5)];
  },
};

export interface Eigendecomposition {
  /** In ascending order, [..., n]. */
  readonly eigenvalues: Tensor;
  /** Orthonormal columns, [..., n, n]. */
  readonly eigenvectors: Tensor;
}

/**
 * Eigenvalues, in ascending order, and orthonormal eigenvectors of symmetric matrices x [..., n, n], float32: x · eigenvectors = eigenvectors · diag(eigenvalues), by Jacobi's
 * rotations. Only the lower triangle of x is read; gradients are symmetric matrices. The signs of eigenvectors are arbitrary, so that only functions that do not depend on them have
 * meaning, and a gradient; where eigenvalues are equal the gradient through eigenvectors is infinite or NaN, as in PyTorch.
 *
 * Throws {@link ShapeError} for matrices that are not square.
 *
 * ```ts
 * const { eigenvalues, eigenvectors } = eigh(tensor([[2, 1], [1, 2]]));
 * await eigenvalues.toArray(); // [1, 3]
 * await eigenvectors.square().toArray(); // [[0.5, 0.5], [0.5, 0.5]]
 * ```
 */
export function eigh(x: Tensor): Eigendecomposition {
  requireSquare('eigh', 'x', x);
  const n = x.shape.at(-1) ?? 0;
  const [eigenvalues, eigenvectors] = unpack(compose(eighDefinition, {}, [x.to('float32')]), [[n], [n, n]]);
  return { eigenvalues, eigenvectors };
}
