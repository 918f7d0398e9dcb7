/** A part of a tensor replaced, as a new value. */
import { checkOptions, describe, requireArray, requireBoolean, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, DTypeError, ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { sameShape, sizeOf } from '../graph/types.ts';
import { isTensor, nodeOf, requireOperand, requireTensor, tensorOf, unchanged } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { cumulate } from './cumulative.ts';
import { where } from './comparison.ts';
import { alongAxis, fromFront, gatherNode, scatterNode } from './indexing.ts';
import { broadcastTo, flip, permute, reshape } from './movement.ts';
import { broadcastError, broadcastShapes, constantNode, requireHeld } from './operands.ts';
import { positionsOf } from './positions.ts';
import { requireWithin } from './range.ts';

/**
 * What is meant along one axis: a position (negative: from the end; the value has no such axis), a range [start, stop, step] (negative positions from the
 * end; cut off at the ends, and backwards with a negative step, as in `slice`), or an int32 tensor of positions. A bool tensor is a mask over as many axes
 * as it has.
 */
export type Selection = number | readonly [start?: number, stop?: number, step?: number] | Tensor;

export interface SetAtOptions {
  /** Whether the value is added to the part, in the place of replacing it. Default false. */
  accumulate?: boolean;
}

const setAtOptions: OptionNames<SetAtOptions> = { accumulate: requireBoolean };

/** Positions start, start + step, … along one axis; `backwards` where the last of them is meant first. */
interface Range {
  readonly start: number;
  readonly step: number;
  readonly count: number;
  readonly backwards: boolean;
}

function rangeOf(x: Tensor, axis: number, selection: unknown): Range {
  const extent = x.shape[axis] ?? 0;
  if (typeof selection === 'number') {
    if (!Number.isInteger(selection) || selection < -extent || selection >= extent) {
      throw new ArgumentError(
        `[setAt] index[${axis}] is ${describe(selection)}, which is no position along axis ${axis} of ${x}.`,
      );
    }
    return { start: selection < 0 ? selection + extent : selection, step: 1, count: 1, backwards: false };
  }
  const [from, to, step = 1]: readonly unknown[] = Array.isArray(selection) ? selection : [NaN];
  const isPosition = (n: unknown): n is number | undefined =>
    n === undefined || Number.isInteger(n) || n === Infinity || n === -Infinity;
  if (
    (Array.isArray(selection) && selection.length > 3) ||
    !isPosition(from) ||
    !isPosition(to) ||
    typeof step !== 'number' ||
    !Number.isInteger(step) ||
    step === 0
  ) {
    throw new ArgumentError(
      `[setAt] index[${axis}] must be a position, a range [start, stop, step] of integers with a step other than 0, or a tensor, not ${describe(selection)}.`,
    );
  }
  // Going backwards the first place is the last element, and the one past the end is −1.
  const [front, end] = step > 0 ? [0, extent] : [-1, extent - 1];
  const limit = (n: number): number => Math.min(Math.max(n < 0 ? n + extent : n, front), end);
  const start = from === undefined ? (step > 0 ? front : end) : limit(from);
  const stop = to === undefined ? (step > 0 ? end : front) : limit(to);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (step > 0) return { start, step, count, backwards: false };
  return { start: start + (count - 1) * step, step: -step, count, backwards: true };
}

/** Elements of a region at their places in `shape`, with `value` around and between them; what is no range is left as it is. */
function placed(
  region: Tensor,
  ranges: readonly (Range | undefined)[],
  shape: readonly number[],
  value: number,
): Tensor {
  const backwards = ranges.flatMap((range, axis) => (range?.backwards === true ? [axis] : []));
  const low = ranges.map((range) => range?.start ?? 0);
  const interior = ranges.map((range) => (range?.step ?? 1) - 1);
  const high = ranges.map((range, axis) =>
    range === undefined ? 0 : (shape[axis] ?? 0) - range.start - (range.count - 1) * range.step - 1,
  );
  return tensorOf(makeNode('pad', [nodeOf(flip(region, backwards))], { low, high, interior, value }));
}

/**
 * x with a part replaced by `value`, as a new tensor; x stays as it is: PyTorch's `x[index] = value`. `index` says for each axis, from the first on, what
 * is meant: a position, a range [start, stop, step], or an int32 tensor of positions; axes that are not named are meant whole. Several tensors of positions
 * broadcast together and name elements by their coordinates; their axes stand in the part where the first of them does, in front where a range lies
 * between them. A bool tensor is a mask over as many axes as it has, which are one axis of the part: the value is repeated along it, or has the
 * elements in row-major order (where there are too few, the last places are NaN, of integers 0).
 *
 * The value is a number, or a tensor that broadcasts to the part. Of several for one place the last stays; with `accumulate` all are added to what is there,
 * to the same bits in any order. Gradients reach x where it stayed, and the value where it came in.
 *
 * Throws {@link ArgumentError} for positions that x does not have where they are known on the host (computed ones are dropped), {@link ShapeError} for
 * more selections than axes and a value that does not broadcast, {@link DTypeError} for a value of another dtype.
 *
 * ```ts
 * const x = zeros([2, 3]);
 * await setAt(x, [1, [0, 2]], tensor([7, 8])).toArray(); // [[0, 0, 0], [7, 8, 0]]
 * await setAt(x, [[], -1], 5).toArray(); // [[0, 0, 5], [0, 0, 5]]
 * const [rows, columns] = [tensor([0, 1, 0], { dtype: 'int32' }), tensor([2, 0, 2], { dtype: 'int32' })];
 * await setAt(x, [rows, columns], tensor([1, 2, 3]), { accumulate: true }).toArray(); // [[0, 0, 4], [2, 0, 0]]
 * await setAt(x, [x.equal(0)], 1).toArray(); // [[1, 1, 1], [1, 1, 1]]
 * ```
 */
export function setAt(x: Tensor, index: readonly Selection[], value: Operand, options: SetAtOptions = {}): Tensor {
  requireTensor('setAt', 'x', x);
  requireArray('setAt', 'index', index);
  requireOperand('setAt', value);
  checkOptions('setAt', options, setAtOptions);
  const { accumulate = false } = options;
  if (accumulate && x.dtype === 'bool')
    throw new DTypeError(`[setAt] accumulates numbers, not ${x}.`, { hint: 'Without accumulate the value replaces.' });
  const mask = maskOf(x, index);
  if (mask !== undefined && mask.values.ndim !== 1) {
    const merged = [...x.shape.slice(0, mask.axis), mask.values.size, ...x.shape.slice(mask.axis + mask.values.ndim)];
    const flat = index.map((selection, i) => (i === mask.axis ? reshape(mask.values, [mask.values.size]) : selection));
    return reshape(setAt(reshape(x, merged), flat, value, options), x.shape);
  }
  if (index.length > x.ndim)
    throw new ShapeError(`[setAt] has ${index.length} selections for the ${x.ndim} axes of ${x}.`);
  const lists = listsOf(x, index);
  const [first] = lists;
  if (lists.length > 1 || (first !== undefined && first.positions.ndim !== 1))
    return setAtCoordinates(x, index, lists, value, options);
  const ranges = x.shape.map((_, axis): Range | undefined =>
    axis === first?.axis ? undefined : rangeOf(x, axis, axis === mask?.axis ? [] : (index[axis] ?? [])),
  );
  const region = ranges.map((range) => range?.count ?? first?.positions.size ?? 0);
  if (region.includes(0)) return unchanged(x);
  const part = region.filter((_, axis) => typeof index[axis] !== 'number');
  const partAxis = (axis: number): number => axis - index.slice(0, axis).filter((i) => typeof i === 'number').length;
  const values =
    mask === undefined ? valuesOf(x, value, part) : maskedValues(x, value, part, mask, partAxis(mask.axis));
  const there = placed(reshape(values, region), ranges, x.shape, 0);
  if (first !== undefined) {
    const positions = placed(alongAxis(first.positions, first.axis, region), ranges, x.shape, -1);
    return scatterNode(x, first.axis, positions, there, accumulate ? 'add' : 'set');
  }
  const marks =
    mask === undefined ? tensorOf(constantNode(1, 'bool', region)) : alongAxis(mask.values, mask.axis, region);
  const inside = placed(marks, ranges, x.shape, 0);
  return accumulate ? x.add(where(inside, there, 0)) : where(inside, there, x);
}

interface Mask {
  readonly axis: number;
  readonly values: Tensor;
}

/** The mask of an index, at its first axis. */
function maskOf(x: Tensor, index: readonly unknown[]): Mask | undefined {
  const isMask = (selection: unknown): boolean => isTensor(selection) && selection.dtype === 'bool';
  const axis = index.findIndex(isMask);
  if (axis < 0) return undefined;
  const values = index[axis] as Tensor;
  if (!sameShape(x.shape.slice(axis, axis + values.ndim), values.shape))
    throw new ShapeError(`[setAt] index[${axis}], the mask ${values}, does not fit the axes of ${x} from ${axis} on.`);
  const other = index.findIndex((selection, i) => i !== axis && isTensor(selection));
  if (other < 0) return { axis, values };
  throw new ArgumentError(`[setAt] index[${axis}] is a mask, and index[${other}] is a tensor, too.`, {
    hint: 'nonZero gives the positions at which a mask holds.',
  });
}

/** Of masked places in their order the first elements of the value, or the one that there is for all. `axis` is theirs in the part. */
function maskedValues(x: Tensor, value: Operand, part: readonly number[], mask: Mask, axis: number): Tensor {
  const behind = part.length - axis;
  const count = typeof value === 'number' ? 1 : (value.shape[value.ndim - behind] ?? 1);
  const given = valuesOf(
    x,
    value,
    part.map((n, i) => (i === axis ? count : n)),
  );
  if (count === 1) return broadcastTo(given, part);
  const order = cumulate(mask.values.to('int32'), 0, 'sum', false).sub(1);
  return gatherNode(given, axis, alongAxis(order, axis, part));
}

interface List {
  readonly axis: number;
  /** int32, counted from the front. */
  readonly positions: Tensor;
}

function listsOf(x: Tensor, index: readonly unknown[]): List[] {
  return index.flatMap((selection, axis) => {
    if (!isTensor(selection) || selection.dtype === 'bool') return [];
    const extent = x.shape[axis] ?? 0;
    const positions = positionsOf('setAt', `index[${axis}]`, selection);
    requireWithin('setAt', `index[${axis}]`, positions, -extent, extent - 1);
    return [{ axis, positions: fromFront(positions, extent) }];
  });
}

/** Lists that name elements by their coordinates: one list along one axis that is made of theirs, and stands in front. */
function setAtCoordinates(
  x: Tensor,
  index: readonly Selection[],
  lists: readonly List[],
  value: Operand,
  options: SetAtOptions,
): Tensor {
  let shape: readonly number[] = [];
  for (const { positions } of lists) {
    const joined = broadcastShapes(shape, positions.shape);
    if (joined === undefined) throw broadcastError('setAt', lists.map((list) => list.positions)); // prettier-ignore
    shape = joined;
  }
  const axes = lists.map(({ axis }) => axis);
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  // Where x has positions by a list, and the place of them all in row-major order.
  let [flat, isInside]: [Tensor | undefined, Tensor | undefined] = [undefined, undefined];
  for (const { axis, positions } of lists) {
    const extent = x.shape[axis] ?? 0;
    const place = broadcastTo(positions, shape);
    const within = place.greaterEqual(0).and(place.less(extent));
    flat = flat === undefined ? place : flat.mul(extent).add(place);
    isInside = isInside === undefined ? within : isInside.and(within);
  }
  if (flat === undefined || isInside === undefined) return x;
  // The part: axes that have no single position, those of the lists at the first of them, or in front where they are not neighbours.
  const ranged = x.shape.map((_, axis) => axis).filter((axis) => typeof index[axis] !== 'number');
  const ranges = ranged.filter((axis) => !axes.includes(axis)).map((axis) => rangeOf(x, axis, index[axis] ?? []).count);
  const place = ranged.indexOf(axes[0] ?? 0);
  const areNeighbours = axes.every((axis, i) => ranged.indexOf(axis) === place + i);
  const before = areNeighbours ? place : 0;
  const values = valuesOf(x, value, [...ranges.slice(0, before), ...shape, ...ranges.slice(before)]);
  const inFront = permute(values, [
    ...shape.map((_, i) => before + i),
    ...ranges.map((_, i) => (i < before ? i : i + shape.length)),
  ]);
  const order = [...axes, ...rest];
  const extents = order.map((axis) => x.shape[axis] ?? 0);
  const [count, merged] = [sizeOf(shape), sizeOf(axes.map((axis) => x.shape[axis] ?? 0))];
  const result = setAt(
    reshape(permute(x, order), [merged, ...rest.map((axis) => x.shape[axis] ?? 0)]),
    [reshape(where(isInside, flat, merged), [count]), ...rest.map((axis): Selection => index[axis] ?? [])],
    reshape(inFront, [count, ...ranges]),
    options,
  );
  return permute(
    reshape(result, extents),
    order.map((_, axis) => order.indexOf(axis)),
  );
}

/** The value in full. */
function valuesOf(x: Tensor, value: Operand, part: readonly number[]): Tensor {
  if (typeof value === 'number') {
    requireHeld('setAt', value, x);
    return tensorOf(constantNode(value, x.dtype, part));
  }
  if (value.dtype !== x.dtype) {
    throw new DTypeError(`[setAt] the value must have the dtype of ${x}, not ${value}.`, {
      hint: `Convert it with .to('${x.dtype}').`,
    });
  }
  const joined = broadcastShapes(part, value.shape);
  if (joined === undefined || joined.length !== part.length || joined.some((n, i) => n !== part[i]))
    throw new ShapeError(
      `[setAt] the value ${value} does not broadcast to the part [${part.join(', ')}] that it replaces.`,
    );
  return broadcastTo(value, part);
}
