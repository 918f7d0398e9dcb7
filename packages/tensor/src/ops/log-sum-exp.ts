/** ln Σ eˣ over axes. */
import { sizeOf } from '../graph/types.ts';
import { tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { normalizeAxes, permute, reshape } from './movement.ts';
import { constantNode, inFloat32 } from './operands.ts';
import { keepsDims, type ReduceOptions } from './reduce.ts';
import { softmax } from './softmax.ts';

/**
 * ln Σ eˣ over axes (default: all); float16 of float16, else float32. Shifted by the maximum, so that no exponential overflows, and with all digits where the result is
 * near 0. −∞ over an empty axis, and where all elements are −∞. Its gradient is the softmax over the same axes.
 *
 * ```ts
 * await logSumExp(tensor([[1, 2], [1000, 1000]]), 1).toArray(); // [2.3132617, 1000.6931]
 * ```
 */
export function logSumExp(x: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
  const keepDims = keepsDims('logSumExp', x, options);
  const list = normalizeAxes('logSumExp', axes, x.ndim);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => logSumExp(wide, axes, options));
  const others = x.shape.map((_, axis) => axis).filter((axis) => !list.includes(axis));
  const shape = others.map((axis) => x.shape[axis] ?? 1);
  const count = sizeOf(list.map((axis) => x.shape[axis] ?? 1));
  const target = keepDims ? x.shape.map((n, axis) => (list.includes(axis) ? 1 : n)) : shape;
  if (count === 0) return tensorOf(constantNode(-Infinity, 'float32', target));
  const rows = reshape(permute(x.to('float32'), [...others, ...list]), [...shape, count]);
  return reshape(compose(logSumExpDefinition, {}, [rows]), target);
}

/** Over the last axis, kept. */
const logSumExpDefinition: CompositeDefinition<Record<string, never>> = {
  name: 'logSumExp',
  body(_, x) {
    const maximum = x.max(-1, { keepDims: true });
    // Nothing is left of ∞ − ∞.
    const shift = maximum.abs().equal(Infinity).where(0, maximum);
    const shifted = x.sub(shift);
    const isMaximum = shifted.equal(0);
    // Σ is 1 + the other terms; the 1 of a maximum is left to log1p, since beside it small terms would be rounded away.
    const small = isMaximum.where(0, shifted.exp()).sum(-1, { keepDims: true });
    const equals = isMaximum.to('int32').sum(-1, { keepDims: true }).sub(1);
    return small.add(equals.to('float32')).log1p().add(shift);
  },
  // ∂/∂x: g · softmax(x); e^(x − y) would have the rounding errors of y. Beside ∞ everything finite counts nothing.
  gradient(_, g, y, x) {
    return [g.mul(x.less(y.equal(Infinity).where(Infinity, -Infinity)).where(0, softmax(x, -1)))];
  },
};
