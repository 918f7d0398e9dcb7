/** Different elements. Their number depends on the values, so the function is asynchronous. */
import { requireTensor } from '../handle.ts';
import { realize } from '../runtime/realize.ts';
import type { Tensor } from '../tensor.ts';
import { iota, zeros } from './creation.ts';
import { cumulate } from './cumulative.ts';
import { gatherNode, scatterNode } from './indexing.ts';
import { reshape } from './movement.ts';
import { sortedPositions } from './sorting.ts';

/** The different elements of a tensor. */
export interface UniqueElements {
  /** Ascending; one axis, the dtype of x. */
  readonly values: Tensor;
  /** int32, of the shape of x: which of the values each element is. */
  readonly inverse: Tensor;
  /** int32: how often each value occurs. */
  readonly counts: Tensor;
}

/**
 * The different elements of x in ascending order, which of them each element is, and how often each occurs: `{ values, inverse, counts }`. −0 equals 0;
 * every NaN is an element of its own, and stands last. Waits for x's values; the gradient goes to the last of equal elements.
 *
 * ```ts
 * const { values, inverse, counts } = await unique(tensor([3, 1, 3]));
 * [await values.toArray(), await inverse.toArray(), await counts.toArray()]; // [[1, 3], [1, 0, 1], [1, 2]]
 * ```
 */
export async function unique(x: Tensor): Promise<UniqueElements> {
  requireTensor('unique', 'x', x);
  const flat = reshape(x, [x.size]);
  const none = (count: number): Tensor => zeros([count], { dtype: 'int32' });
  if (x.size === 0) return { values: flat, inverse: reshape(none(0), x.shape), counts: none(0) };
  const order = sortedPositions(flat, 0, false);
  const sorted = gatherNode(flat, 0, order);
  const places = iota([x.size], 0);
  const isFirst = places.equal(0).or(sorted.notEqual(gatherNode(sorted, 0, places.sub(1), 0)));
  const number = cumulate(isFirst.to('int32'), 0, 'sum', false).sub(1);
  await realize(order, number);
  const count = 1 + (await number.max().item());
  const one = none(x.size).add(1);
  return {
    values: gatherNode(flat, 0, scatterNode(none(count), 0, number, order, 'set')),
    inverse: reshape(scatterNode(none(x.size), 0, order, number, 'set'), x.shape),
    counts: scatterNode(none(count), 0, number, one, 'add'),
  };
}
