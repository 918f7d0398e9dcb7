/** Operations that move elements without changing them. None of them costs a kernel of its own where its user can read through it. */
import { describe, requireArray, wrongArgument } from '../arguments/index.ts';
import { ArgumentError, ShapeError, type HebbError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { sameShape, sizeOf } from '../graph/types.ts';
import { nodeOf, requireTensor, requireTensors, tensorOf, unchanged } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastNode, broadcastShapes, castNode, commonDType } from './operands.ts';

/** The axis counted from the front; negative axes count from the back. Throws {@link ShapeError} outside −ndim … ndim − 1. */
export function normalizeAxis(op: string, axis: number, ndim: number): number {
  if (!Number.isInteger(axis) || axis < -ndim || axis >= ndim) throw noSuchAxis(op, axis, ndim);
  return axis < 0 ? axis + ndim : axis;
}

function noSuchAxis(op: string, axis: unknown, ndim: number): HebbError {
  if (typeof axis !== 'number') return wrongArgument(op, 'an axis', 'an integer', axis, hintForAxes(axis));
  const range =
    ndim === 0
      ? 'the tensor has no axes'
      : `the tensor has ${ndim} ${ndim === 1 ? 'axis' : 'axes'}, so ${-ndim} to ${ndim - 1} are possible`;
  return new ShapeError(`[${op}] axis ${axis} does not exist: ${range}.`);
}

/** Options in the place of axes are the usual slip. */
function hintForAxes(given: unknown): string | undefined {
  if (given === undefined) return 'Is an argument missing?';
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  return 'Options come after the axes; undefined stands for the default axes.';
}

/** Ascending, distinct axes counted from the front; all axes where none are given. A scalar's axes 0 and −1 are none. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, ndim: number): number[] {
  if (axes === undefined) return Array.from({ length: ndim }, (_, axis) => axis);
  if (typeof axes !== 'number' && !Array.isArray(axes))
    throw wrongArgument(op, 'axes', 'an integer or an array of integers', axes, hintForAxes(axes));
  const list = (typeof axes === 'number' ? [axes] : Array.from(axes)).map((axis) => normalizeAxis(op, axis, ndim || 1));
  if (new Set(list).size !== list.length) throw new ShapeError(`[${op}] names an axis twice: [${list.join(', ')}].`);
  return ndim === 0 ? [] : list.sort((a, b) => a - b);
}

export function requireShape(op: string, shape: readonly number[]): void {
  requireArrayOfExtents(op, shape);
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis];
    if (!Number.isInteger(extent) || (extent as number) < 0) {
      throw new ShapeError(`[${op}] extents must be integers ≥ 0, not ${describe(extent)} in ${describe(shape)}.`);
    }
  }
}

function requireArrayOfExtents(op: string, shape: unknown): void {
  if (Array.isArray(shape)) return;
  const hint = typeof shape === 'number' ? { hint: `Write [${shape}] for one axis.` } : {};
  throw new ShapeError(`[${op}] a shape is an array of extents, such as [2, 3], not ${describe(shape)}.`, hint);
}

/**
 * The same elements in row-major order under another shape. One extent may be −1 and is computed from the others.
 *
 * Throws {@link ShapeError} where the number of elements differs.
 *
 * ```ts
 * await reshape(tensor([1, 2, 3, 4, 5, 6]), [2, -1]).toArray(); // [[1, 2, 3], [4, 5, 6]]
 * ```
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  requireTensor('reshape', 'x', x);
  requireArrayOfExtents('reshape', shape);
  const unknown = shape.indexOf(-1);
  let target = shape;
  if (unknown >= 0) {
    const known = shape.reduce((product, extent, axis) => (axis === unknown ? product : product * extent), 1);
    if (shape.lastIndexOf(-1) !== unknown)
      throw new ShapeError(`[reshape] only one extent may be −1: [${shape.join(', ')}].`);
    if (known === 0 && x.size === 0) {
      throw new ShapeError(
        `[reshape] cannot find the extent −1 of [${shape.join(', ')}] for ${x}: any would give no elements.`,
        { hint: 'Name the extent that you mean.' },
      );
    }
    target = shape.map((extent, axis) => (axis === unknown ? x.size / known : extent));
  }
  if (target.some((extent) => !Number.isInteger(extent) || extent < 0) || sizeOf(target) !== x.size) {
    throw new ShapeError(
      `[reshape] cannot give ${x} (${x.size} elements) the shape [${shape.join(', ')}]${unknown < 0 ? ` (${sizeOf(shape)} elements)` : ''}.`,
      { hint: 'A reshape keeps the number of elements; one extent may be −1 and is found from the others.' },
    );
  }
  if (sameShape(x.shape, target)) return unchanged(x);
  return tensorOf(makeNode('reshape', [nodeOf(x)], { shape: target }));
}

/**
 * Merges the axes `startAxis` … `endAxis` into one; by default all of them. Of a scalar it makes [1].
 *
 * Throws {@link ShapeError} for axes that do not exist or are out of order.
 *
 * ```ts
 * flatten(zeros([8, 3, 4, 4]), 1).shape; // [8, 48]
 * ```
 */
