/** A linear map of the last axis. */
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';

/** x · Wᵀ, and + b where there is one. */
export const linearDefinition: CompositeDefinition = {
  name: 'linear',
  body(_, x, weight, bias) {
    const product = x.matmul(weight.transpose(0, 1));
    return bias === undefined ? product : product.add(bias);
  },
};

/**
 * y = x · Wᵀ + b: as `torch.nn.functional.linear`, and what a `Linear` computes. ONNX has it as `Gemm`. float16 of float16, else float32.
 *
 * Throws {@link ShapeError} where shapes do not fit.
 *
 * ```ts
 * const weight = tensor([[1, 0], [0, 1], [1, 1]]);
 * await linear(tensor([[2, 3]]), weight, tensor([0, 0, 1])).toArray(); // [[2, 3, 6]]
 * ```
 *
 * @param x - [..., in]
 * @param weight - [out, in]
 * @param bias - [out]; default: none
 * @returns [..., out]
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  requireTensor('linear', 'x', x);
  requireTensor('linear', 'weight', weight);
  if (bias !== undefined) requireTensor('linear', 'bias', bias);
  const [out, features] = weight.shape;
  const reasons: string[] = [];
  if (weight.ndim !== 2) reasons.push('the weight must be [out, in]');
  else {
    if (x.shape.at(-1) !== features) reasons.push(`the last axis of x must be ${features}`);
    if (bias !== undefined && bias.shape.join() !== String(out)) reasons.push(`the bias must be [${out}], not ${bias}`);
  }
  if (reasons.length > 0)
    throw new ShapeError(`[linear] cannot multiply ${x} by weight ${weight}ᵀ: ${reasons.join('; ')}.`);
  return compose(linearDefinition, {}, bias === undefined ? [x, weight] : [x, weight, bias]);
}
