/** Elementwise primitives in float64, with exact wrap-around for int32. */
import type { BinaryPrimitive, UnaryPrimitive } from '../graph/elementwise.ts';
import type { Attributes } from '../graph/primitives.ts';
import { inputAt, type Rule, type Value } from './value.ts';

type UnaryFunction = (x: number) => number;
type BinaryFunction = (a: number, b: number) => number;

/** `integer` is what int32 does, where that differs. */
function unary(real: UnaryFunction, integer: UnaryFunction = real): (inputs: readonly Value[]) => Float64Array {
  return (inputs) => {
    const { data, type } = inputAt(inputs, 0);
    return data.map(type.dtype === 'int32' ? integer : real);
  };
}

function binary(real: BinaryFunction, integer: BinaryFunction = real): (inputs: readonly Value[]) => Float64Array {
  return (inputs) => {
    const { data: a, type } = inputAt(inputs, 0);
    const { data: b } = inputAt(inputs, 1);
    const f = type.dtype === 'int32' ? integer : real;
    return a.map((x, i) => f(x, b[i] ?? 0));
  };
}

/** The nearest integer, halves to even. */
function roundHalfToEven(x: number): number {
  const low = Math.floor(x);
  const distance = x - low;
  if (distance !== 0.5) return distance < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

/** 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!! (Abramowitz & Stegun 7.1.6), whose terms are all of one sign: the error function, best below 3. */
function erfSeries(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** erfc by its continued fraction (Abramowitz & Stegun 7.1.14), for x ≥ 2. */
function erfcFraction(x: number): number {
  if (x > 30) return 0;
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** The error function to double precision. */
function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  return Math.abs(x) < 3 ? erfSeries(x) : Math.sign(x) * (1 - erfcFraction(Math.abs(x)));
}

/** 1 − erf x, to 13 digits also where it is small. */
function erfc(x: number): number {
  return x < 2 || Number.isNaN(x) ? 1 - erf(x) : erfcFraction(x);
}

/** C's pow, which has 1 for pow(1, NaN) and pow(±1, ±∞) where JavaScript has NaN. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return base ** exponent;
}

function cast(inputs: readonly Value[], { dtype }: Attributes['cast']): Float64Array {
  const { data } = inputAt(inputs, 0);
  if (dtype === 'float32') return data.slice();
  if (dtype === 'bool') return data.map((x) => Number(x !== 0));
  return data.map((x) => (Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), -0x80000000), 0x7fffffff)));
}

function where(inputs: readonly Value[]): Float64Array {
  const { data: a } = inputAt(inputs, 1);
  const { data: b } = inputAt(inputs, 2);
  return inputAt(inputs, 0).data.map((condition, i) => (condition !== 0 ? a[i] : b[i]) ?? 0);
}

const same: UnaryFunction = (x) => x;

type ElementwisePrimitive = UnaryPrimitive | BinaryPrimitive | 'cast' | 'detach' | 'where';

export const elementwiseRules: { readonly [P in ElementwisePrimitive]: Rule<P> } = {
  neg: unary(
    (x) => -x,
    (x) => -x | 0,
  ),
  abs: unary(Math.abs, (x) => Math.abs(x) | 0),
  // 0 for NaN, as in PyTorch.
  sign: unary((x) => Number(x > 0) - Number(x < 0)),
  exp: unary(Math.exp),
  expm1: unary(Math.expm1),
  log: unary(Math.log),
  log1p: unary(Math.log1p),
  sqrt: unary(Math.sqrt),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tanh: unary(Math.tanh),
  sigmoid: unary((x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))),
  erf: unary(erf),
  erfc: unary(erfc),
  relu: unary((x) => Math.max(x, 0)),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  round: unary(roundHalfToEven),
  trunc: unary(Math.trunc),
  not: unary((x) => Number(x === 0)),
  cast,
  detach: unary(same),

  add: binary(
    (a, b) => a + b,
    (a, b) => (a + b) | 0,
  ),
  sub: binary(
    (a, b) => a - b,
    (a, b) => (a - b) | 0,
  ),
  mul: binary((a, b) => a * b, Math.imul),
  div: binary((a, b) => a / b),
  pow: binary(power),
  // A float64 has no sign of NaN that JavaScript keeps.
  copySign: binary((a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a))),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  equal: binary((a, b) => Number(a === b)),
  notEqual: binary((a, b) => Number(a !== b)),
  less: binary((a, b) => Number(a < b)),
  lessEqual: binary((a, b) => Number(a <= b)),
  and: binary((a, b) => a & b),
  or: binary((a, b) => a | b),
  where,
};
