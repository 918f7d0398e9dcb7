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
  if (!Array.isArray(gradients) && !(gradients instanceof Map) && !isPlain(gradients))
    throw wrongArgument('clipGradientNorm', 'gradients', 'a list, an object or a Map of tensors', gradients);
  const list: Tensor[] = [];
  mapGradients(gradients, (gradient) => list.push(gradient));
  const [first, ...others] = list.map((gradient) => gradient.square().sum());
  if (first === undefined) throw new ArgumentError('[clipGradientNorm] there are no gradients.');
  const norm = others.reduce((total, square) => total.add(square), first).sqrt();
  const factor = norm.add(1e-6).reciprocal().mul(maxNorm).minimum(1);
  return { grads: mapGradients(gradients, (gradient) => gradient.mul(factor)) as G, norm };
}

/** What `change` makes of each gradient, in the structure that was given. */
function mapGradients(gradients: Gradients, change: (gradient: Tensor) => unknown): unknown {
  const leaf = (value: unknown, path: string): unknown => {
    requireTensor('clipGradientNorm', path, value);
    return change(value);
  };
  return mapStructure(gradients, { op: 'clipGradientNorm', name: 'gradients', leaf });
}
