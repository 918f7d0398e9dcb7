/** Activation functions that bend into an exponential below 0. */
import { checkOptions, requireFinite, type OptionNames } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { expm1 } from './elementary.ts';
import { floats } from './operands.ts';

export interface EluOptions {
  /** α; far below 0 the result is −α. Default 1. */
  alpha?: number;
}

const eluOptions: OptionNames<EluOptions> = { alpha: requireFinite };

/** What is below 0, and 0 above, where an exponential would overflow. */
const below = (x: Tensor): Tensor => x.minimum(0);

export const eluDefinition: CompositeDefinition<{ alpha: number }> = {
  name: 'elu',
  body: ({ alpha }, x) => where(x.lessEqual(0), expm1(below(x)).mul(alpha), x),
  gradient: ({ alpha }, g, _y, x) => [where(x.lessEqual(0), g.mul(below(x).exp().mul(alpha)), g)],
};

/**
 * x where x > 0, else α (eˣ − 1); float16 of float16, else float32, the shape of x. The gradient at 0 is α.
 *
 * Clevert, Unterthiner & Hochreiter, "Fast and Accurate Deep Network Learning by Exponential Linear Units", 2015 (arXiv:1511.07289).
 *
 * ```ts
 * await elu(tensor([-1, 2])).toArray(); // [-0.6321206, 2]
 * ```
 */
export function elu(x: Operand, options: EluOptions = {}): Tensor {
  checkOptions('elu', options, eluOptions);
  const { alpha = 1 } = options;
  return compose(eluDefinition, { alpha }, floats('elu', [x]));
}

export const celuDefinition: CompositeDefinition<{ alpha: number }> = {
  name: 'celu',
  body: ({ alpha }, x) => where(x.lessEqual(0), expm1(below(x).div(alpha)).mul(alpha), x),
  gradient: ({ alpha }, g, _y, x) => [where(x.lessEqual(0), g.mul(below(x).div(alpha).exp()), g)],
};

/**
 * x where x > 0, else α (e^(x/α) − 1), whose derivative is continuous for every α; float16 of float16, else float32, the shape of x.
 *
 * Barron, "Continuously Differentiable Exponential Linear Units", 2017 (arXiv:1704.07483).
 *
 * Throws {@link ArgumentError} for α = 0.
 *
 * ```ts
 * await celu(tensor([-1, 2]), { alpha: 2 }).toArray(); // [-0.7869387, 2]
 * ```
 */
export function celu(x: Operand, options: EluOptions = {}): Tensor {
  checkOptions('celu', options, eluOptions);
  const { alpha = 1 } = options;
  if (alpha === 0) throw new ArgumentError('[celu] alpha must not be 0, by which x is divided.');
  return compose(celuDefinition, { alpha }, floats('celu', [x]));
}

/** The fixed point of the paper: mean 0 and variance 1 stay what they are. */
export const seluAlpha = 1.6732632423543772;
export const seluScale = 1.0507009873554805;

export const seluDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'selu',
  body: (_, x) => where(x.lessEqual(0), expm1(below(x)).mul(seluScale * seluAlpha), x.mul(seluScale)),
  gradient: (_, g, _y, x) => [
    where(
      x.lessEqual(0),
      g.mul(
        below(x)
          .exp()
          .mul(seluScale * seluAlpha),
      ),
      g.mul(seluScale),
    ),
  ],
};

/**
 * λ x where x > 0, else λ α (eˣ − 1), with λ = 1.0507… and α = 1.6733…, which keep mean 0 and variance 1 from layer to layer; float16 of float16, else
 * float32, the shape of x.
 *
 * Klambauer et al., "Self-Normalizing Neural Networks", 2017 (arXiv:1706.02515).
 *
 * ```ts
 * await selu(tensor([-1, 2])).toArray(); // [-1.1113307, 2.101402]
 * ```
 */
export function selu(x: Operand): Tensor {
  return compose(seluDefinition, {}, floats('selu', [x]));
}
