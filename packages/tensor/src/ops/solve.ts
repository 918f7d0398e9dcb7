/** Systems of linear equations, and inverses. */
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { eye } from './creation.ts';
import { factorize, luSolve } from './lu.ts';
import { requireSquare, sameBatch } from './matrices.ts';
import { broadcastTo, squeeze, unsqueeze } from './movement.ts';

/** Whether b holds vectors, one for each matrix, by PyTorch's rule. */
export function isVectors(a: Tensor, b: Tensor): boolean {
  return b.ndim === 1 || (b.ndim === a.ndim - 1 && b.shape.every((n, axis) => n === a.shape[axis]));
}

/**
 * The solution x of a·x = b for square matrices a, float32: [..., n, n], [..., n, k] → [..., n, k]; by Gauss's elimination with partial pivoting. Leading axes broadcast. b holds
 * vectors, [..., n], where it has one axis, or exactly the shape of a without its last axis. Singular matrices give NaN: what is recorded has no values yet that an error
 * could speak of.
 *
 * Throws {@link ShapeError} for matrices that are not square, and where extents do not fit.
 *
 * ```ts
 * await solve(tensor([[2, 1], [1, 3]]), tensor([4, 7])).toArray(); // [1, 2]
 * solve(zeros([8, 3, 3]), zeros([3, 5])).shape; // [8, 3, 5]
 * ```
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  requireSquare('solve', 'a', a);
  requireTensor('solve', 'b', b);
  const vectors = isVectors(a, b);
  const n = a.shape.at(-1);
  if (b.ndim === 0 || b.shape.at(vectors ? -1 : -2) !== n)
    throw new ShapeError(`[solve] takes ${n} numbers, or ${n} rows, on the right side for ${a}, not ${b}.`);
  const columns = (vectors ? unsqueeze(b, -1) : b).to('float32');
  const [matrices, sides] = sameBatch('solve', a.to('float32'), columns);
  const result = luSolve(matrices, sides, factorize(matrices.detach()));
  return vectors ? squeeze(result, -1) : result;
}

/**
 * The inverse of square matrices, [..., n, n], float32. NaN for singular ones. To multiply something by an inverse, {@link solve} is shorter and more exact.
 *
 * Throws {@link ShapeError} for matrices that are not square.
 *
 * ```ts
 * await inverse(tensor([[2, 0], [0, 4]])).toArray(); // [[0.5, 0], [0, 0.25]]
 * ```
 */
export function inverse(x: Tensor): Tensor {
  requireSquare('inverse', 'x', x);
  const matrices = x.to('float32');
  return luSolve(matrices, broadcastTo(eye(x.shape.at(-1) ?? 0), x.shape), factorize(matrices.detach()));
}
