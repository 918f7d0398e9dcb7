/** Reductions over axes. Axes may be negative, one number or a list; without any, all axes are reduced. */
import { checkOptions, requireBoolean, requireFinite, type OptionNames } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { knownAs, makeNode } from '../graph/node.ts';
import { nodeOf, requireTensor, tensorOf, unchanged } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { inFloat32, numeric, summable } from './operands.ts';
import { normalizeAxes, normalizeAxis, reshape, slice } from './movement.ts';
import { isFloat } from '../graph/types.ts';

export interface ReduceOptions {
  /** Keep reduced axes with extent 1. Default false. */
  keepDims?: boolean;
}

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count in the divisor. Default 1 (unbiased), as in PyTorch. */
  correction?: number;
}

export const reduceOptions: OptionNames<ReduceOptions> = { keepDims: true };
const varianceOptions: OptionNames<VarianceOptions> = { keepDims: true, correction: true };

export type Axes = number | readonly number[] | undefined;

/** Whether reduced axes are kept, from options that are checked. */
export function keepsDims(op: string, x: Tensor, options: ReduceOptions | undefined): boolean {
  requireTensor(op, 'x', x);
  if (options === undefined) return false;
  checkOptions(op, options, reduceOptions);
  const { keepDims = false } = options;
  requireBoolean(op, 'keepDims', keepDims);
  return keepDims;
}

export function reduced(op: 'sum' | 'prod' | 'max' | 'min', x: Tensor, axes: Axes, keepDims: boolean): Tensor {
  const list = normalizeAxes(op, axes, x.ndim);
  const input = op === 'sum' || op === 'prod' ? summable(x) : numeric(x);
  if (list.length === 0) return unchanged(input);
  const result = tensorOf(makeNode(op, [nodeOf(input)], { axes: list }));
  return keepDims
    ? reshape(
        result,
        x.shape.map((n, axis) => (list.includes(axis) ? 1 : n)),
      )
    : result;
}

export function countOf(op: string, x: Tensor, axes: Axes): number {
  return normalizeAxes(op, axes, x.ndim).reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
}

/**
 * Σ x over axes (default: all); int32 of integers and bool, else of the dtype of x.
 *
 * Throws {@link ShapeError} for an axis that does not exist or is named twice, as every reduction does.
 *
 * ```ts
 * const x = tensor([[1, 2], [3, 4]]);
 * await sum(x).item(); // 10
 * await sum(x, 0).toArray(); // [4, 6]
 * await sum(x, -1, { keepDims: true }).toArray(); // [[3], [7]]
 * ```
 */
export function sum(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  return reduced('sum', x, axes, keepsDims('sum', x, options));
}
/**
 * Π x over axes (default: all), 1 over an empty axis; int32 of integers and bool (modulo 2³², as {@link sum}), else of the dtype of x. Its gradient is the
 * product of the other elements, exact also where some are 0.
 *
 * ```ts
 * await prod(tensor([[1, 2], [3, 4]]), 1).toArray(); // [2, 12]
 * ```
 */
export function prod(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  return reduced('prod', x, axes, keepsDims('prod', x, options));
}
/**
 * The largest element over axes (default: all), NaN where any is NaN; of the dtype of x, int32 of bool. Ties share the gradient
 * equally; where the result is NaN so is the gradient, of all elements.
 *
 * Throws {@link ShapeError} over an empty axis.
 *
 * ```ts
 * await max(tensor([[1, 5], [3, 2]]), 1).toArray(); // [5, 3]
 * ```
 */
export function max(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  return reduced('max', x, axes, keepsDims('max', x, options));
}
/**
 * The smallest element over axes (default: all), NaN where any is NaN; of the dtype of x, int32 of bool. Ties share the gradient
 * equally; where the result is NaN so is the gradient, of all elements.
 *
 * Throws {@link ShapeError} over an empty axis.
 *
 * ```ts
 * await min(tensor([[1, 5], [3, 2]]), 1).toArray(); // [1, 2]
 * ```
 */
export function min(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  return reduced('min', x, axes, keepsDims('min', x, options));
}

/**
 * Σ x / n over axes (default: all); float16 of float16, else float32. NaN over an empty axis.
 *
 * ```ts
 * await mean(tensor([[1, 2], [3, 6]]), 0).toArray(); // [2, 4]
 * ```
 */
export function mean(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  const keepDims = keepsDims('mean', x, options);
  const count = countOf('mean', x, axes);
  return inFloat32(x, (wide) => reduced('sum', wide, axes, keepDims).div(count));
}

/**
 * Σ (x − mean)² / (n − correction) over axes (default: all); float16 of float16, else float32. With the default correction 1, as in PyTorch, it
 * is the unbiased estimate; NaN of a single element. Exactly 0 where all elements are equal, and accurate where they lie close together far
 * from 0.
 *
 * ```ts
 * await variance(tensor([1, 3])).item(); // 2
 * await variance(tensor([1, 3]), 0, { correction: 0 }).item(); // 1
 * ```
 */
