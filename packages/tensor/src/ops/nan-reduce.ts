/** Reductions that leave NaN out. */
import type { Tensor } from '../tensor.ts';
import { normalizeAxes } from './movement.ts';
import { keepsDims, reduced, type ReduceOptions } from './reduce.ts';
import { isFloat } from '../graph/types.ts';
import { inFloat32 } from './operands.ts';

const isNumber = (x: Tensor): Tensor => x.equal(x);
const withoutNaN = (x: Tensor): Tensor => (isFloat(x.dtype) ? isNumber(x).where(x, 0) : x);

/**
 * Σ over axes (default: all) of what is not NaN; dtype as {@link sum}. 0 where all is NaN; no gradient flows to NaN.
 *
 * ```ts
 * await nanSum(tensor([[1, NaN], [NaN, NaN]]), 1).toArray(); // [1, 0]
 * ```
 */
export function nanSum(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  const keepDims = keepsDims('nanSum', x, options);
  return reduced('sum', withoutNaN(x), normalizeAxes('nanSum', axes, x.ndim), keepDims);
}

/**
 * The mean over axes (default: all) of what is not NaN; float16 of float16, else float32. NaN where all is NaN; no gradient flows to NaN.
 *
 * ```ts
 * await nanMean(tensor([[1, NaN], [3, 5]]), 1).toArray(); // [1, 4]
 * ```
 */
export function nanMean(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  const keepDims = keepsDims('nanMean', x, options);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => nanMean(wide, axes, options));
  const list = normalizeAxes('nanMean', axes, x.ndim);
  return reduced('sum', withoutNaN(x), list, keepDims).div(reduced('sum', isNumber(x).where(1, 0), list, keepDims));
}
