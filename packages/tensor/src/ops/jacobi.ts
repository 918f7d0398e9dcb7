/** Jacobi's rotations, from one side: rows of matrices are turned in pairs until all are orthogonal to one another (Hestenes 1958). */
import type { Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { whileLoop } from './control-flow.ts';
import { full, tensor, zeros } from './creation.ts';
import { alongAxis, gatherNode } from './indexing.ts';
import { concat } from './movement.ts';
import { maximum } from './arithmetic.ts';
import { scan } from './scan.ts';

/**
 * Where what stands at each place stood before. Row i of the first half meets row i of the second; all but the first move on around a ring, so that after n − 1 steps each has met each.
 */
function movesOf(n: number): Int32Array {
  const half = n / 2;
  const ring = [
    ...Array.from({ length: half - 1 }, (_, i) => i + 1),
    ...Array.from({ length: half }, (_, i) => n - 1 - i),
  ];
  const before = new Int32Array(n);
  ring.forEach((place, i) => (before[place] = ring.at(i - 1) ?? 0));
  return before;
}

/**
 * Times that each pair meets at most. Convergence is quadratic at the end, and how many times come before it grows with the logarithm of the size. Measured, of random, graded and clustered singular values: all digits
 * after two or three times fewer than these. Where a device can end a loop early it does.
 */
const mostSweeps = (n: number): number => Math.ceil(Math.log2(n)) + 5;

/** The cosine of the angle between rows at which they are orthogonal, as far as float32 knows: what rounding leaves in a sum of n products. */
const straight = (n: number): number => Math.sqrt(n) * 2 ** -22;

/** What is left of the worst angle after each pair has met once, if none comes near it. */
const forgotten = 1e-3;

export interface RowsOptions {
  /** Columns of which rows become orthogonal; those behind are turned with them. */
  readonly extent: number;
  /**
   * Leave pairs alone that are far nearer to orthogonal than the worst of late. Rows of equal lengths turn by large angles whatever little is left between them, and so stir up what the others have
   * settled: where half of the lengths are the same it took twice as many turns. Where lengths differ by orders of magnitude it only delays.
   */
  readonly patient: boolean;
}

/** Orthogonal turns of the rows of x [n, width, batch], n even, after which they are orthogonal. Rows that are 0 stay so. */
export function orthogonalizeRows(x: Tensor, { extent, patient }: RowsOptions): Tensor {
  if (x.size === 0) return x;
  const [n = 0, , batch = 1] = x.shape;
  const half = n / 2;
  const moves = movesOf(n);
  const ownPlaces = tensor(moves);
  const otherPlaces = tensor(moves.map((place) => (place + half) % n));
  const at = (y: Tensor, places: Tensor): Tensor => gatherNode(y, 0, alongAxis(places, 0, y.shape));
  const sum = (y: Tensor): Tensor => y.sum(1, { keepDims: true });

  /** Half of the rows meet the other half: the rows afterwards, each at its next place, and the largest cosine of an angle before, per matrix. */
  const turn = (rows: Tensor, worst: Tensor): { rows: Tensor; largest: Tensor; worst: Tensor } => {
    const measured = rows.narrow(1, 0, extent);
    const [first, second] = [measured.narrow(0, 0, half), measured.narrow(0, half, half)];
    const [alpha, beta, gamma] = [sum(first.square()), sum(second.square()), sum(first.mul(second))];
    const isOrthogonal = gamma.equal(0);
    const slant = where(isOrthogonal, 0, gamma.abs().div(alpha.sqrt().mul(beta.sqrt())));
    const largest = slant.max(0, { keepDims: true });
    const nextWorst = maximum(largest, worst.mul(forgotten ** (1 / (n - 1))));
    const rests = patient ? isOrthogonal.or(slant.less(nextWorst.mul(nextWorst.sqrt()))) : isOrthogonal;
    // tan of the angle of at most 45° that makes both orthogonal; the quotient may be infinite.
    const cotangent = beta.sub(alpha).div(gamma.mul(2));
    const size = cotangent.abs().add(cotangent.square().add(1).sqrt()).reciprocal();
    const tangent = where(rests, 0, where(cotangent.less(0), size.neg(), size));
    const cosine = tangent.square().add(1).rsqrt();
    const sine = cosine.mul(tangent);
    // 1 − cos in all of its digits: cosines round to 1 where angles are small, and rows would grow a little with every turn (Rutishauser 1966).
    const versine = sine.square().div(cosine.add(1));
    const ofOther = at(concat([sine.neg(), sine], 0), ownPlaces);
    const lost = at(concat([versine, versine], 0), ownPlaces);
    const own = at(rows, ownPlaces);
    return { rows: own.add(ofOther.mul(at(rows, otherPlaces)).sub(lost.mul(own))), largest, worst: nextWorst };
  };

  interface State {
    readonly rows: Tensor;
    /** The largest cosine of the last sweep, [1, 1, batch]. */
    readonly largest: Tensor;
    /** {@link RowsOptions.patient} */
    readonly worst: Tensor;
  }
  const sweep = (before: State): State => {
    const [after] = scan(
      ({ rows, largest, worst }: State) => {
        // Two turns, of which the second writes to where the first has read.
        const first = turn(rows, worst);
        const second = turn(first.rows, first.worst);
        return [{ ...second, largest: maximum(largest, maximum(first.largest, second.largest)) }, undefined];
      },
      { ...before, largest: zeros([1, 1, batch]) },
      undefined,
      { length: half },
    );
    return after;
  };
  const begin = { rows: x, largest: full([1, 1, batch], Infinity), worst: zeros([1, 1, batch]) };
  const isCrooked = ({ largest }: State): Tensor => largest.max().greater(straight(n));
  const [{ rows }] = whileLoop(isCrooked, sweep, begin, { maxSteps: mostSweeps(n) });
  return rows;
}
