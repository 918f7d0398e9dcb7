import { ArgumentError, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  isPlain,
  mapStructure,
  type OptionNames,
  requireNumber,
  requireTensor,
  wrongArgument,
} from '@hebb/tensor/arguments';
import type { Gradients } from './optimizer.ts';

const clipNormOptions: OptionNames<ClipGradientNormOptions> = { normType: true };

export interface ClippedGradients<G extends Gradients> {
  /** In the structure that was given. */
  readonly grads: G;
  /** float32[]: the norm before. */
  readonly norm: Tensor;
}

export interface ClipGradientNormOptions {
  /** Which norm: (Σ |g|^p)^(1/p); Infinity is the largest |g|. > 0. Default 2. */
  normType?: number;
}

/**
 * Scales all gradients by min(1, maxNorm / (‖g‖ + 1e-6)), where ‖g‖ is the norm of all of them together, Euclidean unless `normType` says otherwise (Pascanu et al. 2013).
 * PyTorch's `clip_grad_norm_`, as graph.
 *
 * Throws {@link ArgumentError} where maxNorm is not > 0.
 *
 * ```ts
 * const { grads } = clipGradientNorm([tensor([3]), tensor([4])], 1);  // 0.6 and 0.8
 * ```
 */
export function clipGradientNorm<G extends Gradients>(
  gradients: G,
  maxNorm: number,
  options: ClipGradientNormOptions = {},
): ClippedGradients<G> {
  requireNumber('clipGradientNorm', 'maxNorm', maxNorm);
  checkOptions('clipGradientNorm', options, clipNormOptions);
  const { normType = 2 } = options;
  requireNumber('clipGradientNorm', 'normType', normType);
  if (!(normType > 0)) throw new ArgumentError(`[clipGradientNorm] normType must be a number > 0, not ${normType}.`);
  if (!(maxNorm > 0)) throw new ArgumentError(`[clipGradientNorm] maxNorm must be > 0, not ${maxNorm}.`);
  const list: Tensor[] = [];
  mapGradients('clipGradientNorm', gradients, (gradient) => list.push(gradient));
  if (list.length === 0) throw new ArgumentError('[clipGradientNorm] there are no gradients.');
  const norm = totalNorm(list, normType);
  const factor = norm.add(1e-6).reciprocal().mul(maxNorm).minimum(1);
  const clipped = (gradient: Tensor): Tensor => {
    const product = gradient.to('float32').mul(factor);
    return gradient.dtype === 'float16' ? product.to('float16') : product;
  };
  return { grads: mapGradients('clipGradientNorm', gradients, clipped) as G, norm };
}

/** The norm of all elements of all gradients. */
function totalNorm(gradients: readonly Tensor[], p: number): Tensor {
  const terms = gradients.map((gradient) => {
    const values = gradient.to('float32');
    if (p === Infinity) return values.abs().max();
    return (p === 2 ? values.square() : p === 1 ? values.abs() : values.abs().pow(p)).sum();
  });
  const total = terms.reduce((all, term) => (p === Infinity ? all.maximum(term) : all.add(term)));
  if (p === Infinity || p === 1) return total;
  return p === 2 ? total.sqrt() : total.pow(1 / p);
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
