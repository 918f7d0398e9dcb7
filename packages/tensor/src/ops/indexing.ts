/**
 * Elements at positions that are data: gather and scatter in all their forms. Positions that are known on the host (data, and parts of it, in
 * other shapes and orders) are checked there, see range.ts. What a computed position names outside of a tensor is NaN (int32: 0, bool: false) where
 * elements are read, and is dropped where they are written; memory of others is never touched.
 */
import { checkOptions, requireBoolean, requireNumber, requireOneOf, type OptionNames } from '../arguments/index.ts';
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import type { Combination } from '../graph/attributes.ts';
import { isTensor, nodeOf, requireOperand, requireTensor, tensorOf } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { add, div, maximum, mul } from './arithmetic.ts';
import { where } from './comparison.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { broadcastTo, flatten, normalizeAxis, reshape, slice } from './movement.ts';
import { broadcastShapes, constantNode, highestOf, inFloat32, lowestOf, requireHeld } from './operands.ts';
import { pad } from './padding.ts';
import { outsideOf, positionsOf, requireList, type Positions } from './positions.ts';
import { requireWithin } from './range.ts';
import { asList, asScalar } from './scalars.ts';

/** x at `index`, which has x's rank and extents but along `axis`; `outside` where it is none of x's positions. */
export function gatherNode(x: Tensor, axis: number, index: Tensor, outside: number = outsideOf(x.dtype)): Tensor {
  return tensorOf(makeNode('gather', [nodeOf(x), nodeOf(index)], { axis, outside }));
}

export function scatterNode(base: Tensor, axis: number, index: Tensor, updates: Tensor, combine: Combination): Tensor {
  return tensorOf(makeNode('scatter', [nodeOf(base), nodeOf(index), nodeOf(updates)], { axis, combine }));
}

type Extreme = CompositeDefinition<{ axis: number; largest: boolean }>;

/** The extreme of the updates to each place, and the base where there are none. Where updates are −∞ as the base is, a scatter alone would give the base a share of the gradient. */
const extremeOfUpdatesDefinition: Extreme = {
  name: 'extremeOfUpdates',
  body: ({ axis, largest }, base, index, updates) => scatterNode(base, axis, index, updates, largest ? 'max' : 'min'),
  gradient({ axis, largest }, cotangent, _output, base, index, updates) {
    // Not the output, which somebody may have read: updates are then computed again, and may be rounded otherwise than what is stored.
    const extreme = scatterNode(base, axis, index, updates, largest ? 'max' : 'min');
    const isWinner = updates.equal(gatherNode(extreme, axis, index));
    const none = tensorOf(constantNode(0, cotangent.dtype, base.shape));
    const winners = scatterNode(none, axis, index, isWinner.where(1, 0).to(cotangent.dtype), 'add');
    const share = cotangent.div(winners.maximum(1));
    return [winners.equal(0).where(cotangent, 0), undefined, isWinner.where(gatherNode(share, axis, index, 0), 0)];
  },
};

/** The largest or the smallest of the updates to each place along a checked axis; of a place without any what the base has there, which is below (above) every update else. */
export function extremeOfUpdates(base: Tensor, axis: number, index: Tensor, updates: Tensor, largest: boolean): Tensor {
  return compose(extremeOfUpdatesDefinition, { axis, largest }, [base, index, updates]);
}

/** A list of positions along `axis`, as an index for all of `shape` but that axis. */
export function alongAxis(list: Tensor, axis: number, shape: readonly number[]): Tensor {
  const row = reshape(
    list,
    shape.map((_, i) => (i === axis ? list.size : 1)),
  );
  return broadcastTo(
    row,
    shape.map((n, i) => (i === axis ? list.size : n)),
  );
}

/** A scalar among positions and updates, as a list of it alone. */
function listOf<T extends Positions | Operand>(given: T): T | Tensor {
  return isTensor(given) && given.ndim === 0 ? asList(given) : given;
}

/** Of a scalar what `f` gives of a list of it alone. */
function onList(op: string, x: Tensor, f: (list: Tensor) => Tensor): Tensor {
  const result = f(asList(x));
  if (result.size === 1) return asScalar(result);
  throw new ShapeError(`[${op}] chooses ${result.size} elements of a scalar, ${x}.`, {
    hint: 'Make a list of it with reshape(x, [1]).',
  });
}

