/** Exponentials, logarithms, trigonometric and error functions that are primitives. */
import type { Operand, Tensor } from '../tensor.ts';
import { unary } from './elementwise.ts';

/**
 * eˣ; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await exp(tensor([0, 1])).toArray(); // [1, 2.7182817]
 * ```
 */
export function exp(x: Operand): Tensor {
  return unary('exp', x);
}

/**
 * eˣ − 1, accurate also near 0, where `exp(x).sub(1)` loses digits; float16 of float16, else float32, the shape of x. Within 2 ulp on every device.
 *
 * ```ts
 * await expm1(tensor([1e-6, 1])).toArray(); // [1.0000005e-6, 1.7182819]
 * ```
 */
export function expm1(x: Operand): Tensor {
  return unary('expm1', x);
}

/**
 * 2ˣ; float16 of float16, else float32, the shape of x. Exact for whole numbers.
 *
 * ```ts
 * await exp2(tensor([-1, 0.5, 10])).toArray(); // [0.5, 1.4142135, 1024]
 * ```
 */
export function exp2(x: Operand): Tensor {
  return unary('exp2', x);
}

/**
 * The natural logarithm ln x; float16 of float16, else float32, the shape of x. −∞ at 0, NaN below.
 *
 * ```ts
 * await log(tensor([1, Math.E])).toArray(); // [0, 1]
 * ```
 */
export function log(x: Operand): Tensor {
  return unary('log', x);
}

/**
 * ln(1 + x), accurate also near 0, where `log(x.add(1))` loses digits; float16 of float16, else float32, the shape of x. −∞ at −1, NaN below.
 * Within 2 ulp on every device.
 *
 * ```ts
 * await log1p(tensor([1e-6, Math.E - 1])).toArray(); // [9.999995e-7, 1]
 * ```
 */
export function log1p(x: Operand): Tensor {
  return unary('log1p', x);
}

/**
 * The logarithm to base 2; float16 of float16, else float32, the shape of x. Exact for powers of 2. −∞ at 0, NaN below.
 *
 * ```ts
 * await log2(tensor([0.125, 1, 10])).toArray(); // [-3, 0, 3.321928]
 * ```
 */
export function log2(x: Operand): Tensor {
  return unary('log2', x);
}

/**
 * The logarithm to base 10; float16 of float16, else float32, the shape of x. −∞ at 0, NaN below.
 *
 * ```ts
 * await log10(tensor([0.001, 1, 50])).toArray(); // [-3, 0, 1.69897]
 * ```
 */
export function log10(x: Operand): Tensor {
  return unary('log10', x);
}

/**
 * sin x, x in radians; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await sin(tensor([0, Math.PI / 2])).toArray(); // [0, 1]
 * ```
 */
export function sin(x: Operand): Tensor {
  return unary('sin', x);
}

/**
 * cos x, x in radians; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await cos(tensor([0, Math.PI])).toArray(); // [1, -1]
 * ```
 */
export function cos(x: Operand): Tensor {
  return unary('cos', x);
}

/**
 * The hyperbolic tangent (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ); float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await tanh(tensor([0, 1])).toArray(); // [0, 0.7615942]
 * ```
 */
export function tanh(x: Operand): Tensor {
  return unary('tanh', x);
}

/**
 * The error function 2/√π ∫₀ˣ e^(−t²) dt; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await erf(tensor([0, 1])).toArray(); // [0, 0.8427008]
 * ```
 */
export function erf(x: Operand): Tensor {
  return unary('erf', x);
}

/**
 * 1 − erf x, with all its digits where erf x is near 1; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await erfc(tensor([0, 4])).toArray(); // [1, 1.5417258e-8]
 * ```
 */
export function erfc(x: Operand): Tensor {
  return unary('erfc', x);
}
