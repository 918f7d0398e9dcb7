/** Cholesky's factorisation. */
import { checkOptions, requireBoolean, type OptionNames } from '../arguments/index.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { eye, iota, zeros } from './creation.ts';
import { tril } from './diagonals.ts';
import { where } from './comparison.ts';
import { gatherNode } from './indexing.ts';
import { matmul } from './linalg.ts';
import {
  columnsOf,
  extentsOf,
  matrixFirst,
  matrixLast,
  panelOf,
  requireSquare,
  rowsOf,
  transposed,
} from './matrices.ts';
import { broadcastTo, concat } from './movement.ts';
import { scan } from './scan.ts';
import { solveTriangle } from './triangular.ts';

export interface CholeskyOptions {
  /** Give the upper triangular factor, the transpose of the lower one. Default false. */
  upper?: boolean;
}

const choleskyOptions: OptionNames<CholeskyOptions> = { upper: requireBoolean };

/** The first columns of the factor, [m, b, batch], from those of symmetric matrices; above the diagonal what is left there. */
function factorColumns(x: Tensor): Tensor {
  const [m = 0, width = 0, batch = 1] = x.shape;
  const columns = iota([1, width, 1], 1);
  const [factor] = scan(
    (rest: Tensor, step: Tensor) => {
      const column = gatherNode(rest, 1, broadcastTo(step, [m, 1, batch]));
      const row = gatherNode(rest, 0, broadcastTo(step, [1, width, batch]));
      const pivot = gatherNode(column, 0, broadcastTo(step, [1, 1, batch]));
      const isPositive = pivot.greater(0).and(pivot.less(Infinity));
      const root = where(isPositive, pivot.sqrt(), Number.NaN);
      const done = column.div(root);
      const waiting = rest.sub(done.mul(row.div(root)));
      return [where(columns.equal(step), done, where(step.less(columns), waiting, rest)), undefined];
    },
    x,
    iota([width], 0),
  );
  return factor;
}

/** Of symmetric matrices: a block of columns, then what they leave of the others. */
function factorBlocks(x: Tensor, panel = panelOf(x.shape.at(-1) ?? 0)): Tensor {
  const [n] = extentsOf(x);
  const batch = x.shape.slice(0, -2);
  const width = Math.min(n, panel);
  const block = matrixLast(factorColumns(matrixFirst(columnsOf(x, 0, width))), batch);
  if (width === n) return block;
  const below = rowsOf(block, width, n);
  const rest = columnsOf(rowsOf(x, width, n), width, n).sub(matmul(below, transposed(below)));
  const right = concat([zeros([...batch, width, n - width]), factorBlocks(rest, panel)], -2);
  return concat([block, right], -1);
}

/** The lower triangular factor of symmetric matrices, which must be positive definite. */
export function factorizeCholesky(x: Tensor): Tensor {
  return x.size === 0 ? x : tril(factorBlocks(x));
}

const choleskyDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'cholesky',
  body(_, x) {
    const [n] = extentsOf(x);
    if (n === 0) return x;
    const isLower = iota([1, n], 1).lessEqual(iota([n, 1], 0));
    const factor = factorBlocks(where(isLower, x, transposed(x)));
    // Whatever goes wrong reaches the last element.
    const last = columnsOf(rowsOf(factor, n - 1, n), n - 1, n);
    return where(isLower, where(last.equal(last), factor, Number.NaN), 0);
  },
  // Murray (2016), Differentiation of the Cholesky decomposition: L⁻ᵀ Φ(Lᵀ dL) L⁻¹, Φ the lower triangle with half of the diagonal; its symmetric part.
  gradient(_, cotangent, factor) {
    const n = factor.shape.at(-1) ?? 0;
    const inner = tril(matmul(transposed(factor), cotangent)).mul(eye(n).mul(-0.5).add(1));
    const upper = { upper: true, unitriangular: false };
    const left = solveTriangle(transposed(factor), inner, upper);
    const both = solveTriangle(transposed(factor), transposed(left), upper);
    return [both.add(transposed(both)).mul(0.5)];
  },
};

/**
 * The lower triangular L with positive diagonal and L Lᵀ = x for symmetric positive definite matrices x [..., n, n], float32; with `upper` its transpose. Only the lower triangle
 * of x is read; gradients are symmetric matrices. Matrices that are not positive definite give NaN in the whole triangle: what is recorded has no values yet that an error could
 * speak of.
 *
 * Throws {@link ShapeError} for matrices that are not square.
 *
 * ```ts
 * await cholesky(tensor([[4, 2], [2, 5]])).toArray(); // [[2, 0], [1, 2]]
 * ```
 */
export function cholesky(x: Tensor, options: CholeskyOptions = {}): Tensor {
  requireSquare('cholesky', 'x', x);
  checkOptions('cholesky', options, choleskyOptions);
  const { upper = false } = options;
  const factor = compose(choleskyDefinition, {}, [x.to('float32')]);
  return upper ? transposed(factor) : factor;
}
