/** Tensors cut into several. */
import { requireInteger, wrongArgument } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { narrow, normalizeAxis, squeeze } from './movement.ts';

/**
 * Cuts along an axis, by default the first: into parts of `sizes` elements each (the last may have fewer), or into parts of the extents that are listed.
 *
 * Throws {@link ArgumentError} for extents that are no integers ≥ 0, {@link ShapeError} for a list whose sum is not the axis's extent.
 *
 * ```ts
 * const [a, b] = split(tensor([1, 2, 3, 4, 5]), 3);
 * [await a?.toArray(), await b?.toArray()]; // [[1, 2, 3], [4, 5]]
 * split(zeros([4, 6]), [1, 2, 3], 1).map((part) => part.shape[1]); // [1, 2, 3]
 * ```
 */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  requireTensor('split', 'x', x);
  const position = normalizeAxis('split', axis, x.ndim);
  const extent = x.shape[position] ?? 0;
  if (typeof sizes === 'number') {
    requireInteger('split', 'the size of a part', sizes, 1);
    return partsOf(x, sizes, position);
  }
  if (!Array.isArray(sizes) || !sizes.every((n) => Number.isInteger(n) && n >= 0))
    throw wrongArgument('split', 'sizes', 'an integer ≥ 1 or an array of integers ≥ 0', sizes);
  const sum = sizes.reduce((total, n) => total + n, 0);
  if (sum !== extent)
    throw new ShapeError(`[split] the parts have ${sum} elements together; axis ${axis} of ${x} has ${extent}.`);
  let start = 0;
  return sizes.map((length) => narrow(x, position, (start += length) - length, length));
}

/** Parts of `size` elements; one that is empty where there are none. */
function partsOf(x: Tensor, size: number, axis: number): Tensor[] {
  const extent = x.shape[axis] ?? 0;
  return Array.from({ length: Math.max(1, Math.ceil(extent / size)) }, (_, i) =>
    narrow(x, axis, i * size, Math.min(size, extent - i * size)),
  );
}

/**
 * Cuts along an axis, by default the first, into at most `chunks` parts of equal extent, the last of which may have fewer elements; as in PyTorch there are
 * fewer parts where fewer have them all.
 *
 * Throws {@link ArgumentError} unless chunks is an integer ≥ 1.
 *
 * ```ts
 * chunk(zeros([7]), 3).map((part) => part.shape[0]); // [3, 3, 1]
 * ```
 */
export function chunk(x: Tensor, chunks: number, axis = 0): Tensor[] {
  requireTensor('chunk', 'x', x);
  requireInteger('chunk', 'chunks', chunks, 1);
  const position = normalizeAxis('chunk', axis, x.ndim);
  return partsOf(x, Math.max(1, Math.ceil((x.shape[position] ?? 0) / chunks)), position);
}

/**
 * The slices along an axis, by default the first, which they do not have any more; {@link stack} puts them together again. This is how a loop goes over the rows
 * of a tensor: `for (const row of unbind(x))`.
 *
 * ```ts
 * unbind(zeros([3, 2]), 1).map((column) => column.shape); // [[3], [3]]
 * const [first] = unbind(tensor([[1, 2], [3, 4]]));
 * await first?.toArray(); // [1, 2]
 * ```
 */
export function unbind(x: Tensor, axis = 0): Tensor[] {
  requireTensor('unbind', 'x', x);
  const position = normalizeAxis('unbind', axis, x.ndim);
  return Array.from({ length: x.shape[position] ?? 0 }, (_, i) => squeeze(narrow(x, position, i, 1), position));
}