/** Positions counted from the end, where negative, as positions from the front. */
export function fromFront(index: Tensor, extent: number): Tensor {
  return where(index.less(0), add(index, extent), index);
}

/** Throws unless the index has x's rank and is nowhere longer but along the axis. */
function requireIndexOf(op: string, x: Tensor, axis: number, index: Tensor): void {
  const fits = index.ndim === x.ndim && index.shape.every((n, i) => i === axis || n <= (x.shape[i] ?? 0));
  if (fits) return;
  throw new ShapeError(
    `[${op}] the index must have the rank of ${x}, and no larger extent but along axis ${axis}; it is ${index}.`,
    { hint: 'For whole slices by a list of positions use indexSelect, indexAdd or indexCopy.' },
  );
}

/** The first elements along every axis but `axis`. */
function cut(x: Tensor, axis: number | undefined, shape: readonly number[]): Tensor {
  return slice(
    x,
    shape.map(() => 0),
    shape.map((n, i) => (i === axis ? Infinity : n)),
  );
}

/**
 * The elements of x at positions along one axis, one position for each element of the result: `y[i, j] = x[index[i, j], j]` for
 * axis 0. The index has x's rank, its extents but along `axis` may be smaller; the result has the index's shape, PyTorch's `gather`.
 * A computed position outside of x gives NaN (int32: 0, bool: false).
 *
 * Throws {@link DTypeError} for an index that is not int32, {@link ShapeError} for one that does not fit, {@link ArgumentError} naming
 * the first position outside of x where positions are known on the host.
 *
 * ```ts
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * await gather(x, 1, tensor([[2, 0], [1, 1]], { dtype: 'int32' })).toArray(); // [[3, 1], [5, 5]]
 * ```
 */
export function gather(x: Tensor, axis: number, index: Positions): Tensor {
  requireTensor('gather', 'x', x);
  const positions = positionsOf('gather', 'index', index);
  if (x.ndim === 0) return reshape(gather(asList(x), axis, listOf(positions)), positions.shape);
  const position = normalizeAxis('gather', axis, x.ndim);
  requireIndexOf('gather', x, position, positions);
  requireWithin('gather', 'index', positions, 0, (x.shape[position] ?? 0) - 1);
  return gatherNode(cut(x, position, positions.shape), position, positions);
}

/**
 * The elements of x at positions along one axis, as {@link gather}, with NumPy's rules: x and index broadcast along all other axes, and
 * negative positions count from the end. Without an axis both are taken flat.
 *
 * Throws as {@link gather}.
 *
 * ```ts
 * const x = tensor([[10, 30, 20], [60, 40, 50]]);
 * await takeAlongAxis(x, tensor([[-1], [0]], { dtype: 'int32' }), 1).toArray(); // [[20], [60]]
 * ```
 */
export function takeAlongAxis(x: Tensor, index: Positions, axis?: number): Tensor {
  requireTensor('takeAlongAxis', 'x', x);
  const given = positionsOf('takeAlongAxis', 'index', index);
  if (axis === undefined) return takeAlongAxis(flatten(x), flatten(given), 0);
  const position = normalizeAxis('takeAlongAxis', axis, x.ndim);
  const extent = x.shape[position] ?? 0;
  requireWithin('takeAlongAxis', 'index', given, -extent, extent - 1);
  const one = (shape: readonly number[]): number[] => shape.map((n, i) => (i === position ? 1 : n));
  const others = given.ndim === x.ndim ? broadcastShapes(one(x.shape), one(given.shape)) : undefined;
  if (others === undefined) {
    throw new ShapeError(
      `[takeAlongAxis] the index must have the rank of ${x} and broadcast with it but along axis ${axis}; it is ${given}.`,
    );
  }
  const spread = (t: Tensor): Tensor =>
    broadcastTo(
      t,
      others.map((n, i) => (i === position ? (t.shape[i] ?? 1) : n)),
    );
  return gatherNode(spread(x), position, spread(fromFront(given, extent)));
}