export function flatten(x: Tensor, startAxis = 0, endAxis = -1): Tensor {
  requireTensor('flatten', 'x', x);
  const start = normalizeAxis('flatten', startAxis, x.ndim || 1);
  const end = normalizeAxis('flatten', endAxis, x.ndim || 1);
  if (start > end) throw new ShapeError(`[flatten] the first axis ${startAxis} lies behind the last, ${endAxis}.`);
  return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start, end + 1)), ...x.shape.slice(end + 1)]);
}

/**
 * Drops an axis of extent 1, or all such axes where none is named.
 *
 * Throws {@link ShapeError} where the named axis does not exist or has another extent.
 *
 * ```ts
 * squeeze(zeros([1, 3, 1])).shape; // [3]
 * squeeze(zeros([1, 3, 1]), -1).shape; // [1, 3]
 * ```
 */
export function squeeze(x: Tensor, axis?: number): Tensor {
  requireTensor('squeeze', 'x', x);
  if (axis === undefined)
    return reshape(
      x,
      x.shape.filter((extent) => extent !== 1),
    );
  const position = normalizeAxis('squeeze', axis, x.ndim || 1);
  if (x.ndim > 0 && x.shape[position] !== 1)
    throw new ShapeError(`[squeeze] axis ${axis} of ${x} has extent ${x.shape[position]}, not 1.`);
  return reshape(
    x,
    x.shape.filter((_, i) => i !== position),
  );
}

/**
 * Inserts an axis of extent 1 that becomes axis `axis` of the result; −1 appends it.
 *
 * Throws {@link ShapeError} where the result has no such axis.
 *
 * ```ts
 * unsqueeze(zeros([2, 3]), 0).shape; // [1, 2, 3]
 * unsqueeze(zeros([2, 3]), -1).shape; // [2, 3, 1]
 * ```
 */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  requireTensor('unsqueeze', 'x', x);
  const position = normalizeAxis('unsqueeze', axis, x.ndim + 1);
  return reshape(x, [...x.shape.slice(0, position), 1, ...x.shape.slice(position)]);
}

/**
 * Reorders all axes: axis i of the result is axis `axes[i]` of x.
 *
 * Throws {@link ShapeError} unless `axes` names each axis once.
 *
 * ```ts
 * permute(zeros([8, 32, 32, 3]), [0, 3, 1, 2]).shape; // [8, 3, 32, 32]
 * ```
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  requireTensor('permute', 'x', x);
  requireArray('permute', 'axes', axes);
  const permutation = axes.map((axis) => normalizeAxis('permute', axis, x.ndim));
  if (new Set(permutation).size !== x.ndim || permutation.length !== x.ndim) {
    throw new ShapeError(`[permute] needs each axis of ${x} once, not [${axes.join(', ')}].`);
  }
  return permuted(x, permutation);
}

function permuted(x: Tensor, permutation: readonly number[]): Tensor {
  if (permutation.every((axis, i) => axis === i)) return unchanged(x);
  return tensorOf(makeNode('transpose', [nodeOf(x)], { permutation }));
}

/**
 * Swaps two axes.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * await transpose(tensor([[1, 2], [3, 4]]), 0, 1).toArray(); // [[1, 3], [2, 4]]
 * ```
 */
