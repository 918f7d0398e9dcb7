/** Norms of matrices. */
import { checkOptions, describe, requireBoolean, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { narrow, normalizeAxis, permute, reshape, squeeze } from './movement.ts';
import { norm } from './norms.ts';
import { inFloat32 } from './operands.ts';
import { max, min } from './reduce.ts';
import { singularValues } from './spectra.ts';

/**
 * 'fro': √ Σ x²; 'nuc': the sum of singular values; 2 and −2: the largest and the smallest of them; 1 and −1: the largest and the smallest Σ |x| of a column; ±Infinity: of a row.
 */
export type MatrixNormOrder = 'fro' | 'nuc' | number;

export interface MatrixNormOptions {
  /** The axes of rows and columns. Default [−2, −1]. */
  axes?: readonly number[];
  /** Whether both axes stay, with extent 1. Default false. */
  keepDims?: boolean;
}

const matrixNormOptions: OptionNames<MatrixNormOptions> = { axes: true, keepDims: requireBoolean };
const orders: readonly unknown[] = ['fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity];

/**
 * A norm of matrices [..., m, n], PyTorch's `matrix_norm`; float16 of float16, else float32. The order is 'fro' (default, √ Σ x²), 'nuc' (the sum of singular values), 2 or −2 (the largest or smallest of
 * them), 1 or −1 (the largest or smallest Σ |x| of a column), Infinity or −Infinity (of a row). Where rows or columns attain an extreme together they share the gradient;
 * of equal singular values one has it.
 *
 * Throws {@link ArgumentError} for another order, {@link ShapeError} for fewer than two axes, for axes that are not two different ones, and for an extreme over no elements.
 *
 * ```ts
 * const x = tensor([[3, 0], [0, -4]]);
 * await matrixNorm(x).item(); // 5
 * await matrixNorm(x, 'nuc').item(); // 7
 * await matrixNorm(tensor([[1, -2], [3, 4]]), Infinity).item(); // 7
 * ```
 */
export function matrixNorm(x: Tensor, order: MatrixNormOrder = 'fro', options: MatrixNormOptions = {}): Tensor {
  requireTensor('matrixNorm', 'x', x);
  checkOptions('matrixNorm', options, matrixNormOptions);
  if (!orders.includes(order)) {
    throw new ArgumentError(
      `[matrixNorm] the order must be 'fro', 'nuc', 1, −1, 2, −2, Infinity or −Infinity, not ${describe(order)}.`,
    );
  }
  const { axes = [-2, -1], keepDims = false } = options;
  if (x.ndim < 2) throw new ShapeError(`[matrixNorm] x must be matrices, [..., m, n], not ${x}.`);
  if (!Array.isArray(axes) || axes.length !== 2)
    throw new ArgumentError(`[matrixNorm] axes must be those of rows and columns, two, not ${describe(axes)}.`);
  const [rows, columns] = (axes as number[]).map((axis) => normalizeAxis('matrixNorm', axis, x.ndim)) as [
    number,
    number,
  ];
  if (rows === columns) throw new ShapeError(`[matrixNorm] axes must be two different ones, not [${axes.join(', ')}].`);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => matrixNorm(wide, order, options));
  const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== rows && axis !== columns);
  const result = ofMatrices(permute(x.to('float32'), [...others, rows, columns]), order);
  return keepDims ? reshape(result, x.shape.map((n, axis) => (axis === rows || axis === columns ? 1 : n))) : result; // prettier-ignore
}

function ofMatrices(x: Tensor, order: MatrixNormOrder): Tensor {
  if (order === 'fro') return norm(x, [-2, -1]);
  if (order === 'nuc') return singularValues(x).sum(-1);
  const extreme = order > 0 ? max : min;
  if (Math.abs(order) === 2) {
    const values = singularValues(x);
    const count = values.shape.at(-1) ?? 0;
    // They are in descending order.
    return count === 0 ? extreme(values, -1) : squeeze(narrow(values, -1, order > 0 ? 0 : count - 1, 1), -1);
  }
  return extreme(x.abs().sum(Math.abs(order) === 1 ? -2 : -1), -1);
}
