/** Softmax and its logarithm, shifted by the maximum so that no exponential overflows. */
import type { Tensor } from '../tensor.ts';
import { composite } from './composite.ts';
import { normalizeAxis } from './movement.ts';

/** eˣ / Σ eˣ along `axis`. The same shape as x. */
export function softmax(x: Tensor, axis: number): Tensor {
  const position = normalizeAxis('softmax', axis, x.ndim);
  return composite('softmax', { axis: position }, [x.to('float32')], (input) => {
    const exponentials = input.sub(input.max(position, { keepDims: true }).detach()).exp();
    return exponentials.div(exponentials.sum(position, { keepDims: true }));
  });
}

/** x − ln Σ eˣ along `axis`. The same shape as x. */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  const position = normalizeAxis('logSoftmax', axis, x.ndim);
  return composite('logSoftmax', { axis: position }, [x.to('float32')], (input) => {
    const shifted = input.sub(input.max(position, { keepDims: true }).detach());
    return shifted.sub(shifted.exp().sum(position, { keepDims: true }).log());
  });
}