export function transpose(x: Tensor, axis0: number, axis1: number): Tensor {
  requireTensor('transpose', 'x', x);
  const a = normalizeAxis('transpose', axis0, x.ndim || 1);
  const b = normalizeAxis('transpose', axis1, x.ndim || 1);
  const permutation = x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis));
  return permuted(x, permutation);
}

/**
 * Repeats axes of extent 1, and adds axes in front, to reach `shape`; aligned from the right.
 *
 * Throws {@link ShapeError} where x does not broadcast to exactly that shape.
 *
 * ```ts
 * await broadcastTo(tensor([1, 2]), [2, 2]).toArray(); // [[1, 2], [1, 2]]
 * ```
 */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  requireTensor('broadcastTo', 'x', x);
  requireShape('broadcastTo', shape);
  const joined = broadcastShapes(x.shape, shape);
  if (joined === undefined || !sameShape(joined, shape)) {
    throw new ShapeError(
      `[broadcastTo] cannot repeat ${x} to [${shape.join(', ')}]: aligned from the right, extents must be equal or 1.`,
    );
  }
  return sameShape(x.shape, shape) ? unchanged(x) : tensorOf(broadcastNode(nodeOf(x), shape));
}

/**
 * x[starts[0]:stops[0]:steps[0], …], as NumPy slices: `stops` are exclusive, negative positions count from the end,
 * positions past the end are cut off, and axes not named are kept whole. A negative step goes backwards, from the last element on where no start is
 * named; `Infinity` as start and `-Infinity` as stop stand for the ends that cannot be named.
 *
 * Throws {@link ArgumentError} for positions that are no integers and steps of 0, {@link ShapeError} for more starts
 * than axes.
 *
 * ```ts
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * await slice(x, [0, 1]).toArray(); // [[2, 3], [5, 6]]
 * await slice(x, [0, 0], [1, 3], [1, 2]).toArray(); // [[1, 3]]
 * await slice(x, [1, Infinity], [2, -Infinity], [1, -2]).toArray(); // [[6, 4]]
 * ```
 */
export function slice(
  x: Tensor,
  starts: readonly number[],
  stops?: readonly number[],
  steps?: readonly number[],
): Tensor {
  requireTensor('slice', 'x', x);
  for (const [name, list] of Object.entries({ starts, stops, steps })) {
    if (list === undefined && name !== 'starts') continue;
    requireArray('slice', name, list);
    if (list.length > x.ndim)
      throw new ShapeError(`[slice] has ${list.length} ${name} for the ${x.ndim} axes of ${x}.`);
  }
  for (const position of [...starts, ...(stops ?? [])]) {
    if (!Number.isInteger(position) && position !== Infinity && position !== -Infinity)
      throw new ArgumentError(`[slice] positions must be integers, not ${describe(position)}.`);
  }
  const first: number[] = [];
  const strides: number[] = [];
  const shape: number[] = [];
  const backwards: number[] = [];
  for (let axis = 0; axis < x.ndim; axis++) {
    const extent = x.shape[axis] ?? 0;
    const step = steps?.[axis] ?? 1;
    if (!Number.isInteger(step) || step === 0)
      throw new ArgumentError(`[slice] steps must be integers other than 0, not ${describe(step)}.`);
    // Going backwards the first place is the last element, and the one past the end is −1.
    const [front, end] = step > 0 ? [0, extent] : [-1, extent - 1];
    const limit = (position: number): number =>
      Math.min(Math.max(position < 0 ? position + extent : position, front), end);
    const from = starts[axis];
    const to = stops?.[axis];
    const start = from === undefined ? (step > 0 ? front : end) : limit(from);
    const stop = to === undefined ? (step > 0 ? end : front) : limit(to);
    const count = Math.max(0, Math.ceil((stop - start) / step));
    if (step < 0 && count > 1) backwards.push(axis);
    first.push(step < 0 && count > 0 ? start + (count - 1) * step : Math.max(start, 0));
    strides.push(Math.abs(step));
    shape.push(count);
  }
  const part = sameShape(shape, x.shape)
    ? x
    : tensorOf(makeNode('slice', [nodeOf(x)], { starts: first, steps: strides, shape }));
  if (backwards.length > 0) return flip(part, backwards);
  return part === x ? unchanged(x) : part;
}

