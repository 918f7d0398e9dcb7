/** Functions that JavaScript's Math lacks, to double precision by series that are slow and plain. */
import { erf, erfc } from '../graph/error-function.ts';

export { erf, erfc };

/** Φ(x), what the normal distribution has below x. */
export function normalCdf(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

/** The x at which erf x is y, by Newton's method from S. Winitzki's approximation of 2008; of 1 − |y| where that is small. */
export function erfinv(y: number): number {
  const a = Math.abs(y);
  if (!(a < 1)) return a === 1 ? y * Infinity : Number.NaN;
  const b = 0.147;
  const logarithm = Math.log1p(-a * a);
  const half = 2 / (Math.PI * b) + logarithm / 2;
  let x = Math.sqrt(Math.max(Math.sqrt(half * half - logarithm / b) - half, 0));
  for (let i = 0; i < 4; i++) {
    const error = a < 0.9 ? erf(x) - a : 1 - a - erfc(x);
    const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
    // Halley's correction: the second derivative is −2x times the first.
    const step = error / slope;
    x -= step / (1 + x * step);
  }
  // Near 0 the quotient by the slope at 0, because the approximation has no digits there.
  return Math.sign(y) * (a < 1e-9 ? (a * Math.sqrt(Math.PI)) / 2 : x);
}

/** ζ(k) − 1, by 40 terms and the Euler–Maclaurin formula for the others. */
function zetaLessOne(k: number): number {
  const n = 40;
  let sum = 0;
  for (let i = n - 1; i >= 2; i--) sum += i ** -k;
  const third = k * (k + 1) * (k + 2);
  const rest =
    1 / (k - 1) +
    1 / (2 * n) +
    k / (12 * n * n) -
    third / (720 * n ** 4) +
    (third * (k + 3) * (k + 4)) / (30240 * n ** 6);
  return sum + n ** (1 - k) * rest;
}

let zetas: readonly number[] = [];

/** ζ(k) − 1 for k from 2 on, at position k. */
function zetasLessOne(): readonly number[] {
  if (zetas.length === 0) zetas = Array.from({ length: 60 }, (_, k) => (k < 2 ? Number.NaN : zetaLessOne(k)));
  return zetas;
}

const euler = 0.5772156649015329;

/** ln Γ(2 + u) = (1 − γ) u + Σ (ζ(k) − 1)(−u)ᵏ/k (Abramowitz & Stegun 6.1.33), for |u| ≤ 1. */
function lgammaNearTwo(u: number): number {
  let sum = (1 - euler) * u;
  zetasLessOne().forEach((zeta, k) => {
    if (k >= 2) sum += (zeta * (-u) ** k) / k;
  });
  return sum;
}

/** The derivative of {@link lgammaNearTwo}. */
function digammaNearTwo(u: number): number {
  let sum = 1 - euler;
  zetasLessOne().forEach((zeta, k) => {
    if (k >= 2) sum -= zeta * (-u) ** (k - 1);
  });
  return sum;
}

/** π (x − n) with the integer n nearest to x: the argument of sin πx and cot πx without its loss of digits. */
function halfTurns(x: number): number {
  return Math.PI * (x - Math.round(x));
}

/** ln |Γ(x)|: around 1 and 2 by the series, beyond by Stirling's formula after steps of Γ(x + 1) = x Γ(x), below by reflection. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) === Infinity) return Infinity;
  if (x <= -0.5) {
    const sine = Math.abs(Math.sin(halfTurns(x)));
    return sine === 0 ? Infinity : Math.log(Math.PI / sine) - Math.log(-x) - lgamma(-x);
  }
  if (Math.abs(x) < 0.5) return lgamma(x + 1 === 1 ? 1 : 1 + x) - Math.log(Math.abs(x));
  if (x < 1.5) return lgammaNearTwo(x - 1) - Math.log1p(x - 1);
  if (x < 2.5) return lgammaNearTwo(x - 2);
  let product = 1;
  while (x < 12) product *= x++;
  const v = 1 / x;
  const z = v * v;
  const series =
    v * (1 / 12 + z * (-1 / 360 + z * (1 / 1260 + z * (-1 / 1680 + z * (1 / 1188 + (z * -691) / 360360)))));
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series - Math.log(product);
}

/** ψ(x) = Γ′(x)/Γ(x), in the same steps. −∞ at 0, ∞ at −0 and NaN at the negative integers, as PyTorch's. */
export function digamma(x: number): number {
  if (x === 0) return -1 / x;
  if (x === -Infinity) return Number.NaN;
  if (x < 0) return Number.isInteger(x) ? Number.NaN : digamma(1 - x) - Math.PI / Math.tan(halfTurns(x));
  if (x < 1) return digamma(1 + x) - 1 / x;
  if (x <= 2.5) return x < 2 ? digammaNearTwo(x - 1) - 1 / x : digammaNearTwo(x - 2);
  let sum = 0;
  while (x < 12) sum += 1 / x++;
  const z = 1 / (x * x);
  const series =
    z * (1 / 12 + z * (-1 / 120 + z * (1 / 252 + z * (-1 / 240 + z * (1 / 132 + z * (-691 / 32760 + z / 12))))));
  return Math.log(x) - 0.5 / x - series - sum;
}
