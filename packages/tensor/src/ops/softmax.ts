/** Softmax and its logarithm, shifted by the maximum so that no exponential overflows. */
import { makeNode } from '../graph/node.ts';
import { requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { normalizeAxis, reshape } from './movement.ts';
import { floating } from './operands.ts';

type AlongAxis = CompositeDefinition<{ axis: number }>;

export const softmaxDefinition: AlongAxis = {
  name: 'softmax',
  body({ axis }, x) {
    const exponentials = x.sub(x.max(axis, { keepDims: true }).detach()).exp();
    return exponentials.div(exponentials.sum(axis, { keepDims: true }));
  },
  // ∂/∂x: y · (g − Σ g · y), from the output alone.
  gradient: ({ axis }, g, y) => [y.mul(g.sub(g.mul(y).sum(axis, { keepDims: true })))],
};

export const logSoftmaxDefinition: AlongAxis = {
  name: 'logSoftmax',
  // With the maximum subtracted Σ eˣ is 1 + the other terms; the 1 is left to log1p, since beside it small terms would be rounded away.
  body({ axis }, x) {
    const shifted = x.sub(x.max(axis, { keepDims: true }).detach());
    const isMaximum = tensorOf(makeNode('iota', [], { shape: x.shape, axis })).equal(
      x.argmax(axis, { keepDims: true }),
    );
    // There it is 0, or NaN.
    const others = isMaximum.where(shifted, shifted.exp()).sum(axis, { keepDims: true });
    return shifted.sub(others.log1p());
  },
  // ∂/∂x: g − eʸ · Σ g, from the output alone. Where the probability eʸ is near 1 the difference to 1 is what counts: −expm1(y).
  gradient({ axis }, g, y) {
    const total = g.sum(axis, { keepDims: true });
    const nearOne = g.sub(total).sub(y.expm1().mul(total));
    return [y.greater(-0.5).where(nearOne, g.sub(y.exp().mul(total)))];
  },
};

/**
 * eˣ / Σ eˣ along `axis`; float16 of float16, else float32, the shape of x. Shifted by the maximum, so that no exponential overflows.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * await softmax(tensor([1, 2, 3]), -1).toArray(); // [0.0900306, 0.2447285, 0.6652410]
 * ```
 */
export function softmax(x: Tensor, axis: number): Tensor {
  requireTensor('softmax', 'x', x);
  if (x.ndim === 0) return reshape(softmax(reshape(x, [1]), axis), []);
  const position = normalizeAxis('softmax', axis, x.ndim);
  // There is no maximum, and nothing to shift by it.
  if (x.shape[position] === 0) return floating(x);
  return compose(softmaxDefinition, { axis: position }, [floating(x)]);
}

/**
 * ln softmax(x) = x − ln Σ eˣ along `axis`; float16 of float16, else float32, the shape of x. Exact also where the softmax itself is 0 in
 * float32, or so close to 1 that float32 has no digits left for the difference.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * await logSoftmax(tensor([0, 1000]), -1).toArray(); // [-1000, 0]
 * await logSoftmax(tensor([20, 0]), -1).toArray(); // [-2.0611537e-9, -20]
 * ```
 */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  requireTensor('logSoftmax', 'x', x);
  if (x.ndim === 0) return reshape(logSoftmax(reshape(x, [1]), axis), []);
  const position = normalizeAxis('logSoftmax', axis, x.ndim);
  if (x.shape[position] === 0) return floating(x);
  return compose(logSoftmaxDefinition, { axis: position }, [floating(x)]);
}

/**
 * e⁻ˣ / Σ e⁻ˣ along `axis`, the softmax of −x; float16 of float16, else float32, the shape of x.
 *
 * Throws {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * await softmin(tensor([1, 2, 3]), -1).toArray(); // [0.6652410, 0.2447285, 0.0900306]
 * ```
 */
export function softmin(x: Tensor, axis: number): Tensor {
  requireTensor('softmin', 'x', x);
  return softmax(floating(x).neg(), axis);
}
