/** Activation functions like the sigmoid, and x times such. */
import type { Operand, Tensor } from '../tensor.ts';
import { mul } from './arithmetic.ts';
import { where } from './comparison.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { floats } from './operands.ts';

type Unary = CompositeDefinition<Record<never, never>>;

const record = (definition: Unary, x: Operand): Tensor => compose(definition, {}, floats(definition.name, [x]));

const siluDefinition: Unary = { name: 'silu', body: (_, x) => x.mul(x.sigmoid()) };

/**
 * x · σ(x), also called swish; float16 of float16, else float32, the shape of x.
 *
 * Hendrycks & Gimpel 2016 (arXiv:1606.08415); Ramachandran, Zoph & Le, "Searching for Activation Functions", 2017 (arXiv:1710.05941).
 *
 * ```ts
 * await silu(tensor([0, 1])).toArray(); // [0, 0.7310586]
 * ```
 */
export function silu(x: Operand): Tensor {
  return record(siluDefinition, x);
}

/** e = eˣ, and tanh ln(1 + e) = n / (n + 2) with n = e (e + 2), in which nothing cancels; from 20 on it is 1 in float32. */
function mishFactor(x: Tensor): { e: Tensor; n: Tensor; factor: Tensor } {
  const e = x.minimum(20).exp();
  const n = e.mul(e.add(2));
  return { e, n, factor: n.div(n.add(2)) };
}

export const mishDefinition: Unary = {
  name: 'mish',
  body: (_, x) => x.mul(mishFactor(x).factor),
  // The factor's derivative is 4 e (e + 1) / (n + 2)², and 0 from 20 on, where the factor is 1: at ∞ the gradient is ∞ · 0, NaN as in PyTorch.
  gradient(_, g, _y, x) {
    const { e, n, factor } = mishFactor(x);
    const d = n.add(2);
    const slope = where(x.greater(20), 0, e.mul(4).div(d).mul(e.add(1).div(d)));
    return [g.mul(x.mul(slope).add(factor))];
  },
};

/**
 * x · tanh(ln(1 + eˣ)); float16 of float16, else float32, the shape of x.
 *
 * Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019 (arXiv:1908.08681).
 *
 * ```ts
 * await mish(tensor([0, 1])).toArray(); // [0, 0.8650984]
 * ```
 */
export function mish(x: Operand): Tensor {
  return record(mishDefinition, x);
}

export const hardsigmoidDefinition: Unary = {
  name: 'hardsigmoid',
  body: (_, x) => x.add(3).clamp(0, 6).div(6),
  gradient: (_, g, _y, x) => [where(x.greater(-3).and(x.less(3)), g.div(6), 0)],
};

/**
 * min(max(x + 3, 0), 6) / 6, three lines in the place of a sigmoid; float16 of float16, else float32, the shape of x. The gradient at ±3 is 0.
 *
 * ```ts
 * await hardsigmoid(tensor([-4, 0, 1])).toArray(); // [0, 0.5, 0.6666667]
 * ```
 */
export function hardsigmoid(x: Operand): Tensor {
  return record(hardsigmoidDefinition, x);
}

export const hardswishDefinition: Unary = {
  name: 'hardswish',
  body: (_, x) => x.mul(x.add(3).clamp(0, 6)).div(6),
  gradient: (_, g, _y, x) => [where(x.lessEqual(-3), 0, where(x.less(3), g.mul(x.clamp(-3, 3).div(3).add(0.5)), g))],
};

/**
 * x · min(max(x + 3, 0), 6) / 6, the swish with {@link hardsigmoid}; float16 of float16, else float32, the shape of x. The gradient at −3 is 0, at 3 it is 1.
 *
 * Howard et al., "Searching for MobileNetV3", 2019 (arXiv:1905.02244).
 *
 * ```ts
 * await hardswish(tensor([-4, 1, 4])).toArray(); // [0, 0.6666667, 4]
 * ```
 */
export function hardswish(x: Operand): Tensor {
  return record(hardswishDefinition, x);
}

export const softsignDefinition: Unary = {
  name: 'softsign',
  body: (_, x) => x.div(x.abs().add(1)),
  gradient(_, g, _y, x) {
    const a = x.abs().add(1);
    return [g.div(a.mul(a))];
  },
};

/**
 * x / (1 + |x|); float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await softsign(tensor([-1, 3])).toArray(); // [-0.5, 0.75]
 * ```
 */
export function softsign(x: Operand): Tensor {
  return record(softsignDefinition, x);
}

const tanhshrinkDefinition: Unary = {
  name: 'tanhshrink',
  body: (_, x) => x.sub(x.tanh()),
  // 1 − (1 − tanh² x), without the difference.
  gradient(_, g, _y, x) {
    const t = x.tanh();
    return [mul(g, t.mul(t))];
  },
};

/**
 * x − tanh x; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await tanhshrink(tensor([0, 2])).toArray(); // [0, 1.0359724]
 * ```
 */
export function tanhshrink(x: Operand): Tensor {
  return record(tanhshrinkDefinition, x);
}
