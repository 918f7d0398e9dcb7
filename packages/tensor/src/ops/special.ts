/** Functions of probability and statistics, where a formula of simpler functions would lose digits or meet 0 · ∞. */
import { checkOptions, requireFinite, requireInteger, type OptionNames } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { reciprocal } from './arithmetic.ts';
import { where } from './comparison.ts';
import { cos, sin } from './elementary.ts';
import { unary } from './elementwise.ts';
import { floats } from './operands.ts';

const xlogyDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'xlogy',
  body: (_, x, y) => where(x.equal(0).and(y.equal(y)), 0, x.mul(y.log())),
  // ∂x: ln y, but 0 where x is 0 and ln y is no number; ∂y: x / y.
  gradient: (_, g, _value, x, y) => [where(x.equal(0).and(y.lessEqual(0)), 0, xlogy(g, y)), g.mul(x.div(y))],
};

/**
 * x · ln y, and 0 where x is 0, whatever y but NaN; broadcast; float16 of float16, else float32. Entropies and likelihoods are sums of it. Gradients as PyTorch's.
 *
 * ```ts
 * await xlogy(tensor([0, 2]), tensor([0, 3])).toArray(); // [0, 2.1972246]
 * ```
 */
export function xlogy(x: Operand, y: Operand): Tensor {
  return compose(xlogyDefinition, {}, floats('xlogy', [x, y]));
}

const logSigmoidDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'logSigmoid',
  body: (_, x) => unary('log1pExp', x.neg()).neg(),
  gradient: (_, g, _y, x) => [g.mul(x.neg().sigmoid())],
};

/**
 * ln(1 / (1 + e⁻ˣ)) = min(x, 0) − ln(1 + e^−|x|); float16 of float16, else float32, the shape of x. Exact also where the sigmoid is 0 or 1 in float32.
 *
 * ```ts
 * await logSigmoid(tensor([0, -100])).toArray(); // [-0.6931472, -100]
 * ```
 */
export function logSigmoid(x: Operand): Tensor {
  return compose(logSigmoidDefinition, {}, floats('logSigmoid', [x]));
}

export interface SoftplusOptions {
  /** Steepness. Default 1. */
  beta?: number;
  /** The result is x where β x is greater. Default 20. */
  threshold?: number;
}
const softplusOptions: OptionNames<SoftplusOptions> = { beta: requireFinite, threshold: requireFinite };

export const softplusDefinition: CompositeDefinition<{ beta: number; threshold: number }> = {
  name: 'softplus',
  body({ beta, threshold }, x) {
    const scaled = x.mul(beta);
    const smooth = unary('log1pExp', scaled).div(beta);
    return where(scaled.greater(threshold), x, smooth);
  },
  gradient({ beta, threshold }, g, _y, x) {
    const scaled = x.mul(beta);
    return [where(scaled.greater(threshold), g, g.mul(scaled.sigmoid()))];
  },
};

/**
 * ln(1 + e^βx) / β, a smooth max(x, 0); float16 of float16, else float32, the shape of x. Beyond the threshold x itself, as in PyTorch.
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
  return compose(softplusDefinition, { beta, threshold }, floats('softplus', [x]));
}

/**
 * The inverse of {@link erf}; float16 of float16, else float32, the shape of x. ±∞ at ±1, NaN beyond.
 *
 * ```ts
 * await erfinv(tensor([0, 0.5, -0.9])).toArray(); // [0, 0.4769363, -1.1630871]
 * ```
 */
export function erfinv(x: Operand): Tensor {
  return unary('erfinv', x);
}

/**
 * The logarithm of |Γ(x)|, ln (x − 1)! for whole x; float16 of float16, else float32, the shape of x. ∞ at 0 and the negative whole numbers. Within 4 ulp
 * for x > 0; below, within 1e-6 · max(1, |x ln |x||).
 *
 * ```ts
 * await lgamma(tensor([1, 5, 0.5])).toArray(); // [0, 3.1780539, 0.5723649]
 * ```
 */
export function lgamma(x: Operand): Tensor {
  return unary('lgamma', x);
}

