/** Householder's factorisation into an orthogonal and a triangular matrix. */
import { checkOptions, oneOf, type OptionNames } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import type { Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { eye, iota, zeros } from './creation.ts';
import { tril, triu } from './diagonals.ts';
import { gatherNode } from './indexing.ts';
import { matmul } from './linalg.ts';
import {
  columnsOf,
  extentsOf,
  matrixFirst,
  matrixLast,
  pack,
  panelOf,
  requireMatrices,
  rowsOf,
  scaleOf,
  transposed,
  unpack,
} from './matrices.ts';
import { broadcastTo, concat, permute, reshape } from './movement.ts';
import { scan } from './scan.ts';
import { solveTriangle, substitute } from './triangular.ts';

/** The product of reflections I − u uᵀ, one for each column of u [..., m, b], from the first to the last: I − u s⁻¹ uᵀ. */
interface Reflections {
  readonly u: Tensor;
  /** The triangle above the diagonal of uᵀ u, with a diagonal of 1 (Puglisi 1992). */
  readonly s: Tensor;
}

/** Columns [m, b, batch], b ≤ m, reflected into a triangle; and the reflections' vectors, [b, m, batch], 0 where there was nothing to reflect. */
function reflectColumns(x: Tensor): { triangle: Tensor; vectors: Tensor } {
  const [m = 0, width = 0, batch = 1] = x.shape;
  const rows = iota([m, 1, 1], 0);
  const columns = iota([1, width, 1], 1);
  const [triangle, vectors] = scan(
    (now: Tensor, step: Tensor) => {
      const column = gatherNode(now, 1, broadcastTo(step, [m, 1, batch]));
      const head = gatherNode(column, 0, broadcastTo(step, [1, 1, batch]));
      const isBelow = step.less(rows);
      const isHead = rows.equal(step);
      const tail = where(isBelow, column, 0).square().sum(0, { keepDims: true });
      const isDone = tail.equal(0);
      const length = head.square().add(tail).sqrt();
      // Away from the head, so that nothing cancels.
      const image = where(isDone, head, where(head.less(0), length, length.neg()));
      const first = head.sub(image);
      const scale = where(isDone, 0, tail.add(first.square()).div(2).rsqrt());
      const vector = where(isHead, first, where(isBelow, column, 0)).mul(scale);
      const reflected = now.sub(vector.mul(vector.mul(now).sum(0, { keepDims: true })));
      const done = where(isHead, image, where(isBelow, 0, column));
      const next = where(columns.equal(step), done, where(step.less(columns), reflected, now));
      return [next, reshape(vector, [m, batch])];
    },
    x,
    iota([width], 0),
  );
  return { triangle, vectors };
}

const unitUpper = { upper: true, unitriangular: true };

/** The reflections, from the last to the first, of x. */
function reflect({ u, s }: Reflections, x: Tensor): Tensor {
  return x.sub(matmul(u, substitute(s, matmul(transposed(u), x), unitUpper)));
}

/** The reflections, from the first to the last, of x. */
function reflectBack({ u, s }: Reflections, x: Tensor): Tensor {
  return x.sub(matmul(u, substitute(transposed(s), matmul(transposed(u), x), { upper: false, unitriangular: true })));
}

/** The triangular factor [..., m, n], and the reflections by blocks of columns, each of the rows from its block on. */
function triangularize(
  x: Tensor,
  panel = panelOf(x.shape.at(-1) ?? 0),
): { r: Tensor; reflections: readonly Reflections[] } {
  const [m, n] = extentsOf(x);
  const batch = x.shape.slice(0, -2);
  const width = Math.min(panel, m, n);
  const { triangle, vectors } = reflectColumns(matrixFirst(columnsOf(x, 0, width)));
  const u = matrixLast(permute(vectors, [1, 0, 2]), batch);
  const own = { u, s: triu(matmul(transposed(u), u), 1).add(eye(width)) };
  const block = matrixLast(triangle, batch);
  if (width === n) return { r: block, reflections: [own] };
  const others = reflectBack(own, columnsOf(x, width, n));
  if (width === m) return { r: concat([block, others], -1), reflections: [own] };
  const { r, reflections } = triangularize(rowsOf(others, width, m), panel);
  return {
    r: concat([block, concat([rowsOf(others, 0, width), r], -2)], -1),
    reflections: [own, ...reflections],
  };
}

/** The first columns of the orthogonal factor, from the last block to the first. */
function orthogonal(reflections: readonly Reflections[], m: number, columns: number, batch: readonly number[]): Tensor {
  const [own, ...rest] = reflections;
  if (own === undefined) return broadcastTo(eye(m, columns), [...batch, m, columns]);
  const width = own.u.shape.at(-1) ?? 0;
  if (rest.length === 0) return reflect(own, broadcastTo(eye(m, columns), [...batch, m, columns]));
  const top = broadcastTo(eye(width, columns), [...batch, width, columns]);
  const inner = orthogonal(rest, m - width, columns - width, batch);
  const bottom = concat([zeros([...batch, m - width, width]), inner], -1);
  return reflect(own, concat([top, bottom], -2));
}

export interface QrOptions {
  /** 'reduced': q [..., m, k] and r [..., k, n] with k = min(m, n); 'complete': q [..., m, m] and r [..., m, n]. Default 'reduced'. */
  mode?: 'reduced' | 'complete';
}

const qrOptions: OptionNames<QrOptions> = { mode: oneOf('reduced', 'complete') };

/** {@link qr} without a gradient, of float32 matrices; q with `columns` columns, r with as many rows. */
export function factorizeQr(x: Tensor, columns: number): QrFactors {
  const [m, n] = extentsOf(x);
  const batch = x.shape.slice(0, -2);
  if (m === 0 || n === 0)
    return { q: broadcastTo(eye(m, columns), [...batch, m, columns]), r: zeros([...batch, columns, n]) };
  const scale = scaleOf(x);
  const { r, reflections } = triangularize(x.mul(scale));
  return { q: orthogonal(reflections, m, columns, batch), r: rowsOf(r, 0, columns).div(scale) };
}

export interface QrFactors {
  /** Orthonormal columns. */
  readonly q: Tensor;
  /** Upper triangular. */
  readonly r: Tensor;
}

const qrDefinition: CompositeDefinition<{ readonly columns: number }> = {
  name: 'qr',
  body({ columns }, x) {
    const { q, r } = factorizeQr(x, columns);
    return pack(x.ndim - 2, [q, r]);
  },
  // Walter, Lehmann and Lamour (2012) for m ≥ n; what is right of the first m columns of a wide matrix is q times a part of r.
  gradient({ columns }, cotangent, output, x) {
    const [m, n] = extentsOf(x);
    if (columns > n)
      throw new ArgumentError(
        `[qr] has no gradient in mode 'complete' for matrices with more rows than columns, ${x}.`,
        {
          hint: "The columns that complete q are any that are orthogonal to it. Use mode 'reduced'.",
        },
      );
    const shapes = [[m, columns], [columns, n]] as const; // prettier-ignore
    const [q, whole] = unpack(output, shapes);
    const [givenQ, given] = unpack(cotangent, shapes);
    const [r, ofR] = [columnsOf(whole, 0, columns), columnsOf(given, 0, columns)];
    const [rest, ofRest] = [columnsOf(x, columns, n), columnsOf(given, columns, n)];
    const ofQ = n > columns ? givenQ.add(matmul(rest, transposed(ofRest))) : givenQ;
    const inner = matmul(r, transposed(ofR)).sub(matmul(transposed(ofQ), q));
    const symmetric = tril(inner).add(transposed(tril(inner, -1)));
    const left = ofQ.add(matmul(q, symmetric));
    const ofX = transposed(solveTriangle(r, transposed(left), { upper: true, unitriangular: false }));
    return [n > columns ? concat([ofX, matmul(q, ofRest)], -1) : ofX];
  },
};

/**
 * Orthonormal q and upper triangular r with q·r = x for any matrices x [..., m, n], float32. By Householder's reflections; where signs are free they are those of PyTorch.
 * With k = min(m, n), q is [..., m, k] and r [..., k, n]; see the option `mode`. The gradient wants the first k columns of x to be independent.
 *
 * Throws {@link ShapeError} for fewer than two axes.
 *
 * ```ts
 * const { q, r } = qr(tensor([[3, 1], [4, 2]]));
 * await r.toArray(); // [[-5, -2.2], [0, 0.4]]
 * await q.matmul(r).round().toArray(); // [[3, 1], [4, 2]]
 * ```
 */
export function qr(x: Tensor, options: QrOptions = {}): QrFactors {
  requireMatrices('qr', 'x', x);
  checkOptions('qr', options, qrOptions);
  const { mode = 'reduced' } = options;
  const [m, n] = extentsOf(x);
  const columns = mode === 'complete' ? m : Math.min(m, n);
  const [q, r] = unpack(compose(qrDefinition, { columns }, [x.to('float32')]), [[m, columns], [columns, n]]); // prettier-ignore
  return { q, r };
}
