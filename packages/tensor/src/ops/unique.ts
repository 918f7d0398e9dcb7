/** Different elements. Their number depends on the values, so the function is asynchronous. */
import { requireTensor } from '../handle.ts';
import { realize } from '../runtime/realize.ts';
import type { Tensor } from '../tensor.ts';
import { iota, zeros } from './creation.ts';
import { cumulate } from './cumulative.ts';
import { alongAxis, gatherNode, scatterNode } from './indexing.ts';
import { narrow, normalizeAxis, reshape } from './movement.ts';
import { pad } from './padding.ts';
import { moveAxis } from './rearranging.ts';
import { sortedPositions } from './sorting.ts';

/** The different elements of a tensor, or its different slices along an axis. */
export interface UniqueElements {
  /** Ascending; one axis, or the shape of x with another extent along the axis; the dtype of x. */
  readonly values: Tensor;
  /** int32: which of the values each element is, of the shape of x; which each slice is, of one axis. */
  readonly inverse: Tensor;
  /** int32: how often each value occurs. */
  readonly counts: Tensor;
}

/**
 * The different elements of x in ascending order, which of them each element is, and how often each occurs: `{ values, inverse, counts }`. Along an `axis`
 * the different slices, in the order of their first elements, then the second, and so on. −0 equals 0; every NaN is an element of its own,
 * and stands last. Waits for x's values; the gradient goes to the last of equal elements.
 *
 * Rejects with {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * const { values, inverse, counts } = await unique(tensor([3, 1, 3]));
 * [await values.toArray(), await inverse.toArray(), await counts.toArray()]; // [[1, 3], [1, 0, 1], [1, 2]]
 * const rows = await unique(tensor([[2, 1], [1, 5], [2, 1]]), 0);
 * await rows.values.toArray(); // [[1, 5], [2, 1]]
 * ```
 */
export async function unique(x: Tensor, axis?: number): Promise<UniqueElements> {
  requireTensor('unique', 'x', x);
  if (axis === undefined) {
    const { values, inverse, counts } = await uniqueSlices(reshape(x, [x.size]), 0);
    return { values, inverse: reshape(inverse, x.shape), counts };
  }
  return uniqueSlices(x, normalizeAxis('unique', axis, x.ndim));
}

const none = (count: number): Tensor => zeros([count], { dtype: 'int32' });

async function uniqueSlices(x: Tensor, axis: number): Promise<UniqueElements> {
  const extent = x.shape[axis] ?? 0;
  if (extent === 0) return { values: x, inverse: none(0), counts: none(0) };
  const rows = reshape(moveAxis(x, axis, 0), [extent, x.size / extent]);
  const keys = x.ndim === 1 ? rows : ranksOfRows(rows);
  const { order, number } = ranked([keys]);
  await realize(order, number);
  const [places, ranks] = [reshape(order, [extent]), reshape(number, [extent])];
  const count = 1 + (await ranks.max().item());
  const last = scatterNode(none(count), 0, ranks, places, 'set');
  return {
    values: gatherNode(x, axis, alongAxis(last, axis, x.shape)),
    inverse: scatterNode(none(extent), 0, places, ranks, 'set'),
    counts: scatterNode(none(count), 0, ranks, none(extent).add(1), 'add'),
  };
}

/** For each column the positions in ascending order of its keys, of which later ones decide where earlier ones are equal, and which of the different ones stands there. */
function ranked(keys: readonly Tensor[]): { order: Tensor; number: Tensor } {
  let order: Tensor | undefined;
  for (const key of [...keys].reverse()) {
    const next = sortedPositions(order === undefined ? key : gatherNode(key, 0, order), 0, false);
    order = order === undefined ? next : gatherNode(order, 0, next);
  }
  const places = order ?? none(0);
  const row = iota(places.shape, 0);
  let isFirst = row.equal(0);
  for (const key of keys) {
    const sorted = gatherNode(key, 0, places);
    isFirst = isFirst.or(sorted.notEqual(gatherNode(sorted, 0, row.sub(1), 0)));
  }
  return { order: places, number: cumulate(isFirst.to('int32'), 0, 'sum', false).sub(1) };
}

/** int32 [n, 1] in the order of the rows of x [n, m], equal for equal ones: ranks of columns, then of pairs of columns, and so on. */
function ranksOfRows(x: Tensor): Tensor {
  const n = x.shape[0] ?? 0;
  const ranks = (...keys: Tensor[]): Tensor => {
    const { order, number } = ranked(keys);
    return scatterNode(zeros(order.shape, { dtype: 'int32' }), 0, order, number, 'set');
  };
  let columns = x.size === 0 ? zeros([n, 1], { dtype: 'int32' }) : ranks(x);
  for (;;) {
    const m = columns.shape[1] ?? 1;
    if (m === 1) return columns;
    const half = Math.ceil(m / 2);
    // Where there is no other column, one of zeros decides nothing.
    const pairs = reshape(pad(columns, [[0, 0], [0, 2 * half - m]]), [n, half, 2]); // prettier-ignore
    const of = (i: number): Tensor => reshape(narrow(pairs, 2, i, 1), [n, half]);
    columns = ranks(of(0), of(1));
  }
}
