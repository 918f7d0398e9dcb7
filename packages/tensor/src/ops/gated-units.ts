/** Gated linear units: the first half of an axis times an activation function of the second. */
import { requireInteger } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { gelu } from './gelu.ts';
import { narrow, normalizeAxis } from './movement.ts';
import { floating } from './operands.ts';
import { silu } from './sigmoidal-units.ts';

function gated(op: string, x: Tensor, axis: number, activation: (gate: Tensor) => Tensor): Tensor {
  requireTensor(op, 'x', x);
  requireInteger(op, 'axis', axis);
  const position = normalizeAxis(op, axis, x.ndim);
  const extent = x.shape[position] ?? 0;
  if (extent % 2 !== 0) throw new ShapeError(`[${op}] axis ${axis} of ${x} cannot be halved.`);
  const input = floating(x);
  const [value, gate] = [0, extent / 2].map((start) => narrow(input, position, start, extent / 2)) as [Tensor, Tensor];
  return value.mul(activation(gate));
}

/**
 * The gated linear unit a · σ(b), where a and b are the two halves of x along `axis` (default −1); float16 of float16, else float32, half as long there.
 *
 * Dauphin et al., "Language Modeling with Gated Convolutional Networks", 2016 (arXiv:1612.08083).
 *
 * Throws {@link ShapeError} for an axis of odd extent, as all gated units do.
 *
 * ```ts
 * await glu(tensor([1, 2, 0, 0])).toArray(); // [0.5, 1]
 * ```
 */
export function glu(x: Tensor, axis = -1): Tensor {
  return gated('glu', x, axis, (gate) => gate.sigmoid());
}

/**
 * a · max(b, 0), the {@link glu} with a rectifier (Shazeer, "GLU Variants Improve Transformer", 2020, arXiv:2002.05202).
 *
 * ```ts
 * await reglu(tensor([1, 2, 3, -4])).toArray(); // [3, 0]
 * ```
 */
export function reglu(x: Tensor, axis = -1): Tensor {
  return gated('reglu', x, axis, (gate) => gate.relu());
}

/**
 * a · gelu(b), the {@link glu} with a Gaussian error linear unit (Shazeer, "GLU Variants Improve Transformer", 2020, arXiv:2002.05202).
 *
 * ```ts
 * await geglu(tensor([1, 2, 1, 0])).toArray(); // [0.8413447, 0]
 * ```
 */
export function geglu(x: Tensor, axis = -1): Tensor {
  return gated('geglu', x, axis, (gate) => gelu(gate));
}

/**
 * a · silu(b), the {@link glu} with a swish (Shazeer, "GLU Variants Improve Transformer", 2020, arXiv:2002.05202).
 *
 * ```ts
 * await swiglu(tensor([1, 2, 1, 0])).toArray(); // [0.7310586, 0]
 * ```
 */
export function swiglu(x: Tensor, axis = -1): Tensor {
  return gated('swiglu', x, axis, silu);
}
