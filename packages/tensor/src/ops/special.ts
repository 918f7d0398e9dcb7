/** Functions of probability and statistics, where a formula of simpler functions would lose digits or meet 0 · ∞. */
import { checkOptions, requireFinite, type OptionNames } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { composite, type CompositeDefinition } from './composite.ts';
import { add, sub, where } from './elementwise.ts';
import { floats } from './operands.ts';

const xlogyDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'xlogy',
  body: (_, x, y) => where(x.equal(0).and(y.equal(y)), 0, x.mul(y.log())),
  // ∂x: ln y, but 0 where x is 0 and ln y is no number; ∂y: x / y.
  gradient: (_, g, _value, x, y) => [where(x.equal(0).and(y.lessEqual(0)), 0, xlogy(g, y)), g.mul(x.div(y))],
};

/**
 * x · ln y, and 0 where x is 0, whatever y but NaN; broadcast; float32. Entropies and likelihoods are sums of it. Gradients as PyTorch's.
 *
 * ```ts
 * await xlogy(tensor([0, 2]), tensor([0, 3])).toArray(); // [0, 2.1972246]
 * ```
 */
export function xlogy(x: Operand, y: Operand): Tensor {
  return composite(xlogyDefinition, {}, floats('xlogy', [x, y]));
}

const logSigmoidDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'logSigmoid',
  body: (_, x) => sub(x.minimum(0), x.abs().neg().exp().log1p()),
  gradient: (_, g, _y, x) => [g.mul(x.neg().sigmoid())],
};

/**
 * ln(1 / (1 + e⁻ˣ)) = min(x, 0) − ln(1 + e^−|x|); float32, the shape of x. Exact also where the sigmoid is 0 or 1 in float32.
 *
 * ```ts
 * await logSigmoid(tensor([0, -100])).toArray(); // [-0.6931472, -100]
 * ```
 */
export function logSigmoid(x: Operand): Tensor {
  return composite(logSigmoidDefinition, {}, floats('logSigmoid', [x]));
}

export interface SoftplusOptions {
  /** Steepness. Default 1. */
  beta?: number;
  /** The result is x where β x is greater. Default 20. */
  threshold?: number;
}
const softplusOptions: OptionNames<SoftplusOptions> = { beta: requireFinite, threshold: requireFinite };

const softplusDefinition: CompositeDefinition<{ beta: number; threshold: number }> = {
  name: 'softplus',
  body({ beta, threshold }, x) {
    const scaled = x.mul(beta);
    const smooth = add(scaled.maximum(0), scaled.abs().neg().exp().log1p()).div(beta);
    return where(scaled.greater(threshold), x, smooth);
  },
  gradient({ beta, threshold }, g, _y, x) {
    const scaled = x.mul(beta);
    return [where(scaled.greater(threshold), g, g.mul(scaled.sigmoid()))];
  },
};

/**
 * ln(1 + e^βx) / β, a smooth max(x, 0); float32, the shape of x. Beyond the threshold x itself, as in PyTorch.
 *
 * Throws {@link ArgumentError} for β = 0.
 *
 * ```ts
 * await softplus(tensor([0, 30])).toArray(); // [0.6931472, 30]
 * await softplus(tensor([0]), { beta: 2 }).toArray(); // [0.3465736]
 * ```
 */
export function softplus(x: Operand, options: SoftplusOptions = {}): Tensor {
  checkOptions('softplus', options, softplusOptions);
  const { beta = 1, threshold = 20 } = options;
  if (beta === 0) throw new ArgumentError('[softplus] beta must not be 0, by which the result is divided.');
  return composite(softplusDefinition, { beta, threshold }, floats('softplus', [x]));
}
