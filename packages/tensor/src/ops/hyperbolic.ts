/** The hyperbolic functions and their inverses beside tanh, of `expm1` and `log1p`, so that they keep their digits near 0. */
import type { Operand, Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { copySign, div } from './arithmetic.ts';
import { where } from './comparison.ts';
import { floats } from './operands.ts';
import { hypot } from './trigonometry.ts';

type Unary = CompositeDefinition<Record<never, never>>;

function record(definition: Unary, x: Operand): Tensor {
  return compose(definition, {}, floats(definition.name, [x]));
}

/** Above, e^a overflows where half of it does not. */
const largeExponent = 88;
/** Above, 1 beside a² is lost, and a² may overflow. */
const largeArgument = 2 ** 28;

/** e^a / 2 in two factors, above. Drivers halve a product after it has been made, and then it is infinite: what is halved first has to be looked at. */
function halfExponential(a: Tensor): Tensor {
  const root = a.mul(0.5).exp();
  return root.mul(0.5).maximum(1).mul(root);
}

export const sinhDefinition: Unary = {
  name: 'sinh',
  // With t = e^a − 1: (e^a − e^−a) / 2 = (t + t / (t + 1)) / 2, in which nothing cancels.
  body(_, x) {
    const a = x.abs();
    const t = a.expm1();
    return copySign(where(a.greater(largeExponent), halfExponential(a), t.add(t.div(t.add(1))).mul(0.5)), x);
  },
  gradient: (_, g, _y, x) => [g.mul(cosh(x))],
};

export const coshDefinition: Unary = {
  name: 'cosh',
  body(_, x) {
    const a = x.abs();
    const e = a.exp();
    return where(a.greater(largeExponent), halfExponential(a), e.mul(0.5).add(div(0.5, e)));
  },
  gradient: (_, g, _y, x) => [g.mul(sinh(x))],
};

export const asinhDefinition: Unary = {
  name: 'asinh',
  // ln(a + r) with r = √(a² + 1), and a + r − 1 = a + a² / (1 + r).
  body(_, x) {
    const a = x.abs();
    const square = a.mul(a);
    const near = a.add(square.div(square.add(1).sqrt().add(1))).log1p();
    return copySign(where(a.less(largeArgument), near, a.log().add(Math.LN2)), x);
  },
  gradient: (_, g, _y, x) => [g.div(hypot(x, 1))],
};

export const acoshDefinition: Unary = {
  name: 'acosh',
  // ln(x + √(x² − 1)) with t = x − 1: ln(1 + t + √(t (t + 2))).
  body(_, x) {
    const t = x.sub(1);
    const near = t.add(t.mul(t.add(2)).sqrt()).log1p();
    const inside = where(x.less(1), Number.NaN, near);
    return where(x.less(largeArgument), inside, x.log().add(Math.LN2));
  },
  // 1 / √(x² − 1), as two roots, because x² may overflow.
  gradient(_, g, _y, x) {
    const a = x.abs();
    return [g.div(a.sub(1).sqrt().mul(a.add(1).sqrt()))];
  },
};

export const atanhDefinition: Unary = {
  name: 'atanh',
  // ½ ln((1 + a) / (1 − a)) = ½ ln(1 + 2a / (1 − a)).
  body(_, x) {
    const a = x.abs();
    return copySign(a.add(a).div(a.neg().add(1)).log1p().mul(0.5), x);
  },
  gradient: (_, g, _y, x) => [g.div(x.neg().add(1).mul(x.add(1)))],
};

/**
 * The hyperbolic sine (eˣ − e⁻ˣ) / 2; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await sinh(tensor([0, 1])).toArray(); // [0, 1.1752012]
 * ```
 */
export function sinh(x: Operand): Tensor {
  return record(sinhDefinition, x);
}
/**
 * The hyperbolic cosine (eˣ + e⁻ˣ) / 2; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await cosh(tensor([0, 1])).toArray(); // [1, 1.5430806]
 * ```
 */
export function cosh(x: Operand): Tensor {
  return record(coshDefinition, x);
}
/**
 * The inverse of {@link sinh}, ln(x + √(x² + 1)); float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await asinh(tensor([0, 1])).toArray(); // [0, 0.8813736]
 * ```
 */
export function asinh(x: Operand): Tensor {
  return record(asinhDefinition, x);
}
/**
 * The inverse of {@link cosh}, ln(x + √(x² − 1)) ≥ 0; float16 of float16, else float32, the shape of x. NaN below 1.
 *
 * ```ts
 * await acosh(tensor([1, 2])).toArray(); // [0, 1.316958]
 * ```
 */
export function acosh(x: Operand): Tensor {
  return record(acoshDefinition, x);
}
/**
 * The inverse of {@link tanh}, ½ ln((1 + x) / (1 − x)); float16 of float16, else float32, the shape of x. ±∞ at ±1, NaN beyond.
 *
 * ```ts
 * await atanh(tensor([0, 0.5])).toArray(); // [0, 0.5493061]
 * ```
 */
export function atanh(x: Operand): Tensor {
  return record(atanhDefinition, x);
}
