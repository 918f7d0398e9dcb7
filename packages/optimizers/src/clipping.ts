import { ArgumentError, type Tensor } from '@hebb/tensor';
import { isPlain, requireNumber, requireTensor, wrongArgument } from '@hebb/tensor/arguments';
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
  const list = valuesOf(gradients);
  const [first, ...others] = list.map((gradient) => gradient.square().sum());
  if (first === undefined) throw new ArgumentError('[clipGradientNorm] there are no gradients.');
  const norm = others.reduce((total, square) => total.add(square), first).sqrt();
  const factor = norm.add(1e-6).reciprocal().mul(maxNorm).minimum(1);
  return { grads: mapped(gradients, (gradient) => gradient.mul(factor)) as G, norm };
}

function valuesOf(gradients: Gradients): readonly Tensor[] {
  if (!Array.isArray(gradients) && !(gradients instanceof Map) && !isPlain(gradients))
    throw wrongArgument('clipGradientNorm', 'gradients', 'a list, an object or a Map of tensors', gradients);
  const list = listed(gradients);
  for (const gradient of list) requireTensor('clipGradientNorm', 'a gradient', gradient);
  return list;
}

function listed(gradients: Gradients): readonly Tensor[] {
  if (Array.isArray(gradients)) return gradients as readonly Tensor[];
  return gradients instanceof Map
    ? [...(gradients as ReadonlyMap<string, Tensor>).values()]
    : Object.values(gradients as Record<string, Tensor>);
}

function mapped(gradients: Gradients, change: (gradient: Tensor) => Tensor): Gradients {
  if (Array.isArray(gradients)) return (gradients as readonly Tensor[]).map(change);
  const entries =
    gradients instanceof Map
      ? [...(gradients as ReadonlyMap<string, Tensor>)]
      : Object.entries(gradients as Record<string, Tensor>);
  const changed = entries.map(([name, gradient]) => [name, change(gradient)] as const);
  return gradients instanceof Map ? new Map(changed) : Object.fromEntries(changed);
}
