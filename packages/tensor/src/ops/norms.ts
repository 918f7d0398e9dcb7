/** Norms over axes. */
import {
  between,
  checkOptions,
  requireBoolean,
  requireInteger,
  requireNumber,
  type OptionNames,
} from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { normalizeAxes, normalizeAxis, reshape } from './movement.ts';
import { reduced, rootOfSquares, type ReduceOptions } from './reduce.ts';
import { inFloat32 } from './operands.ts';

export interface NormOptions extends ReduceOptions {
  /** The exponent; Infinity for the largest |x|, −Infinity for the smallest, 0 for the number of elements that are not 0. Default 2. */
  p?: number;
}

const normOptions: OptionNames<NormOptions> = { keepDims: true, p: true };

export interface NormalizeOptions {
  /** The exponent of the norm, ≥ 0; ∞ for the largest |x|. Default 2. */
  p?: number;
  /** The axis that has the vectors. Default 1. */
  axis?: number;
  /** What a norm is at least, ≥ 0. Default 1e-12. */
  eps?: number;
}

const normalizeOptions: OptionNames<NormalizeOptions> = {
  p: between(0, Infinity),
  axis: requireInteger,
  eps: between(0, Infinity),
};

/**
 * The p-norm (Σ |x|ᵖ)^(1/p) over axes (default: all), Euclidean for p = 2, the default; float16 of float16, else float32. As in PyTorch's `vector_norm` p may be any number:
 * ∞ and −∞ give the largest and the smallest |x|, 0 counts what is not 0, and the gradient is 0 where an element, or the norm, is 0. Where the extreme is
 * attained several times they share the gradient.
 *
 * Throws {@link ArgumentError} for a p that is NaN, {@link ShapeError} for p = ±∞ over an empty axis.
 *
 * ```ts
 * await norm(tensor([3, 4])).item(); // 5
 * await norm(tensor([[3, 4], [0, 2]]), 1).toArray(); // [5, 2]
 * await norm(tensor([[3, -4], [0, 2]]), 1, { p: 1 }).toArray(); // [7, 2]
 * ```
 */
export function norm(x: Tensor, axes?: number | readonly number[], options: NormOptions = {}): Tensor {
  requireTensor('norm', 'x', x);
  checkOptions('norm', options, normOptions);
  const { keepDims = false, p = 2 } = options;
  requireBoolean('norm', 'keepDims', keepDims);
  requireNumber('norm', 'p', p);
  if (Number.isNaN(p)) throw new ArgumentError('[norm] p is NaN, which is the exponent of no norm.');
  const list = normalizeAxes('norm', axes, x.ndim);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => norm(wide, axes, options));
  const input = x.to('float32');
  if (p === 2) return rootOfSquares(reduced('sum', input.square(), list, keepDims));
  if (p === 0) return reduced('sum', input.notEqual(0).where(1, 0), list, keepDims);
  if (p === 1) return reduced('sum', input.abs(), list, keepDims);
  if (p === Infinity || p === -Infinity) return reduced(p > 0 ? 'max' : 'min', input.abs(), list, keepDims);
  const result = compose(powerNormDefinition, { axes: list, p }, [input]);
  return keepDims ? reshape(result, kept(x, list)) : result;
}

/**
 * Vectors of length 1: x / max(‖x‖ₚ, ε) along an axis, 0 where x is; float16 of float16, else float32. PyTorch's `normalize`.
 *
 * Shape: [...] → the same.
 *
 * Throws {@link ArgumentError} for options out of range, {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * await normalize(tensor([[3, 4], [0, 0]])).toArray(); // [[0.6, 0.8], [0, 0]]
 * await normalize(tensor([1, 3]), { p: 1, axis: 0 }).toArray(); // [0.25, 0.75]
 * ```
 */
export function normalize(x: Tensor, options: NormalizeOptions = {}): Tensor {
  requireTensor('normalize', 'x', x);
  checkOptions('normalize', options, normalizeOptions);
  const { p = 2, axis = 1, eps = 1e-12 } = options;
  const position = normalizeAxis('normalize', axis, x.ndim);
  return inFloat32(x, (wide) => wide.div(norm(wide, position, { p, keepDims: true }).maximum(eps)));
}

const kept = (x: Tensor, axes: readonly number[]): number[] => x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));

const powerNormDefinition: CompositeDefinition<{ axes: readonly number[]; p: number }> = {
  name: 'norm',
  body: ({ axes, p }, x) => reduced('sum', x.abs().pow(p), axes, false).pow(1 / p),
  // sign(x) · (|x| / norm)^(p − 1), 0 where either is 0; there nothing that is infinite may enter, which 0 would make NaN of.
  gradient({ axes, p }, cotangent, result, x) {
    const isZero = x.equal(0);
    const powers = isZero.where(
      0,
      isZero
        .where(1, x.abs())
        .pow(p - 1)
        .mul(x.sign()),
    );
    const vanishes = result.equal(0);
    const scale = vanishes.where(0, cotangent.div(vanishes.where(1, result).pow(p - 1)));
    return [powers.mul(reshape(scale, kept(x, axes)))];
  },
};
