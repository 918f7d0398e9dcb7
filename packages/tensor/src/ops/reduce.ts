/** Reductions over axes. Axes may be negative, one number or a list; without any, all axes are reduced. */
import { ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { nodeOf, tensorOf, type Tensor } from '../tensor.ts';
import { castNode } from './elementwise.ts';
import { normalizeAxes, normalizeAxis, reshape } from './movement.ts';

export interface ReduceOptions {
  /** Keep reduced axes with extent 1. Default false. */
  keepDims?: boolean;
}

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count in the divisor. Default 1 (unbiased), as in PyTorch. */
  correction?: number;
}

type Axes = number | readonly number[] | undefined;

function reduced(op: 'sum' | 'max' | 'min', x: Tensor, axes: Axes, { keepDims = false }: ReduceOptions): Tensor {
  const list = normalizeAxes(op, axes, x.ndim);
  const input = x.dtype === 'bool' ? castNode(nodeOf(x), 'int32') : nodeOf(x);
  if (list.length === 0) return tensorOf(input);
  const result = tensorOf(makeNode(op, [input], { axes: list }));
  return keepDims
    ? reshape(
        result,
        x.shape.map((n, axis) => (list.includes(axis) ? 1 : n)),
      )
    : result;
}

function countOf(x: Tensor, axes: Axes): number {
  return normalizeAxes('mean', axes, x.ndim).reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
}

/** Σ x over axes. bool counts as int32. */
export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduced('sum', x, axes, options);
}
/** max x over axes; NaN where any element is NaN. Ties share the gradient equally. */
export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduced('max', x, axes, options);
}
/** min x over axes; NaN where any element is NaN. Ties share the gradient equally. */
export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduced('min', x, axes, options);
}

/** The arithmetic mean over axes, in float32. */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return sum(x.to('float32'), axes, options).mul(1 / countOf(x, axes));
}

/** Σ (x − mean)² / (count − correction) over axes. */
export function variance(x: Tensor, axes?: Axes, { keepDims = false, correction = 1 }: VarianceOptions = {}): Tensor {
  const centered = x.to('float32').sub(mean(x, axes, { keepDims: true }));
  return sum(centered.square(), axes, { keepDims }).div(Math.max(countOf(x, axes) - correction, 0));
}

/** √variance. */
export function std(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  return variance(x, axes, options).sqrt();
}

/** int32: the position of the first maximum along an axis; of the flattened tensor where no axis is given. */
export function argmax(x: Tensor, axis?: number, { keepDims = false }: ReduceOptions = {}): Tensor {
  const source = axis === undefined ? reshape(x, [x.size]) : x;
  const position = normalizeAxis('argmax', axis ?? 0, source.ndim);
  const input = x.dtype === 'bool' ? castNode(nodeOf(source), 'int32') : nodeOf(source);
  const result = tensorOf(makeNode('argmax', [input], { axis: position }));
  if (!keepDims) return result;
  return reshape(result, axis === undefined ? x.shape.map(() => 1) : x.shape.map((n, i) => (i === position ? 1 : n)));
}

/** int32: the position of the first minimum along an axis; of the flattened tensor where no axis is given. */
export function argmin(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return argmax((x.dtype === 'bool' ? x.to('int32') : x).neg(), axis, options);
}

export function requireSingle(x: Tensor): void {
  if (x.size !== 1) {
    throw new ShapeError(`[item] takes a tensor with one element, not ${x} (${x.size} elements).`, {
      hint: 'Reduce it first (sum, mean), or use data() or toArray().',
    });
  }
}
