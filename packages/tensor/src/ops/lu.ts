/** Gauss's elimination with partial pivoting, on which solutions, inverses and determinants stand. */
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { iota } from './creation.ts';
import { diagonal } from './diagonals.ts';
import { where } from './comparison.ts';
import { gatherNode } from './indexing.ts';
import { matmul } from './linalg.ts';
import { columnsOf, extentsOf, matrixFirst, matrixLast, panelOf, rowsOf, transposed } from './matrices.ts';
import { broadcastTo, concat, reshape, unsqueeze } from './movement.ts';
import { scan } from './scan.ts';
import { sortedPositions } from './sorting.ts';
import { substitute } from './triangular.ts';

export interface Factors {
  /** U, and below its diagonal L, whose own diagonal is 1; [..., m, n]. */
  readonly lu: Tensor;
  /** Which row of the matrix each row of L U is, int32 [..., m]. */
  readonly order: Tensor;
}

/**
 * Columns [m, b, batch], b ≤ m. Rows stay where they are, and remember at which step they were the pivot's: swapping would move every row of every matrix at every
 * step. Where nothing is left of a column, as in singular matrices, its factors are 0.
 */
function eliminateColumns(x: Tensor): { rest: Tensor; rank: Tensor } {
  const [m = 0, width = 0, batch = 1] = x.shape;
  const columns = iota([1, width, 1], 1);
  const rows = iota([m, 1, batch], 0);
  const [[rest, rank]] = scan(
    ([now, ranks]: readonly [Tensor, Tensor], step: Tensor) => {
      const column = gatherNode(now, 1, broadcastTo(step, [m, 1, batch]));
      const waits = ranks.greaterEqual(width);
      const chosen = where(waits, column.abs(), -1).argmax(0, { keepDims: true });
      const pivotRow = gatherNode(now, 0, broadcastTo(chosen, [1, width, batch]));
      const pivot = gatherNode(column, 0, chosen);
      const isPivot = rows.equal(chosen);
      const remains = waits.and(isPivot.not());
      const factor = where(remains, column.div(where(pivot.equal(0), 1, pivot)), column);
      const reduced = where(remains.and(step.less(columns)), now.sub(factor.mul(pivotRow)), now);
      return [[where(columns.equal(step), factor, reduced), where(isPivot, step, ranks)], undefined];
    },
    [x, rows.add(width)] as readonly [Tensor, Tensor],
    iota([width], 0),
  );
  return { rest, rank };
}

/** Rows in another order; `order` [..., m] of x [..., m, n]. */
export function reorder(x: Tensor, order: Tensor): Tensor {
  return gatherNode(x, x.ndim - 2, broadcastTo(unsqueeze(order, -1), [...order.shape, x.shape.at(-1) ?? 0]));
}

/** The factors of matrices [..., m, n], m ≥ n; no gradient flows through them. */
export function factorize(x: Tensor, panel: number = panelOf(x.shape.at(-1) ?? 0)): Factors {
  const [m, n] = extentsOf(x);
  const batch = x.shape.slice(0, -2);
  if (n === 0) return { lu: x, order: iota([...batch, m], batch.length) };
  const width = Math.min(n, panel);
  const { rest, rank } = eliminateColumns(matrixFirst(columnsOf(x, 0, width)));
  const order = sortedPositions(reshape(matrixLast(rank, batch), [...batch, m]), batch.length, false);
  const block = reorder(matrixLast(rest, batch), order);
  if (width === n) return { lu: block, order };
  const others = reorder(columnsOf(x, width, n), order);
  const corner = rowsOf(block, 0, width);
  const right = substitute(corner, rowsOf(others, 0, width), { upper: false, unitriangular: true });
  const left = rowsOf(block, width, m);
  const below = factorize(rowsOf(others, width, m).sub(matmul(left, right)), panel);
  const orderBelow = gatherNode(order.narrow(-1, width, m - width), order.ndim - 1, below.order);
  const lower = concat([reorder(left, below.order), below.lu], -1);
  return {
    lu: concat([concat([corner, right], -1), lower], -2),
    order: concat([order.narrow(-1, 0, width), orderBelow], -1),
  };
}

/** Whether rows are in an odd order: how often a later row comes before an earlier one, modulo 2; bool [...]. */
export function isOdd(order: Tensor): Tensor {
  const n = order.shape.at(-1) ?? 0;
  const isBefore = iota([n, 1], 0).less(iota([1, n], 1));
  const isSwapped = unsqueeze(order, -2).less(unsqueeze(order, -1));
  const swaps = isBefore.and(isSwapped).to('int32').sum([-2, -1]);
  return swaps.sub(swaps.div(2).floor().mul(2)).equal(1);
}

/** Whether matrices have no inverse: a 0 on the diagonal of U; bool [...]. */
export function isSingular(lu: Tensor): Tensor {
  return diagonal(lu, 0, -2, -1).abs().min(-1).equal(0);
}

interface Side {
  readonly [name: string]: boolean;
  /** Solve for the transposed matrix. */
  readonly turned: boolean;
}

const luSolveDefinition: CompositeDefinition<Side> = {
  name: 'solve',
  // a only carries the derivative; the value is made of its factors.
  body({ turned }, _a, b, lu, order) {
    const [n] = extentsOf(lu);
    if (n === 0) return b;
    const lower = { upper: false, unitriangular: true };
    const upper = { upper: true, unitriangular: false };
    const solution = turned
      ? reorder(
          substitute(transposed(lu), substitute(transposed(lu), b, { upper: false, unitriangular: false }), {
            upper: true,
            unitriangular: true,
          }),
          sortedPositions(order, order.ndim - 1, false),
        )
      : substitute(lu, substitute(lu, reorder(b, order), lower), upper);
    return where(unsqueeze(unsqueeze(isSingular(lu), -1), -1), Number.NaN, solution);
  },
  gradient({ turned }, cotangent, x, a, _b, lu, order) {
    const ofB = luSolve(a, cotangent, { lu, order }, !turned);
    const [left, right] = turned ? [x, ofB] : [ofB, x];
    return [matmul(left, transposed(right)).neg(), ofB, undefined, undefined];
  },
};

/** a⁻¹ b, or a⁻ᵀ b where `turned`, by the factors of a; a [..., n, n], b [..., n, k] of the same leading axes. NaN for singular matrices. */
export function luSolve(a: Tensor, b: Tensor, { lu, order }: Factors, turned = false): Tensor {
  return compose(luSolveDefinition, { turned }, [a, b, lu, order]);
}
