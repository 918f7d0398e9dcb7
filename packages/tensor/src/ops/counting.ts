/** What holds over axes, and how often. A number counts as true where it is not 0, NaN included. */
import { knownAs } from '../graph/node.ts';
import type { Tensor } from '../tensor.ts';
import { countOf, keepsDims, reduced, type Axes, type ReduceOptions } from './reduce.ts';

function counted(op: string, x: Tensor, axes: Axes, options: ReduceOptions | undefined): Tensor {
  const keepDims = keepsDims(op, x, options);
  countOf(op, x, axes);
  return knownAs(op, () => reduced('sum', x.to('bool').to('int32'), axes, keepDims));
}

/**
 * How many elements over axes (default: all) are not 0; int32.
 *
 * ```ts
 * await countNonZero(tensor([[0, 5], [3, NaN]]), 1).toArray(); // [1, 2]
 * ```
 */
export function countNonZero(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  return counted('countNonZero', x, axes, options);
}

/**
 * Whether any element over axes (default: all) holds; bool. False over an empty axis.
 *
 * ```ts
 * await any(tensor([[0, 5], [0, 0]]), 1).toArray(); // [1, 0]
 * ```
 */
export function any(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  return counted('any', x, axes, options).notEqual(0);
}

/**
 * Whether all elements over axes (default: all) hold; bool. True over an empty axis.
 *
 * ```ts
 * await all(tensor([[0, 5], [1, 1]]), 1).toArray(); // [0, 1]
 * ```
 */
export function all(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  return counted('all', x, axes, options).equal(countOf('all', x, axes));
}
