/** Systems of linear equations with triangular matrices. */
import { checkOptions, requireBoolean, type OptionNames } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { iota } from './creation.ts';
import { tril, triu } from './diagonals.ts';
import { where } from './comparison.ts';
import { gatherNode } from './indexing.ts';
import { matmul } from './linalg.ts';
import {
  columnsOf,
  extentsOf,
  matrixFirst,
  matrixLast,
  requireMatrices,
  requireSquare,
  rowsOf,
  sameBatch,
  transposed,
} from './matrices.ts';
import { broadcastTo, concat } from './movement.ts';
import { scan } from './scan.ts';

export interface TriangularSolveOptions {
  /** Whether `a` is an upper triangular matrix; its other triangle is not read. Default false. */
  upper?: boolean;
  /** Solve a·x = b, else x·a = b. Default true. */
  left?: boolean;
  /** Take the diagonal of `a` for 1, without reading it. Default false. */
  unitriangular?: boolean;
}

const triangularSolveOptions: OptionNames<TriangularSolveOptions> = {
  upper: requireBoolean,
  left: requireBoolean,
  unitriangular: requireBoolean,
};

/** Matrices up to this size are solved row by row; larger ones are divided, so that most of the work is products. */
const blockSize = 64;

/** About the middle, at the end of a block. */
const middleOf = (n: number): number => blockSize * Math.ceil(n / blockSize / 2);

export interface Triangle {
  readonly upper: boolean;
  readonly unitriangular: boolean;
}

/** Row by row: what is solved leaves the rows that wait. a [n, n, batch], b [n, k, batch]. */
function substituteRows(a: Tensor, b: Tensor, { upper, unitriangular }: Triangle): Tensor {
  const [n = 0, , batch = 1] = b.shape;
  const row = iota([n, 1, 1], 0);
  const [solved] = scan(
    (x: Tensor, step: Tensor) => {
      const column = gatherNode(a, 1, broadcastTo(step, [n, 1, batch]));
      const own = gatherNode(x, 0, broadcastTo(step, [1, b.shape[1] ?? 0, batch]));
      const value = unitriangular ? own : own.div(gatherNode(column, 0, broadcastTo(step, [1, 1, batch])));
      const waits = upper ? row.less(step) : step.less(row);
      return [where(row.equal(step), value, where(waits, x.sub(column.mul(value)), x)), undefined];
    },
    b,
    iota([n], 0),
    { reverse: upper },
  );
  return solved;
}

/** a⁻¹ b for triangular a [..., n, n] and b [..., n, k] with the same leading axes. */
export function substitute(a: Tensor, b: Tensor, triangle: Triangle): Tensor {
  const [n] = extentsOf(b);
  if (n <= blockSize)
    return matrixLast(substituteRows(matrixFirst(a), matrixFirst(b), triangle), [...b.shape.slice(0, -2)]);
  const middle = middleOf(n);
  const part = (first: boolean): Tensor => {
    const [start, stop] = first ? [0, middle] : [middle, n];
    return columnsOf(rowsOf(a, start, stop), start, stop);
  };
  const [high, low] = [rowsOf(b, 0, middle), rowsOf(b, middle, n)];
  if (triangle.upper) {
    const below = substitute(part(false), low, triangle);
    const beside = columnsOf(rowsOf(a, 0, middle), middle, n);
    return concat([substitute(part(true), high.sub(matmul(beside, below)), triangle), below], -2);
  }
  const above = substitute(part(true), high, triangle);
  const beside = columnsOf(rowsOf(a, middle, n), 0, middle);
  return concat([above, substitute(part(false), low.sub(matmul(beside, above)), triangle)], -2);
}

const triangularSolveDefinition: CompositeDefinition<Triangle & Readonly<Record<string, boolean>>> = {
  name: 'triangularSolve',
  body: (triangle, a, b) => substitute(a, b, triangle),
  gradient({ upper, unitriangular }, cotangent, x, a) {
    const ofB = solveTriangle(transposed(a), cotangent, { upper: !upper, unitriangular });
    const ofA = matmul(ofB, transposed(x)).neg();
    const offset = unitriangular ? 1 : 0;
    return [upper ? triu(ofA, offset) : tril(ofA, -offset), ofB];
  },
};

/** {@link substitute} with a gradient. */
export function solveTriangle(a: Tensor, b: Tensor, { upper, unitriangular }: Triangle): Tensor {
  return compose(triangularSolveDefinition, { upper, unitriangular }, [a, b]);
}

/**
 * The solution x of a·x = b for triangular matrices a, float32: [..., n, n], [..., n, k] → [..., n, k]; of x·a = b with `left: false`, [..., k, n]. Only one triangle of `a`
 * is read, by default the lower one. Leading axes broadcast. A 0 on the diagonal gives ±∞ and NaN.
 *
 * Throws {@link ShapeError} for matrices `a` that are not square, and where extents do not fit.
 *
 * ```ts
 * const a = tensor([[2, 0], [1, 4]]);
 * await triangularSolve(a, tensor([[2], [9]])).toArray(); // [[1], [2]]
 * await triangularSolve(a, tensor([[2], [8]]), { upper: true }).toArray(); // [[1], [2]]
 * ```
 */
export function triangularSolve(a: Tensor, b: Tensor, options: TriangularSolveOptions = {}): Tensor {
  const op = 'triangularSolve';
  requireSquare(op, 'a', a);
  requireMatrices(op, 'b', b);
  checkOptions(op, options, triangularSolveOptions);
  const { upper = false, left = true, unitriangular = false } = options;
  const n = a.shape.at(-1);
  if (b.shape.at(left ? -2 : -1) !== n) {
    throw new ShapeError(`[${op}] takes b with ${n} ${left ? 'rows' : 'columns'} for ${a}, not ${b}.`, {
      hint: 'A vector is a matrix of one column: unsqueeze(b, -1).',
    });
  }
  const [matrices, sides] = sameBatch(op, a.to('float32'), b.to('float32'));
  if (left) return solveTriangle(matrices, sides, { upper, unitriangular });
  return transposed(solveTriangle(transposed(matrices), transposed(sides), { upper: !upper, unitriangular }));
}
