/** Elements several times over. */
import { requireArray, requireInteger, wrongArgument } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { largestSize } from '../graph/types.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { tensor } from './creation.ts';
import { requireTable } from './limits.ts';
import { normalizeAxis, reshape } from './movement.ts';

function repeated(op: string, x: Tensor, counts: readonly number[]): Tensor {
  const missing = counts.length - x.ndim;
  const all = missing >= 0 ? counts : [...new Array<number>(-missing).fill(1), ...counts];
  for (const n of all) requireInteger(op, 'a number of repeats', n, 0);
  const shape = [...new Array<number>(Math.max(missing, 0)).fill(1), ...x.shape];
  const spread = reshape(
    x,
    shape.flatMap((n) => [1, n]),
  );
  return reshape(
    spread.broadcastTo(shape.flatMap((n, axis) => [all[axis] ?? 1, n])),
    shape.map((n, axis) => n * (all[axis] ?? 1)),
  );
}

/**
 * The tensor side by side with itself, `counts[axis]` times along each axis; more counts than axes add axes in front. As PyTorch's `repeat`.
 *
 * Throws {@link ArgumentError} for counts that are no integers ≥ 0, {@link ShapeError} for fewer counts than axes (see {@link tile}).
 *
 * ```ts
 * await repeat(tensor([1, 2]), [2, 2]).toArray(); // [[1, 2, 1, 2], [1, 2, 1, 2]]
 * ```
 */
export function repeat(x: Tensor, counts: readonly number[]): Tensor {
  requireTensor('repeat', 'x', x);
  requireArray('repeat', 'counts', counts);
  if (counts.length < x.ndim) {
    throw new ShapeError(`[repeat] takes a count for each axis of ${x}, not [${counts.join(', ')}].`, {
      hint: 'tile fills with 1 in front.',
    });
  }
  return repeated('repeat', x, counts);
}

/**
 * As {@link repeat}, with counts of 1 for axes in front that are not named.
 *
 * Throws {@link ArgumentError} for counts that are no integers ≥ 0.
 *
 * ```ts
 * await tile(tensor([[1, 2], [3, 4]]), [2]).toArray(); // [[1, 2, 1, 2], [3, 4, 3, 4]]
 * ```
 */
export function tile(x: Tensor, counts: readonly number[]): Tensor {
  requireTensor('tile', 'x', x);
  requireArray('tile', 'counts', counts);
  return repeated('tile', x, counts);
}

/**
 * Every element `repeats` times in a row, along an axis, or of the flattened tensor where none is named. A list says how often for each position of the axis.
 *
 * Throws {@link ArgumentError} for repeats that are no integers ≥ 0, {@link ShapeError} for a list that is not as long as the axis.
 *
 * ```ts
 * await repeatInterleave(tensor([1, 2]), 2).toArray(); // [1, 1, 2, 2]
 * await repeatInterleave(tensor([[1, 2], [3, 4]]), [2, 1], 0).toArray(); // [[1, 2], [1, 2], [3, 4]]
 * ```
 */
export function repeatInterleave(x: Tensor, repeats: number | readonly number[], axis?: number): Tensor {
  requireTensor('repeatInterleave', 'x', x);
  const source = axis === undefined ? reshape(x, [x.size]) : x;
  const position = normalizeAxis('repeatInterleave', axis === undefined ? 0 : axis, source.ndim);
  const extent = source.shape[position] ?? 0;
  const before = source.shape.slice(0, position);
  const after = source.shape.slice(position + 1);
  if (typeof repeats === 'number') {
    requireInteger('repeatInterleave', 'repeats', repeats, 0, largestSize);
    const spread = reshape(source, [...before, extent, 1, ...after]);
    return reshape(spread.broadcastTo([...before, extent, repeats, ...after]), [...before, extent * repeats, ...after]);
  }
  if (!Array.isArray(repeats) || !repeats.every((n) => Number.isInteger(n) && n >= 0))
    throw wrongArgument('repeatInterleave', 'repeats', 'an integer ≥ 0 or an array of them', repeats);
  if (repeats.length !== extent) {
    throw new ShapeError(
      `[repeatInterleave] has ${repeats.length} repeats for the ${extent} positions of axis ${axis ?? 0} of ${source}.`,
    );
  }
  const total = (repeats as readonly number[]).reduce((sum, count) => sum + count, 0);
  requireTable('repeatInterleave', 'repeats', repeats, total);
  const positions = new Int32Array(total);
  let end = 0;
  (repeats as readonly number[]).forEach((count, i) => positions.fill(i, end, (end += count)));
  const shape = source.shape.map((_, i) => (i === position ? positions.length : 1));
  const index = tensor(positions)
    .reshape(shape)
    .broadcastTo([...before, positions.length, ...after]);
  return tensorOf(makeNode('gather', [nodeOf(source), nodeOf(index)], { axis: position, outside: 0 }));
}
