import { ArgumentError, type Tensor } from '@hebb/tensor';
import { isPlain, mapStructure, requireNumber, requireTensor, wrongArgument } from '@hebb/tensor/arguments';
import type { Gradients } from './optimizer.ts';

export interface ClippedGradients<G extends Gradients> {
  /** In the structure that was given. */
  readonly grads: G;
  /** float32[]: the norm before. */
  readonly norm: Tensor;
}

/**
 * Scales all gradients by min(1, maxNorm / (‖g‖ + 1e-6)), where ‖g‖ is the Euclidean norm of all of them together (Pascanu et al. 2013).
 * PyTorch's `clip_grad_norm_`, as graph.
 *
 * Throws {@link ArgumentError} where maxNorm is not > 0.
 *
 * ```ts
 * const { grads } = clipGradientNorm([tensor([3]), tensor([4])], 1);  // 0.6 and 0.8
 * ```
 */
export function clipGradientNorm<G extends Gradients>(gradients: G, maxNorm: number): ClippedGradients<G> {
  requireNumber('clipGradientNorm', 'maxNorm', maxNorm);
  if (!(maxNorm > 0)) throw new ArgumentError(`[clipGradientNorm] maxNorm must be > 0, not ${maxNorm}.`);
  const list: Tensor[] = [];
  mapGradients('clipGradientNorm', gradients, (gradient) => list.push(gradient));
  const [first, ...others] = list.map((gradient) => gradient.to('float32').square().sum());
  if (first === undefined) throw new ArgumentError('[clipGradientNorm] there are no gradients.');
  const norm = others.reduce((total, square) => total.add(square), first).sqrt();
  const factor = norm.add(1e-6).reciprocal().mul(maxNorm).minimum(1);
  const clipped = (gradient: Tensor): Tensor => {
    const product = gradient.to('float32').mul(factor);
    return gradient.dtype === 'float16' ? product.to('float16') : product;
  };
  return { grads: mapGradients('clipGradientNorm', gradients, clipped) as G, norm };
}

/**
 * Every element of every gradient, brought into [−maxValue, maxValue]; NaN stays. PyTorch's `clip_grad_value_`, as graph.
 *
 * Throws {@link ArgumentError} where maxValue is not > 0.
 *
 * ```ts
 * const [clipped] = clipGradientValue([tensor([3, -4, 0.5])], 1);
 * await clipped?.toArray();  // [1, -1, 0.5]
 * ```
 */
export function clipGradientValue<G extends Gradients>(gradients: G, maxValue: number): G {
  requireNumber('clipGradientValue', 'maxValue', maxValue);
  if (!(maxValue > 0)) throw new ArgumentError(`[clipGradientValue] maxValue must be > 0, not ${maxValue}.`);
  return mapGradients('clipGradientValue', gradients, (gradient) => gradient.maximum(-maxValue).minimum(maxValue)) as G;
}

/** What `change` makes of each gradient, in the structure that was given. */
function mapGradients(op: string, gradients: Gradients, change: (gradient: Tensor) => unknown): unknown {
  if (!Array.isArray(gradients) && !(gradients instanceof Map) && !isPlain(gradients))
    throw wrongArgument(op, 'gradients', 'a list, an object or a Map of tensors', gradients);
  const leaf = (value: unknown, path: string): unknown => {
    requireTensor(op, path, value);
    return change(value);
  };
  return mapStructure(gradients, { op, name: 'gradients', leaf });
}
