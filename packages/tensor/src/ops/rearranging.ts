/** Axes and elements in another order. */
import { describe, requireArray, requireInteger, wrongArgument } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { requireTensor, unchanged } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { concat, flip, narrow, normalizeAxis, permute, reshape, transpose } from './movement.ts';

/** Integers as a list; throws {@link ArgumentError} for anything else. */
function integersOf(op: string, name: string, value: number | readonly number[]): readonly number[] {
  const list: readonly number[] = typeof value === 'number' ? [value] : value;
  if (!Array.isArray(list) || !list.every((n) => Number.isInteger(n)))
    throw wrongArgument(op, name, 'an integer or an array of integers', value);
  return list;
}

/**
 * Moves axes to other places; the others keep their order. Axis `source[i]` of x becomes axis `destination[i]` of the result.
 *
 * Throws {@link ShapeError} for axes that do not exist, are named twice, or are as many as they are not on the other side.
 *
 * ```ts
 * moveAxis(zeros([8, 3, 32, 32]), 1, -1).shape; // [8, 32, 32, 3]
 * moveAxis(zeros([2, 3, 4]), [0, 1], [2, 0]).shape; // [3, 4, 2]
 * ```
 */
export function moveAxis(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  requireTensor('moveAxis', 'x', x);
  const ndim = x.ndim || 1;
  const from = integersOf('moveAxis', 'source', source).map((axis) => normalizeAxis('moveAxis', axis, ndim));
  const to = integersOf('moveAxis', 'destination', destination).map((axis) => normalizeAxis('moveAxis', axis, ndim));
  if (from.length !== to.length)
    throw new ShapeError(
      `[moveAxis] moves ${from.length} axes to ${to.length} places: ${describe(source)}, ${describe(destination)}.`,
    );
  if (new Set(from).size !== from.length || new Set(to).size !== to.length)
    throw new ShapeError(`[moveAxis] names an axis twice: from ${describe(from)} to ${describe(to)}.`);
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis));
  return permute(
    x,
    x.shape.map((_, axis) => {
      const moved = to.indexOf(axis);
      return moved < 0 ? (rest.shift() ?? 0) : (from[moved] ?? 0);
    }),
  );
}

/**
 * Cuts an axis into several, whose extents have its extent as product; one may be −1 and is computed from the others.
 *
 * Throws {@link ShapeError} for an axis that does not exist and extents of another product.
 *
 * ```ts
 * unflatten(zeros([8, 12]), 1, [3, -1]).shape; // [8, 3, 4]
 * ```
 */
export function unflatten(x: Tensor, axis: number, shape: readonly number[]): Tensor {
  requireTensor('unflatten', 'x', x);
  const position = normalizeAxis('unflatten', axis, x.ndim);
  requireArray('unflatten', 'shape', shape);
  const extent = x.shape[position] ?? 0;
  const unknown = shape.indexOf(-1);
  const known = shape.reduce((product, n, i) => (i === unknown ? product : product * n), 1);
  const extents = shape.map((n, i) => (i === unknown ? extent / known : n));
  const fits = extents.length > 0 && extents.every((n) => Number.isInteger(n) && n >= 0);
  if (!fits || extents.reduce((product, n) => product * n, 1) !== extent) {
    throw new ShapeError(
      `[unflatten] cannot cut axis ${axis} of ${x}, which has extent ${extent}, into [${shape.join(', ')}].`,
      {
        hint: 'The product of the extents is that of the axis; one may be −1 and is found from the others.',
      },
    );
  }
  return reshape(x, [...x.shape.slice(0, position), ...extents, ...x.shape.slice(position + 1)]);
}

/**
 * Moves elements along axes by `shifts` places, around the end to the beginning; over the flattened tensor where no axes are named. The shape of x.
 *
 * Throws {@link ArgumentError} for shifts that are no integers, or not as many as the axes, {@link ShapeError} for axes that do not exist.
 *
 * ```ts
 * await roll(tensor([1, 2, 3, 4]), 1).toArray(); // [4, 1, 2, 3]
 * await roll(tensor([[1, 2], [3, 4], [5, 6]]), [1, 1], [0, 1]).toArray(); // [[6, 5], [2, 1], [4, 3]]
 * ```
 */
export function roll(x: Tensor, shifts: number | readonly number[], axes?: number | readonly number[]): Tensor {
  requireTensor('roll', 'x', x);
  const steps = integersOf('roll', 'shifts', shifts);
  const list =
    axes === undefined
      ? undefined
      : integersOf('roll', 'axes', axes).map((axis) => normalizeAxis('roll', axis, x.ndim));
  if (steps.length !== (list?.length ?? 1))
    throw new ArgumentError(`[roll] takes a shift for each axis, not ${describe(shifts)} for ${describe(axes)}.`);
  if (list === undefined) return reshape(rolled(reshape(x, [x.size]), steps[0] ?? 0, 0), x.shape);
  return list.reduce((result, axis, i) => rolled(result, steps[i] ?? 0, axis), unchanged(x));
}

function rolled(x: Tensor, shift: number, axis: number): Tensor {
  const extent = x.shape[axis] ?? 0;
  const start = extent === 0 ? 0 : ((shift % extent) + extent) % extent;
  if (start === 0) return unchanged(x);
  return concat([narrow(x, axis, extent - start, start), narrow(x, axis, 0, extent - start)], axis);
}

/**
 * Turns the plane of two axes by `turns` times 90°, from the first towards the second: counterclockwise for a matrix as it is written; negative turns go back.
 *
 * Throws {@link ArgumentError} for turns that are no integer, {@link ShapeError} unless two different axes are named.
 *
 * ```ts
 * await rot90(tensor([[1, 2], [3, 4]])).toArray(); // [[2, 4], [1, 3]]
 * await rot90(tensor([[1, 2], [3, 4]]), -1).toArray(); // [[3, 1], [4, 2]]
 * ```
 */
export function rot90(x: Tensor, turns = 1, axes: readonly number[] = [0, 1]): Tensor {
  requireTensor('rot90', 'x', x);
  requireInteger('rot90', 'turns', turns);
  const [from, to, ...others] = integersOf('rot90', 'axes', axes).map((axis) => normalizeAxis('rot90', axis, x.ndim));
  if (from === undefined || to === undefined || from === to || others.length > 0)
    throw new ShapeError(`[rot90] turns the plane of two different axes, not ${describe(axes)}.`);
  const quarter = ((turns % 4) + 4) % 4;
  if (quarter === 0) return unchanged(x);
  if (quarter === 1) return transpose(flip(x, to), from, to);
  return quarter === 2 ? flip(x, [from, to]) : flip(transpose(x, from, to), to);
}
