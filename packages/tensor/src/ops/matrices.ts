/** What functions of matrices, the last two axes, share: checks, and the order of axes in which loops run over them. */
import { ShapeError } from '../graph/errors.ts';
import { sizeOf } from '../graph/types.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { exp2, log2 } from './elementary.ts';
import { broadcastTo, concat, permute, reshape, transpose } from './movement.ts';
import { broadcastShapes } from './operands.ts';

/** Throws {@link ShapeError} for fewer than two axes. */
export function requireMatrices(op: string, name: string, x: Tensor): void {
  requireTensor(op, name, x);
  if (x.ndim < 2) throw new ShapeError(`[${op}] ${name} must be matrices, [..., m, n], not ${x}.`);
}

/** Throws {@link ShapeError} for matrices that are not square. */
export function requireSquare(op: string, name: string, x: Tensor): void {
  requireTensor(op, name, x);
  const [rows, columns] = x.shape.slice(-2);
  if (x.ndim < 2 || rows !== columns)
    throw new ShapeError(`[${op}] ${name} must be square matrices, [..., n, n], not ${x}.`);
}

/** Rows and columns of the last two axes. */
export function extentsOf(x: Tensor): readonly [rows: number, columns: number] {
  return [x.shape.at(-2) ?? 1, x.shape.at(-1) ?? 1];
}

export const transposed = (x: Tensor): Tensor => transpose(x, -2, -1);

/** Rows from `start` on; `stop` − `start` of them. */
export function rowsOf(x: Tensor, start: number, stop: number): Tensor {
  return x.narrow(-2, start, stop - start);
}

export function columnsOf(x: Tensor, start: number, stop: number): Tensor {
  return x.narrow(-1, start, stop - start);
}

/**
 * [..., m, n] as [m, n, batch]: what a loop over columns does with each matrix it then does with vectors of matrices, and a single matrix is
 * [m, n, 1], in which vectors run along the columns.
 */
export function matrixFirst(x: Tensor): Tensor {
  const [rows, columns] = extentsOf(x);
  return permute(reshape(x, [sizeOf(x.shape.slice(0, -2)), rows, columns]), [1, 2, 0]);
}

/** The inverse of {@link matrixFirst}: [m, n, batch] with the leading axes that there were. */
export function matrixLast(x: Tensor, batch: readonly number[]): Tensor {
  const [rows = 1, columns = 1] = x.shape;
  return reshape(permute(x, [2, 0, 1]), [...batch, rows, columns]);
}

/** Matrices with leading axes that broadcast, brought to the same. Throws {@link ShapeError} where they do not. */
export function sameBatch(op: string, a: Tensor, b: Tensor): [Tensor, Tensor] {
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (batch === undefined) throw new ShapeError(`[${op}] the batch axes of ${a} and ${b} do not broadcast.`);
  const spread = (x: Tensor): Tensor => broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  return [spread(a), spread(b)];
}

/** Columns that a factorisation takes one by one before the others follow by products: of large matrices more, since each block is a loop to be compiled. */
export function panelOf(n: number): number {
  return n < 512 ? 32 : 64;
}

/** Parts of one batch, flat and side by side: a composite has one result, and factorisations have several. */
export function pack(batchAxes: number, parts: readonly Tensor[]): Tensor {
  const flat = parts.map((part) => {
    const shape = part.shape.slice(batchAxes);
    return reshape(part, [...part.shape.slice(0, batchAxes), sizeOf(shape)]);
  });
  return concat(flat, -1);
}

/** The parts of what {@link pack} made, by their shapes in one element of the batch. */
export function unpack<const S extends readonly (readonly number[])[]>(
  packed: Tensor,
  shapes: S,
): { [K in keyof S]: Tensor } {
  const batch = packed.shape.slice(0, -1);
  let start = 0;
  const parts = shapes.map((shape) => {
    const size = sizeOf(shape);
    start += size;
    return reshape(packed.narrow(-1, start - size, size), [...batch, ...shape]);
  });
  return parts as { [K in keyof S]: Tensor };
}

/** The power of two, [..., 1, 1], that brings the largest element of each matrix to about 1, so that no square of what follows leaves the range of float32. */
export function scaleOf(x: Tensor): Tensor {
  const largest = x.abs().max([-2, -1], { keepDims: true });
  const isPlain = largest.greater(0).and(largest.less(Infinity));
  return exp2(
    log2(where(isPlain, largest, 1))
      .floor()
      .neg(),
  );
}

/** a / b, and 0 for 0 / 0: what nobody asked for is not divided by a difference that vanishes. */
export function quotient(a: Tensor, b: Tensor): Tensor {
  return a.div(where(a.equal(0).and(b.equal(0)), 1, b));
}