/**
 * `length` elements along `axis`, from position `start` on.
 *
 * Throws {@link ShapeError} where they do not lie within the axis, {@link ArgumentError} for numbers that are no
 * integers.
 *
 * ```ts
 * await narrow(tensor([1, 2, 3, 4]), 0, 1, 2).toArray(); // [2, 3]
 * ```
 */
export function narrow(x: Tensor, axis: number, start: number, length: number): Tensor {
  requireTensor('narrow', 'x', x);
  const position = normalizeAxis('narrow', axis, x.ndim);
  const extent = x.shape[position] ?? 0;
  if (!Number.isInteger(start) || !Number.isInteger(length)) {
    throw new ArgumentError(
      `[narrow] takes an integer start and length, not ${describe(start)} and ${describe(length)}.`,
    );
  }
  if (start < 0 || length < 0 || start + length > extent) {
    throw new ShapeError(
      `[narrow] ${start} … ${start + length} does not lie within axis ${axis} of ${x}, which has extent ${extent}.`,
    );
  }
  const starts = x.shape.map((_, i) => (i === position ? start : 0));
  const stops = x.shape.map((n, i) => (i === position ? start + length : n));
  return slice(x, starts, stops);
}

/**
 * Reverses the order along the given axes.
 *
 * Throws {@link ShapeError} for an axis that does not exist or is named twice.
 *
 * ```ts
 * await flip(tensor([[1, 2], [3, 4]]), 1).toArray(); // [[2, 1], [4, 3]]
 * ```
 */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  requireTensor('flip', 'x', x);
  if (axes === undefined) throw wrongArgument('flip', 'axes', 'an integer or an array of integers', axes);
  const list = normalizeAxes('flip', axes, x.ndim);
  return list.length === 0 ? unchanged(x) : tensorOf(makeNode('flip', [nodeOf(x)], { axes: list }));
}

/**
 * Joins tensors along an existing axis, by default the first; their dtype is the one that they have in common.
 *
 * Throws {@link ShapeError} where other extents differ, {@link ArgumentError} for an empty list.
 *
 * ```ts
 * await concat([tensor([[1, 2]]), tensor([[3, 4], [5, 6]])]).toArray(); // [[1, 2], [3, 4], [5, 6]]
 * ```
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  requireTensors('concat', 'tensors', tensors);
  const first = tensors[0];
  if (first === undefined) throw new ArgumentError('[concat] needs at least one tensor.');
  const position = normalizeAxis('concat', axis, first.ndim);
  for (const other of tensors) {
    const fits = other.ndim === first.ndim && other.shape.every((n, i) => i === position || n === first.shape[i]);
    if (!fits)
      throw new ShapeError(
        `[concat] cannot join ${first} and ${other} along axis ${axis}: all other extents must be equal.`,
      );
  }
  if (tensors.length === 1) return first;
  const dtype = tensors.reduce((common, t) => commonDType(common, t.dtype), first.dtype);
  return tensorOf(
    makeNode(
      'concat',
      tensors.map((t) => castNode(nodeOf(t), dtype)),
      { axis: position },
    ),
  );
}

/**
 * Joins tensors of one shape along a new axis, which becomes axis `axis` of the result, by default the first.
 *
 * Throws {@link ShapeError} where the shapes differ, {@link ArgumentError} for an empty list.
 *
 * ```ts
 * await stack([tensor([1, 2]), tensor([3, 4])]).toArray(); // [[1, 2], [3, 4]]
 * await stack([tensor([1, 2]), tensor([3, 4])], 1).toArray(); // [[1, 3], [2, 4]]
 * ```
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  requireTensors('stack', 'tensors', tensors);
  const [first] = tensors;
  if (first === undefined) throw new ArgumentError('[stack] needs at least one tensor.');
  const other = tensors.find(({ shape }) => shape.length !== first.ndim || shape.some((n, i) => n !== first.shape[i]));
  if (other !== undefined) {
    throw new ShapeError(`[stack] cannot stack ${first} and ${other}: all tensors must have the same shape.`, {
      hint: 'To join them along an axis that they have, use concat.',
    });
  }
  return concat(
    tensors.map((t) => unsqueeze(t, axis)),
    axis,
  );
}