/**
 * The elements of x at positions in its row-major order, in the shape of the index. Negative positions count from the end.
 *
 * Throws {@link DTypeError} for an index that is not int32, {@link ArgumentError} naming the first position outside of x where positions
 * are known on the host.
 *
 * ```ts
 * await take(tensor([[1, 2], [3, 4]]), [0, 3, -1]).toArray(); // [1, 4, 4]
 * ```
 */
export function take(x: Tensor, index: Positions): Tensor {
  requireTensor('take', 'x', x);
  const given = positionsOf('take', 'index', index);
  requireWithin('take', 'index', given, -x.size, x.size - 1);
  return reshape(gatherNode(flatten(x), 0, flatten(fromFront(given, x.size))), given.shape);
}

/**
 * Whole slices of x along `axis`, in the order of a list of positions.
 *
 * Throws {@link DTypeError} for an index that is not int32, {@link ShapeError} for one that is no list, {@link ArgumentError} naming the
 * first position outside of x where positions are known on the host.
 *
 * ```ts
 * await indexSelect(tensor([[1, 2], [3, 4], [5, 6]]), 0, [2, 0, 2]).toArray(); // [[5, 6], [1, 2], [5, 6]]
 * ```
 */
export function indexSelect(x: Tensor, axis: number, index: Positions): Tensor {
  requireTensor('indexSelect', 'x', x);
  if (x.ndim === 0) return onList('indexSelect', x, (list) => indexSelect(list, axis, index));
  const { position, list } = listAlong('indexSelect', x, axis, index);
  return gatherNode(x, position, alongAxis(list, position, x.shape));
}

/** The checked axis and list of an operation on whole slices. */
function listAlong(op: string, x: Tensor, axis: number, index: Positions): { position: number; list: Tensor } {
  requireTensor(op, 'x', x);
  const position = normalizeAxis(op, axis, x.ndim);
  const list = positionsOf(op, 'index', index);
  requireList(op, 'index', list);
  requireWithin(op, 'index', list, 0, (x.shape[position] ?? 0) - 1);
  return { position, list };
}

/** The updates as a tensor of x's dtype in `shape`; numbers are repeated. */
function updatesOf(op: string, x: Tensor, source: Operand, shape: readonly number[]): Tensor {
  requireOperand(op, source);
  if (typeof source === 'number') {
    if (x.dtype !== 'bool') requireHeld(op, source, x);
    return tensorOf(constantNode(x.dtype === 'bool' ? Number(source !== 0) : source, x.dtype, shape));
  }
  if (source.dtype !== x.dtype) {
    throw new DTypeError(`[${op}] the updates must have the dtype of ${x}, not ${source}.`, {
      hint: `Convert them with .to('${x.dtype}').`,
    });
  }
  return source;
}

/** The updates of whole slices along an axis. */
function slicesOf(op: string, x: Tensor, axis: number, list: Tensor, source: Operand): Tensor {
  const shape = x.shape.map((n, i) => (i === axis ? list.size : n));
  const updates = updatesOf(op, x, source, shape);
  if (updates.ndim !== shape.length || updates.shape.some((n, i) => n !== shape[i])) {
    throw new ShapeError(
      `[${op}] takes a slice for each of the ${list.size} positions, a source of [${shape.join(', ')}], not ${updates}.`,
    );
  }
  return updates;
}

export interface IndexAddOptions {
  /** Factor of the source. Default 1. */
  alpha?: number;
}

const indexAddOptions: OptionNames<IndexAddOptions> = { alpha: requireNumber };

/**
 * x with slices added: `y[index[i]] += alpha · source[i]` along `axis`. Positions may be named several times; the sum is the same, to the
 * last bit, in whichever order.
 *
 * Throws {@link DTypeError} where index is not int32 or source not of x's dtype, {@link ShapeError} where they do not fit,
 * {@link ArgumentError} naming the first position outside of x where positions are known on the host.
 *
 * ```ts
 * await indexAdd(tensor([1, 2, 3]), 0, [0, 2, 0], tensor([10, 20, 30])).toArray(); // [41, 2, 23]
 * ```
 */
