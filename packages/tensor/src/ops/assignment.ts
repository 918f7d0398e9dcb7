/** A part of a tensor replaced, as a new value. */
import { describe, requireArray } from '../arguments/index.ts';
import { ArgumentError, DTypeError, ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { isTensor, nodeOf, requireOperand, requireTensor, tensorOf, unchanged } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { alongAxis, scatterNode } from './indexing.ts';
import { broadcastTo, reshape } from './movement.ts';
import { broadcastShapes, constantNode, requireHeld } from './operands.ts';
import { positionsOf, requireList, requireWithin } from './positions.ts';

/**
 * What is meant along one axis: a position (negative: from the end; the value has no such axis), a range [start, stop, step] (without stop;
 * negative: from the end; cut off at the ends as in `slice`), or an int32 tensor with a list of positions.
 */
export type Selection = number | readonly [start?: number, stop?: number, step?: number] | Tensor;

/** Positions start, start + step, … along one axis. */
interface Range {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

function rangeOf(x: Tensor, axis: number, selection: number | readonly unknown[]): Range {
  const extent = x.shape[axis] ?? 0;
  if (typeof selection === 'number') {
    if (!Number.isInteger(selection) || selection < -extent || selection >= extent) {
      throw new ArgumentError(
        `[setAt] index[${axis}] is ${describe(selection)}, which is no position along axis ${axis} of ${x}.`,
      );
    }
    return { start: selection < 0 ? selection + extent : selection, step: 1, count: 1 };
  }
  const [start = 0, stop = extent, step = 1] = selection;
  const isPosition = (n: unknown): n is number => Number.isInteger(n) || n === Infinity || n === -Infinity;
  if (
    selection.length > 3 ||
    !isPosition(start) ||
    !isPosition(stop) ||
    !Number.isInteger(step) ||
    !((step as number) > 0)
  ) {
    throw new ArgumentError(
      `[setAt] index[${axis}] must be a position, a range [start, stop, step] of integers with a step ≥ 1, or an int32 tensor, not ${describe(selection)}.`,
    );
  }
  const limit = (n: number): number => Math.min(Math.max(n < 0 ? n + extent : n, 0), extent);
  return {
    start: limit(start),
    step: step as number,
    count: Math.max(0, Math.ceil((limit(stop) - limit(start)) / (step as number))),
  };
}

/** Elements of a region at their places in `shape`, with `value` around and between them; what is no range is left as it is. */
function placed(
  region: Tensor,
  ranges: readonly (Range | undefined)[],
  shape: readonly number[],
  value: number,
): Tensor {
  const low = ranges.map((range) => range?.start ?? 0);
  const interior = ranges.map((range) => (range?.step ?? 1) - 1);
  const high = ranges.map((range, axis) =>
    range === undefined ? 0 : (shape[axis] ?? 0) - range.start - (range.count - 1) * range.step - 1,
  );
  return tensorOf(makeNode('pad', [nodeOf(region)], { low, high, interior, value }));
}

/**
 * x with a part replaced by `value`, as a new tensor; x stays as it is. `index` says for each axis, from the first on, what is meant: a position,
 * a range [start, stop, step], or (once) an int32 tensor with a list of positions; axes that are not named are meant whole. The value is a number, or a
 * tensor that broadcasts to the part. Gradients reach x where it stayed, and the value where it came in.
 *
 * Throws {@link ArgumentError} for positions that x does not have, {@link ShapeError} for more selections than axes and a value that does not
 * broadcast, {@link DTypeError} for a value of another dtype.
 *
 * ```ts
 * const x = zeros([2, 3]);
 * await setAt(x, [1, [0, 2]], tensor([7, 8])).toArray(); // [[0, 0, 0], [7, 8, 0]]
 * await setAt(x, [[], -1], 5).toArray(); // [[0, 0, 5], [0, 0, 5]]
 * ```
 */
export function setAt(x: Tensor, index: readonly Selection[], value: Operand): Tensor {
  requireTensor('setAt', 'x', x);
  requireArray('setAt', 'index', index);
  requireOperand('setAt', value);
  if (index.length > x.ndim)
    throw new ShapeError(`[setAt] has ${index.length} selections for the ${x.ndim} axes of ${x}.`);
  let listAxis = -1;
  let list: Tensor | undefined;
  const ranges = x.shape.map((_, axis): Range | undefined => {
    const selection: unknown = axis < index.length ? index[axis] : [];
    if (typeof selection === 'number' || Array.isArray(selection)) return rangeOf(x, axis, selection);
    if (!isTensor(selection)) {
      throw new ArgumentError(
        `[setAt] index[${axis}] must be a position, a range [start, stop, step] or an int32 tensor, not ${describe(selection)}.`,
      );
    }
    if (list !== undefined) {
      throw new ArgumentError('[setAt] takes one list of positions, and there are several.', {
        hint: 'Flatten these axes, compute positions there, and use scatter.',
      });
    }
    list = positionsOf('setAt', `index[${axis}]`, selection);
    listAxis = axis;
    requireList('setAt', `index[${axis}]`, list);
    requireWithin('setAt', `index[${axis}]`, list, 0, (x.shape[axis] ?? 0) - 1);
    return undefined;
  });
  const region = ranges.map((range) => range?.count ?? list?.size ?? 0);
  if (region.includes(0)) return unchanged(x);
  const part = region.filter((_, axis) => typeof index[axis] !== 'number');
  const values = reshape(valuesOf(x, value, part), region);
  if (list !== undefined) {
    const positions = placed(alongAxis(list, listAxis, region), ranges, x.shape, -1);
    return scatterNode(x, listAxis, positions, placed(values, ranges, x.shape, 0), 'set');
  }
  const inside = placed(tensorOf(constantNode(1, 'bool', region)), ranges, x.shape, 0);
  return where(inside, placed(values, ranges, x.shape, 0), x);
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
