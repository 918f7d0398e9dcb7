/** Singular values and eigenvalues without vectors. */
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { eigh } from './eigh.ts';
import { matmul } from './linalg.ts';
import { requireMatrices, requireSquare } from './matrices.ts';
import { unsqueeze } from './movement.ts';
import { singularValuesOf, svd } from './svd.ts';

const singularValuesDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'singularValues',
  body: (_, x) => singularValuesOf(x),
  // U diag(ds) Vᵀ.
  gradient(_, cotangent, _values, x) {
    const { u, vh } = svd(x, { fullMatrices: false });
    return [matmul(u.mul(unsqueeze(cotangent, -2)), vh)];
  },
};

/**
 * The singular values of any matrices x [..., m, n], min(m, n) numbers ≥ 0 in descending order, float32; those of {@link svd} in half of its time. The gradient has meaning
 * where singular values are equal, too, as long as what is made of them is symmetric in them.
 *
 * Throws {@link ShapeError} for fewer than two axes.
 *
 * ```ts
 * await singularValues(tensor([[0, 2], [3, 0], [0, 0]])).toArray(); // [3, 2]
 * ```
 */
export function singularValues(x: Tensor): Tensor {
  requireMatrices('singularValues', 'x', x);
  return compose(singularValuesDefinition, {}, [x.to('float32')]);
}

/**
 * The eigenvalues of symmetric matrices x [..., n, n], in ascending order, float32: those of {@link eigh}. Only the lower triangle of x is read; gradients are symmetric matrices.
 *
 * Throws {@link ShapeError} for matrices that are not square.
 *
 * ```ts
 * await symmetricEigenvalues(tensor([[2, 1], [1, 2]])).toArray(); // [1, 3]
 * ```
 */
export function symmetricEigenvalues(x: Tensor): Tensor {
  requireSquare('symmetricEigenvalues', 'x', x);
  return eigh(x).eigenvalues;
}