export function indexAdd(
  x: Tensor,
  axis: number,
  index: Positions,
  source: Operand,
  options: IndexAddOptions = {},
): Tensor {
  requireTensor('indexAdd', 'x', x);
  if (x.ndim === 0) return onList('indexAdd', x, (list) => indexAdd(list, axis, index, listOf(source), options));
  const { position, list } = listAlong('indexAdd', x, axis, index);
  checkOptions('indexAdd', options, indexAddOptions);
  const { alpha = 1 } = options;
  const updates = slicesOf('indexAdd', x, position, list, source);
  const scaled = alpha === 1 ? updates : updatesOf('indexAdd', x, mul(updates, alpha), x.shape);
  return scatterNode(x, position, alongAxis(list, position, x.shape), scaled, 'add');
}

/**
 * x with slices replaced: `y[index[i]] = source[i]` along `axis`. Of several for one position the last stays.
 *
 * Throws as {@link indexAdd}.
 *
 * ```ts
 * await indexCopy(tensor([1, 2, 3]), 0, [2, 0], tensor([10, 20])).toArray(); // [20, 2, 10]
 * ```
 */
export function indexCopy(x: Tensor, axis: number, index: Positions, source: Operand): Tensor {
  requireTensor('indexCopy', 'x', x);
  if (x.ndim === 0) return onList('indexCopy', x, (list) => indexCopy(list, axis, index, listOf(source)));
  const { position, list } = listAlong('indexCopy', x, axis, index);
  const updates = slicesOf('indexCopy', x, position, list, source);
  return scatterNode(x, position, alongAxis(list, position, x.shape), updates, 'set');
}

/** An index of x's extents but along the axis, and updates of its shape: what is missing goes nowhere. */
function scatterOperands(
  op: string,
  x: Tensor,
  axis: number,
  index: Positions,
  source: Operand,
): { position: number; positions: Tensor; updates: Tensor } {
  requireTensor(op, 'x', x);
  const position = normalizeAxis(op, axis, x.ndim);
  const positions = positionsOf(op, 'index', index);
  requireIndexOf(op, x, position, positions);
  requireWithin(op, 'index', positions, 0, (x.shape[position] ?? 0) - 1);
  const given = updatesOf(op, x, source, positions.shape);
  if (given.ndim !== x.ndim || given.shape.some((n, i) => n < (positions.shape[i] ?? 0))) {
    throw new ShapeError(`[${op}] takes an update for each position of the index ${positions}, not ${given}.`);
  }
  const updates = cut(given, undefined, positions.shape);
  const padding = positions.shape.map((n, i): [number, number] => [0, i === position ? 0 : (x.shape[i] ?? 0) - n]);
  return padding.every(([, n]) => n === 0)
    ? { position, positions, updates }
    : { position, positions: pad(positions, padding, { value: -1 }), updates: pad(updates, padding) };
}

/**
 * x with elements replaced at positions along one axis: `y[index[i, j], j] = source[i, j]` for axis 0. Of several for one position the
 * last along the axis stays. The index has x's rank, its extents but along `axis` may be smaller; `source` is as large as the index at least, or a
 * number.
 *
 * The gradient reaches the update that stayed. Throws {@link DTypeError} where index is not int32 or source not of x's dtype, {@link ShapeError}
 * where they do not fit, {@link ArgumentError} naming the first position outside of x where positions are known on the host.
 *
 * ```ts
 * const index = tensor([[0, 2]], { dtype: 'int32' });
 * await scatter(zeros([2, 3]), 1, index, tensor([[5, 6]])).toArray(); // [[5, 0, 6], [0, 0, 0]]
 * ```
 */
export function scatter(x: Tensor, axis: number, index: Positions, source: Operand): Tensor {
  requireTensor('scatter', 'x', x);
  if (x.ndim === 0) return onList('scatter', x, (list) => scatter(list, axis, listOf(index), listOf(source)));
  const { position, positions, updates } = scatterOperands('scatter', x, axis, index, source);
  return scatterNode(x, position, positions, updates, 'set');
}

/**
 * x with elements added at positions along one axis: `y[index[i, j], j] += source[i, j]` for axis 0. The sum does not depend on the order of
 * the updates, to the last bit. Otherwise as {@link scatter}.
 *
 * ```ts
 * await scatterAdd(zeros([3]), 0, [0, 2, 0], tensor([1, 2, 3])).toArray(); // [4, 0, 2]
 * ```
 */
