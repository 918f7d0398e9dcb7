/** Matrices of any rank: the pseudoinverse, and the rank itself. */
import { checkOptions, requireNumber, wrongArgument, type OptionNames } from '../arguments/index.ts';
import { knownAs } from '../graph/node.ts';
import type { Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { matmul } from './linalg.ts';
import { extentsOf, requireMatrices, transposed } from './matrices.ts';
import { decomposeSingular } from './svd.ts';

export interface RankOptions {
  /** Singular values up to this part of the largest count as 0. Default: 2⁻²³ times the larger extent. */
  rtol?: number | undefined;
}

const rankOptions: OptionNames<RankOptions> = { rtol: requireNumber };

function toleranceOf(op: string, x: Tensor, options: RankOptions): number {
  requireMatrices(op, 'x', x);
  checkOptions(op, options, rankOptions);
  const { rtol = Math.max(...extentsOf(x)) * 2 ** -23 } = options;
  if (!(rtol >= 0)) throw wrongArgument(op, 'rtol', 'a number ≥ 0', rtol);
  return rtol;
}

/** Whether singular values [..., k, 1] count. */
function counts(s: Tensor, rtol: number): Tensor {
  return s.greater(s.narrow(-2, 0, 1).mul(rtol));
}

const pinvDefinition: CompositeDefinition<{ readonly rtol: number }> = {
  name: 'pinv',
  body({ rtol }, x) {
    if (x.size === 0) return transposed(x);
    const { u, s, vh } = decomposeSingular(x, false);
    const inverses = where(counts(s, rtol), s.reciprocal(), 0);
    return matmul(transposed(vh), transposed(u).mul(inverses));
  },
  // Golub and Pereyra (1973), of constant rank.
  gradient(_, cotangent, p, x) {
    const turned = transposed(p);
    const ofP = transposed(cotangent);
    const inner = matmul(matmul(turned, cotangent), turned);
    const left = matmul(matmul(ofP, p), turned);
    const right = matmul(turned, matmul(p, ofP));
    return [
      left
        .sub(matmul(x, matmul(p, left)))
        .add(right.sub(matmul(matmul(right, p), x)))
        .sub(inner),
    ];
  },
};

/**
 * The pseudoinverse (Moore and Penrose) of any matrices, [..., m, n] → [..., n, m], float32: the inverse where there is one, and by singular values where not, those up to `rtol` of
 * the largest counting as 0. The gradient is that of matrices of the same rank. To solve systems of full rank, {@link solve} and {@link lstsq} are faster.
 *
 * Throws {@link ShapeError} for fewer than two axes, {@link ArgumentError} for a tolerance below 0.
 *
 * ```ts
 * await pinv(tensor([[2, 0], [0, 0], [0, 4]])).toArray(); // [[0.5, 0, 0], [0, 0, 0.25]]
 * ```
 */
export function pinv(x: Tensor, options: RankOptions = {}): Tensor {
  const rtol = toleranceOf('pinv', x, options);
  return compose(pinvDefinition, { rtol }, [x.to('float32')]);
}

/**
 * The number of singular values above `rtol` times the largest, [..., m, n] → [...], int32.
 *
 * Throws {@link ShapeError} for fewer than two axes, {@link ArgumentError} for a tolerance below 0.
 *
 * ```ts
 * await matrixRank(tensor([[1, 2], [2, 4]])).item(); // 1
 * ```
 */
export function matrixRank(x: Tensor, options: RankOptions = {}): Tensor {
  const rtol = toleranceOf('matrixRank', x, options);
  const matrices = knownAs('matrixRank', () => x.to('float32').detach());
  if (x.shape.at(-1) === 0 || x.shape.at(-2) === 0) return matrices.to('int32').sum([-2, -1]);
  const { s } = decomposeSingular(matrices, false);
  return counts(s, rtol).to('int32').sum([-2, -1]);
}
