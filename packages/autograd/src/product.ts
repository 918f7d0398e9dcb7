/** Products of all other elements, the gradient of a product: without quotients, which say nothing where an element is 0. */
import { onesLike, pad, type Tensor } from '@hebb/tensor';

/**
 * At every element of x the product of the others along `axes`; the shape of x.
 *
 * Neighbours are multiplied in pairs, and pairs of pairs, as a tree over the axes; an element's others are the neighbour of itself, of its pair, of the pair
 * of its pair, … That is n multiplications to build the tree, and one kernel that multiplies log₂ n numbers for each element. It is a polynomial of x, and so
 * are all of its derivatives.
 */
export function productOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const rows = kept.map((axis) => x.shape[axis] ?? 1);
  const count = axes.reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
  const levels = Math.ceil(Math.log2(Math.max(count, 1)));
  const size = 2 ** levels;
  const beside = rows.map(() => [0, 0] as const);
  let level = pad(x.permute(order).reshape([...rows, count]), [...beside, [0, size - count]], { value: 1 });
  let others: Tensor | undefined;
  for (let length = size; length > 1; length /= 2) {
    const pairs = level.reshape([...rows, length / 2, 2]);
    const neighbours = pairs.flip(-1).reshape([...rows, length, 1]);
    const wide = neighbours.broadcastTo([...rows, length, size / length]).reshape([...rows, size]);
    others = others === undefined ? wide : others.mul(wide);
    level = pairs
      .narrow(-1, 0, 1)
      .mul(pairs.narrow(-1, 1, 1))
      .reshape([...rows, length / 2]);
  }
  if (others === undefined) return onesLike(x);
  const back = order.map((_, axis) => order.indexOf(axis));
  return others
    .narrow(-1, 0, count)
    .reshape(order.map((axis) => x.shape[axis] ?? 1))
    .permute(back);
}
