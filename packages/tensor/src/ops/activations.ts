/** Activation functions. */
import { requireTensor } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { mul } from './arithmetic.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { unary } from './elementwise.ts';

/**
 * max(x, 0), the shape and dtype of x, int32 of bool. Its gradient at 0 is 0, as in PyTorch.
 *
 * ```ts
 * await relu(tensor([-1, 2])).toArray(); // [0, 2]
 * ```
 */
export function relu(x: Operand): Tensor {
  return unary('relu', x);
}

/**
 * 1 / (1 + e⁻ˣ); float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await sigmoid(tensor([0, 2])).toArray(); // [0.5, 0.8807971]
 * ```
 */
export function sigmoid(x: Operand): Tensor {
  return unary('sigmoid', x);
}

export const geluDefinition: CompositeDefinition = {
  name: 'gelu',
  body: (_, x) => mul(x, unary('normalCdf', x)),
};

/**
 * The Gaussian error linear unit x · Φ(x) in its exact form, which keeps its digits where Φ(x) is small; float16 of float16, else float32, the shape of x.
 *
 * Hendrycks & Gimpel, "Gaussian Error Linear Units", 2016 (arXiv:1606.08415).
 *
 * ```ts
 * await tensor([0, 1]).gelu().toArray(); // [0, 0.8413447]
 * ```
 */
export function exactGelu(x: Tensor): Tensor {
  requireTensor('gelu', 'x', x);
  return compose(geluDefinition, {}, [x]);
}