/**
 * ψ(x) = Γ′(x) / Γ(x), the derivative of {@link lgamma}; float16 of float16, else float32, the shape of x. −∞ at 0, NaN at the negative whole numbers.
 * Within 4 ulp for x > 0; below, as close as π cot πx allows.
 *
 * ```ts
 * await digamma(tensor([1, 10])).toArray(); // [-0.5772157, 2.2517526]
 * ```
 */
export function digamma(x: Operand): Tensor {
  return unary('digamma', x);
}

/** Bernoulli's numbers B₂, B₄, … */
const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];
/** From x + this on the asymptotic series is as exact as float64. */
const steps = 8;

/** xⁿ by squaring, n ≥ 1. */
function integerPower(x: Tensor, n: number): Tensor {
  if (n === 1) return x;
  const half = integerPower(x, n >> 1);
  const square = half.mul(half);
  return n % 2 === 0 ? square : square.mul(x);
}

/** The product of the whole numbers from `first` to `last`. */
function product(first: number, last: number): number {
  let result = 1;
  for (let i = first; i <= last; i++) result *= i;
  return result;
}

/** Coefficients of the polynomial that the n-th derivative of cot is of cot, the lowest first: P₀ = c, Pₙ₊₁ = −(1 + c²) Pₙ′. */
function cotangentDerivative(n: number): number[] {
  let p = [0, 1];
  for (let i = 0; i < n; i++) {
    const slope = p.slice(1).map((value, k) => value * (k + 1));
    p = Array.from({ length: slope.length + 2 }, (_, k) => -((slope[k] ?? 0) + (slope[k - 2] ?? 0)));
  }
  return p;
}

const polygammaDefinition: CompositeDefinition<{ order: number }> = {
  name: 'polygamma',
  // Σ 1/(x + k)ⁿ⁺¹ over the first k, and an asymptotic series for the others (Abramowitz & Stegun 6.4.10, 6.4.11); by reflection below 0 (6.4.7).
  body({ order: n }, x) {
    const below = x.less(0);
    const p = where(below, x.neg().add(1), x);
    let sum: Tensor | undefined;
    for (let k = steps - 1; k >= 0; k--) {
      const term = integerPower(reciprocal(p.add(k)), n + 1);
      sum = sum === undefined ? term : sum.add(term);
    }
    const v = reciprocal(p.add(steps));
    const z = v.mul(v);
    let series: Tensor | undefined;
    for (let k = bernoulli.length; k >= 1; k--) {
      // (2k + n − 1)! / ((2k)! n!)
      const coefficient = ((bernoulli[k - 1] ?? 0) * product(2 * k + 1, 2 * k + n - 1)) / product(1, n);
      series = series === undefined ? z.mul(coefficient) : series.add(coefficient).mul(z);
    }
    const leading = v.mul(0.5).add(1 / n);
    const tail = integerPower(v, n).mul(series === undefined ? leading : series.add(leading));
    const sign = n % 2 === 0 ? -1 : 1;
    const positive = (sum === undefined ? tail : tail.add(sum)).mul(sign * product(1, n));
    const r = x.sub(x.round()).mul(Math.PI);
    const cotangent = cos(r).div(sin(r));
    const [highest = 0, ...others] = cotangentDerivative(n).reverse();
    let derivative = others.reduce<Tensor>((value, c) => value.mul(cotangent).add(c), cotangent.mul(0).add(highest));
    derivative = derivative.mul(-(Math.PI ** (n + 1)));
    return where(below, positive.mul(-sign).add(derivative), positive);
  },
  gradient: ({ order }, g, _y, x) => [g.mul(polygamma(order + 1, x))],
};

/**
 * The n-th derivative of {@link digamma}, for n ≥ 1 equal to (−1)ⁿ⁺¹ n! Σ 1/(x + k)ⁿ⁺¹ over k = 0, 1, …; float16 of float16, else float32, the shape of x.
 *
 * Throws {@link ArgumentError} for an n that is no whole number from 0 to 20.
 *
 * ```ts
 * await polygamma(1, tensor([1])).toArray(); // [1.644934], π²/6
 * ```
 */
export function polygamma(n: number, x: Operand): Tensor {
  requireInteger('polygamma', 'n', n, 0, 20);
  return n === 0 ? digamma(x) : compose(polygammaDefinition, { order: n }, floats('polygamma', [x]));
}
