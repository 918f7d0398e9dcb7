/** Least squares. */
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { matmul } from './linalg.ts';
import { extentsOf, requireMatrices, sameBatch, transposed } from './matrices.ts';
import { squeeze, unsqueeze } from './movement.ts';
import { qr } from './qr.ts';
import { isVectors } from './solve.ts';
import { solveTriangle } from './triangular.ts';

/**
 * The x that makes ‖a·x − b‖ least for matrices a of full rank, float32: [..., m, n], [..., m, k] → [..., n, k]. Where a has fewer rows than columns, so that many x solve the system, the
 * shortest of them. By {@link qr}, as LAPACK's `gels`. b holds vectors, [..., m], where it has one axis, or exactly the shape of a without its last axis. Leading axes broadcast.
 *
 * Where columns of a (rows, if they are fewer) depend on one another, the result is ±∞, NaN, or what rounding makes of it; `pinv(a).matmul(b)` takes any rank.
 *
 * Throws {@link ShapeError} where extents do not fit.
 *
 * ```ts
 * // The line through (0, 1), (1, 3), (2, 5).
 * const line = await lstsq(tensor([[0, 1], [1, 1], [2, 1]]), tensor([1, 3, 5])).toArray();
 * line.map(Math.round); // [2, 1]
 * ```
 */
export function lstsq(a: Tensor, b: Tensor): Tensor {
  requireMatrices('lstsq', 'a', a);
  requireTensor('lstsq', 'b', b);
  const vectors = isVectors(a, b);
  const [m, n] = extentsOf(a);
  if (b.ndim === 0 || b.shape.at(vectors ? -1 : -2) !== m)
    throw new ShapeError(`[lstsq] takes ${m} numbers, or ${m} rows, on the right side for ${a}, not ${b}.`);
  const columns = (vectors ? unsqueeze(b, -1) : b).to('float32');
  const [matrices, sides] = sameBatch('lstsq', a.to('float32'), columns);
  const { q, r } = qr(m >= n ? matrices : transposed(matrices));
  const result =
    m >= n
      ? solveTriangle(r, matmul(transposed(q), sides), { upper: true, unitriangular: false })
      : matmul(q, solveTriangle(transposed(r), sides, { upper: false, unitriangular: false }));
  return vectors ? squeeze(result, -1) : result;
}