export function scatterAdd(x: Tensor, axis: number, index: Positions, source: Operand): Tensor {
  requireTensor('scatterAdd', 'x', x);
  if (x.ndim === 0) return onList('scatterAdd', x, (list) => scatterAdd(list, axis, listOf(index), listOf(source)));
  const { position, positions, updates } = scatterOperands('scatterAdd', x, axis, index, source);
  return scatterNode(x, position, positions, updates, 'add');
}

/** How several values for one place become one. */
export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';
const reductions = ['sum', 'prod', 'mean', 'amax', 'amin'] as const;

export interface ScatterReduceOptions {
  /** Whether the elements of x count too. Those without an update stay in any case. Default true. */
  includeSelf?: boolean;
}

const scatterReduceOptions: OptionNames<ScatterReduceOptions> = { includeSelf: requireBoolean };

/**
 * x with updates reduced into it at positions along one axis, PyTorch's `scatter_reduce`: the sum, the product in the order of the axis, the
 * mean, the largest or the smallest of the element and all updates to it. Sums and means do not depend on the order of the updates, to the last
 * bit; equal largest (smallest) values share the gradient.
 *
 * Throws as {@link scatter}; {@link DTypeError} for the mean of int32.
 *
 * ```ts
 * const x = tensor([1, 2, 3]);
 * await scatterReduce(x, 0, [0, 0, 2], tensor([5, 4, 2]), 'amax').toArray(); // [5, 2, 3]
 * await scatterReduce(x, 0, [0, 0, 2], tensor([5, 4, 2]), 'mean', { includeSelf: false }).toArray(); // [4.5, 2, 2]
 * ```
 */
export function scatterReduce(
  x: Tensor,
  axis: number,
  index: Positions,
  source: Operand,
  reduce: ScatterReduction,
  options: ScatterReduceOptions = {},
): Tensor {
  const op = 'scatterReduce';
  requireOneOf(op, 'reduce', reduce, reductions);
  checkOptions(op, options, scatterReduceOptions);
  const { includeSelf = true } = options;
  requireTensor(op, 'x', x);
  if (x.ndim === 0)
    return onList(op, x, (list) => scatterReduce(list, axis, listOf(index), listOf(source), reduce, options));
  const { position, positions, updates } = scatterOperands(op, x, axis, index, source);
  if (reduce === 'mean' && x.dtype === 'float16')
    return inFloat32(x, (wide) => {
      const values = typeof source === 'number' ? source : source.to('float32');
      return scatterReduce(wide, axis, index, values, reduce, options);
    });
  if (reduce === 'mean' && x.dtype !== 'float32')
    throw new DTypeError(`[${op}] the mean takes float32, not ${x}.`, { hint: "Convert with .to('float32')." });
  const into = (base: Tensor, values: Tensor, combine: Combination): Tensor =>
    scatterNode(base, position, positions, values, combine);
  const everywhere = (value: number, like: Tensor): Tensor => tensorOf(constantNode(value, like.dtype, like.shape));
  const base = includeSelf ? x : into(x, everywhere(identityOf(reduce, x), updates), 'set');
  switch (reduce) {
    case 'sum':
      return into(base, updates, 'add');
    case 'prod':
      return into(base, updates, 'mul');
    case 'amax':
    case 'amin': {
      const largest = reduce === 'amax';
      if (!includeSelf) return extremeOfUpdates(base, position, positions, updates, largest);
      return into(base, updates, largest ? 'max' : 'min');
    }
    case 'mean': {
      const counts = into(everywhere(Number(includeSelf), x), everywhere(1, updates), 'add');
      return div(into(base, updates, 'add'), maximum(counts, 1));
    }
  }
}

function identityOf(reduce: ScatterReduction, { dtype }: Tensor): number {
  switch (reduce) {
    case 'sum':
    case 'mean':
      return 0;
    case 'prod':
      return 1;
    case 'amax':
      return lowestOf(dtype);
    case 'amin':
      return highestOf(dtype);
  }
}
