/** Singular values and vectors. */
import { checkOptions, requireBoolean, type OptionNames } from '../arguments/index.ts';
import { sizeOf } from '../graph/types.ts';
import type { Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { eye, iota, zeros } from './creation.ts';
import { diagonal } from './diagonals.ts';
import { orthogonalizeRows } from './jacobi.ts';
import { matmul } from './linalg.ts';
import { reorder } from './lu.ts';
import {
  columnsOf,
  extentsOf,
  matrixFirst,
  matrixLast,
  pack,
  quotient,
  requireMatrices,
  rowsOf,
  scaleOf,
  transposed,
  unpack,
} from './matrices.ts';
import { broadcastTo, concat, unsqueeze } from './movement.ts';
import { pad } from './padding.ts';
import { factorizeQr } from './qr.ts';
import { sort, sortedPositions } from './sorting.ts';

interface SingularParts {
  /** Orthonormal columns. */
  readonly u: Tensor;
  /** Singular values in descending order. */
  readonly s: Tensor;
  /** Orthonormal rows. */
  readonly vh: Tensor;
}

/** x with rows and columns of zeros behind. */
function padded(x: Tensor, rows: number, columns: number): Tensor {
  const [m, n] = extentsOf(x);
  if (rows === m && columns === n) return x;
  return pad(x, [...x.shape.slice(2).map((): [number, number] => [0, 0]), [0, rows - m], [0, columns - n]]);
}

/** The singular values of matrices, in descending order: {@link decomposeSingular} without vectors. */
export function singularValuesOf(x: Tensor): Tensor {
  const [m, n] = extentsOf(x);
  const batch = x.shape.slice(0, -2);
  if (m === 0 || n === 0) return zeros([...batch, 0]);
  const tall = m >= n ? x : transposed(x);
  const k = Math.min(m, n);
  const { r } = factorizeQr(tall, k);
  const scale = scaleOf(r);
  const turned = matrixLast(
    orthogonalizeRows(matrixFirst(padded(r.mul(scale), k + (k % 2), k)), { extent: k, patient: false }),
    batch,
  );
  // A row of zeros that made their number even is among the last.
  const lengths = sort(turned.square().sum(-1).sqrt(), -1, { descending: true }).values.narrow(-1, 0, k);
  return lengths.div(scale.squeeze(-1));
}

/** Of triangular matrices [..., n, n], of which rotations need fewer than of others. */
function decomposeTriangle(x: Tensor): SingularParts {
  const n = x.shape.at(-1) ?? 0;
  const batch = x.shape.slice(0, -2);
  const scale = scaleOf(x);
  // K x = S W with orthogonal K, and orthogonal rows of S W: K goes along as further columns.
  const both = concat([x.mul(scale), broadcastTo(eye(n), x.shape)], -1);
  const turned = matrixLast(
    orthogonalizeRows(matrixFirst(padded(both, n + (n % 2), 2 * n)), { extent: n, patient: false }),
    batch,
  );
  const lengths = columnsOf(turned, 0, n).square().sum(-1).sqrt();
  const order = sortedPositions(lengths, batch.length, true);
  // A row of zeros that made their number even is among the shortest, but may come before rows of x that vanished: it is the one in which K is 0.
  const isOwn = columnsOf(turned, n, 2 * n)
    .abs()
    .max(-1)
    .greater(0);
  const places = n % 2 === 0 ? order : sortedPositions(where(isOwn, lengths, -1), batch.length, true).narrow(-1, 0, n);
  const sorted = reorder(turned, places);
  const s = reorder(unsqueeze(lengths, -1), places);
  const rows = columnsOf(sorted, 0, n).div(where(s.equal(0), 1, s));
  // Where singular values vanish their rows are 0, too; what completes the others is what a factorisation completes them by.
  const { q, r } = factorizeQr(transposed(rows), n);
  const signs = unsqueeze(where(diagonal(r, 0, -2, -1).less(0), -1, 1), -1);
  return { u: transposed(columnsOf(sorted, n, 2 * n)), s: s.div(scale), vh: transposed(q).mul(signs) };
}

/** Of matrices with at least as many rows as columns: u with `columns` columns. */
function decomposeTall(x: Tensor, columns: number): SingularParts {
  const n = x.shape.at(-1) ?? 0;
  const { q, r } = factorizeQr(x, columns);
  const { u, s, vh } = decomposeTriangle(rowsOf(r, 0, n));
  const turned = matmul(columnsOf(q, 0, n), u);
  return { u: columns === n ? turned : concat([turned, columnsOf(q, n, columns)], -1), s, vh };
}

/** {@link svd} without a gradient, of float32 matrices; s is [..., k, 1]. */
export function decomposeSingular(x: Tensor, full: boolean): SingularParts {
  const [m, n] = extentsOf(x);
  const batch = x.shape.slice(0, -2);
  if (m === 0 || n === 0) {
    const unit = (size: number): Tensor => broadcastTo(eye(size), [...batch, size, size]);
    const empty = (rows: number, columns: number): Tensor => zeros([...batch, rows, columns]);
    return { u: full ? unit(m) : empty(m, 0), s: empty(0, 1), vh: full ? unit(n) : empty(0, n) };
  }
  if (m >= n) return decomposeTall(x, full ? m : n);
  const { u, s, vh } = decomposeTall(transposed(x), full ? n : m);
  return { u: transposed(vh), s, vh: transposed(u) };
}

/** The shapes of u, s and vh. */
function shapesOf(x: Tensor, full: boolean): readonly [readonly number[], readonly number[], readonly number[]] {
  const [m, n] = extentsOf(x);
  const k = Math.min(m, n);
  return [[m, full ? m : k], [k], [full ? n : k, n]]; // prettier-ignore
}

/**
 * (vᵀ dv − dvᵀ v) ∘ F with Fᵢⱼ = 1 / (sⱼ² − sᵢ²), the singular values of columns past the last being 0; nothing among those.
 */
function turnsOf(v: Tensor, ofV: Tensor, s: Tensor): Tensor {
  const columns = v.shape.at(-1) ?? 0;
  const k = s.shape.at(-1) ?? 0;
  const inner = matmul(transposed(v), ofV);
  const values = columns === k ? s : concat([s, zeros([...s.shape.slice(0, -1), columns - k])], -1);
  const [right, left] = [unsqueeze(values, -2), unsqueeze(values, -1)];
  const isOutside = (axis: -1 | -2): Tensor =>
    axis === -1 ? iota([1, columns], 1).greaterEqual(k) : iota([columns, 1], 0).greaterEqual(k);
  const isFree = eye(columns)
    .equal(1)
    .or(isOutside(-1).and(isOutside(-2)));
  const differences = right.sub(left).mul(right.add(left));
  return quotient(where(isFree, 0, inner.sub(transposed(inner))), where(isFree, 1, differences));
}

const svdDefinition: CompositeDefinition<{ readonly full: boolean }> = {
  name: 'svd',
  body({ full }, x) {
    const { u, s, vh } = decomposeSingular(x, full);
    return pack(x.ndim - 2, [u, s, vh]);
  },
  // Townsend (2016), Differentiating the singular value decomposition.
  gradient({ full }, cotangent, output, x) {
    const [m, n] = extentsOf(x);
    const k = Math.min(m, n);
    if (sizeOf(x.shape) === 0) return [x.mul(0)];
    const shapes = shapesOf(x, full);
    const [u, s, vh] = unpack(output, shapes);
    const [ofU, ofS, ofVh] = unpack(cotangent, shapes);
    const [v, ofV] = [transposed(vh), transposed(ofVh)];
    const [rows, columns] = [u.shape.at(-1) ?? 0, v.shape.at(-1) ?? 0];
    const ofLeft = columnsOf(turnsOf(u, ofU, s), 0, k).mul(unsqueeze(s, -2));
    const ofRight = rowsOf(turnsOf(v, ofV, s), 0, k).mul(unsqueeze(s, -1));
    const ofValues = eye(k).mul(unsqueeze(ofS, -2));
    const inner = padded(ofLeft, rows, columns)
      .add(padded(ofRight, rows, columns))
      .add(padded(ofValues, rows, columns));
    let ofX = matmul(matmul(u, inner), vh);
    // What leaves the space of u, or of v.
    if (rows < m) {
      const outside = ofU.sub(matmul(u, matmul(transposed(u), ofU)));
      ofX = ofX.add(matmul(quotient(outside, unsqueeze(s, -2)), vh));
    }
    if (columns < n) {
      const outside = ofVh.sub(matmul(matmul(ofVh, v), vh));
      ofX = ofX.add(matmul(u, quotient(outside, unsqueeze(s, -1))));
    }
    return [ofX];
  },
};

export interface SvdOptions {
  /** Give all columns of u, [..., m, m], and all rows of vh, [..., n, n], also those without a singular value; else as many as there are singular values. Default true. */
  fullMatrices?: boolean;
}

const svdOptions: OptionNames<SvdOptions> = { fullMatrices: requireBoolean };

export interface SingularValueDecomposition {
  /** Orthonormal columns, [..., m, m] or [..., m, k]. */
  readonly u: Tensor;
  /** Singular values in descending order, [..., k]. */
  readonly s: Tensor;
  /** Orthonormal rows, [..., n, n] or [..., k, n]. */
  readonly vh: Tensor;
}

/**
 * The singular value decomposition u · diag(s) · vh = x of any matrices x [..., m, n], with k = min(m, n) singular values ≥ 0 in descending order, float32; by Jacobi's rotations, which
 * are exact for small singular values, too. The signs of singular vectors are arbitrary, so that only functions that do not depend on them have meaning, and a gradient; where singular values are
 * equal the gradient through the vectors is infinite or NaN, as in PyTorch.
 *
 * Throws {@link ShapeError} for fewer than two axes.
 *
 * ```ts
 * const { u, s, vh } = svd(tensor([[0, 2], [3, 0], [0, 0]]), { fullMatrices: false });
 * await s.toArray(); // [3, 2]
 * await u.mul(s).matmul(vh).toArray(); // [[0, 2], [3, 0], [0, 0]]
 * ```
 */
export function svd(x: Tensor, options: SvdOptions = {}): SingularValueDecomposition {
  requireMatrices('svd', 'x', x);
  checkOptions('svd', options, svdOptions);
  const { fullMatrices: full = true } = options;
  const [u, s, vh] = unpack(compose(svdDefinition, { full }, [x.to('float32')]), shapesOf(x, full));
  return { u, s, vh };
}