export function variance(x: Tensor, axes?: number | readonly number[], options: VarianceOptions = {}): Tensor {
  return varianceOf('variance', x, axes, options);
}

function varianceOf(op: string, x: Tensor, axes: Axes, options: VarianceOptions): Tensor {
  requireTensor(op, 'x', x);
  checkOptions(op, options, varianceOptions);
  const { keepDims = false, correction = 1 } = options;
  requireBoolean(op, 'keepDims', keepDims);
  requireFinite(op, 'correction', correction);
  const list = normalizeAxes(op, axes, x.ndim);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => varianceOf(op, wide, axes, options));
  const input = x.to('float32');
  // Differences from the first element are small where a mean is large, and exact for numbers near each other: a mean taken of x itself is
  // rounded to x's own precision, and the square of that error would be part of the variance. The shift cancels, hence has no gradient.
  const origin = slice(
    input,
    [],
    x.shape.map((n, axis) => (list.includes(axis) ? 1 : n)),
  ).detach();
  const shifted = input.sub(origin);
  const centered = shifted.sub(mean(shifted, list, { keepDims: true }));
  return reduced('sum', centered.square(), list, keepDims).div(Math.max(countOf(op, x, list) - correction, 0));
}

/**
 * The standard deviation √{@link variance}, with the same axes and options; float16 of float16, else float32. Its gradient is 0 where all elements are equal, as
 * in PyTorch.
 *
 * ```ts
 * await std(tensor([1, 3, 5])).item(); // 2
 * ```
 */
export function std(x: Tensor, axes?: number | readonly number[], options: VarianceOptions = {}): Tensor {
  requireTensor('std', 'x', x);
  return inFloat32(x, (wide) => rootOfSquares(varianceOf('std', wide, axes, options)));
}

/**
 * √s of sums of squares s, whose own gradient vanishes where they are 0: there the root has a kink, of whose slopes this takes 0 (for
 * √ alone PyTorch and {@link Tensor.sqrt} say ∞, and ∞ · 0 = NaN for what was squared).
 */
const rootOfSquaresDefinition: CompositeDefinition = {
  name: 'rootOfSquares',
  body: (_, squares) => squares.sqrt(),
  gradient: (_, cotangent, root) => [cotangent.div(root.equal(0).where(Infinity, root.mul(2)))],
};

export function rootOfSquares(squares: Tensor): Tensor {
  return compose(rootOfSquaresDefinition, {}, [squares]);
}

/**
 * The position of the largest element along an axis, or in the flattened tensor where no axis is given; int32. The
 * first of several, or the first NaN. It has no gradient.
 *
 * Throws {@link ShapeError} over an empty axis.
 *
 * ```ts
 * await argmax(tensor([[1, 5], [3, 2]]), 1).toArray(); // [1, 0]
 * ```
 */
export function argmax(x: Tensor, axis?: number, options?: ReduceOptions): Tensor {
  return positionOfMaximum('argmax', x, axis, keepsDims('argmax', x, options));
}

function positionOfMaximum(op: string, x: Tensor, axis: number | undefined, keepDims: boolean): Tensor {
  const source = axis === undefined || x.ndim === 0 ? reshape(x, [x.size]) : x;
  const position = normalizeAxis(op, axis === undefined ? 0 : axis, source.ndim);
  const result = knownAs(op, () => tensorOf(makeNode('argmax', [nodeOf(numeric(source))], { axis: position })));
  if (!keepDims) return result;
  return reshape(result, axis === undefined ? x.shape.map(() => 1) : x.shape.map((n, i) => (i === position ? 1 : n)));
}

/**
 * The position of the smallest element along an axis, or in the flattened tensor where no axis is given; int32. Ties,
 * NaN and errors as in {@link argmax}.
 *
 * ```ts
 * await argmin(tensor([[1, 5], [3, 2]]), 1).toArray(); // [0, 1]
 * ```
 */
export function argmin(x: Tensor, axis?: number, options?: ReduceOptions): Tensor {
  const keepDims = keepsDims('argmin', x, options);
  // −1 − x reverses the order of all of int32; −x has no place for −2³¹.
  const reversed = isFloat(x.dtype) ? x.neg() : x.to('int32').neg().sub(1);
  return positionOfMaximum('argmin', reversed, axis, keepDims);
}

export function requireSingle(x: Tensor): void {
  if (x.size !== 1) {
    throw new ShapeError(`[item] takes a tensor with one element, not ${x} (${x.size} elements).`, {
      hint: 'Reduce it first (sum, mean), or use data() or toArray().',
    });
  }
}
