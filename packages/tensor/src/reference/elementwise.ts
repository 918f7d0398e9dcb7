/** Elementwise primitives in float64, with exact wrap-around for int32. */
import type { BinaryPrimitive, UnaryPrimitive } from '../graph/elementwise.ts';
import type { Attributes } from '../graph/primitives.ts';
import { digamma, erf, erfc, erfinv, lgamma } from './special.ts';
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

/** float64 numbers as float32 holds them, whose bits they have on devices. */
function bitcast(inputs: readonly Value[], { dtype }: Attributes['bitcast']): Float64Array {
  const { data, type } = inputAt(inputs, 0);
  if (type.dtype === dtype) return data.slice();
  const words = type.dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data);
  return Float64Array.from(dtype === 'int32' ? new Int32Array(words.buffer) : new Float32Array(words.buffer));
}

function where(inputs: readonly Value[]): Float64Array {
  const { data: a } = inputAt(inputs, 1);
  const { data: b } = inputAt(inputs, 2);
  return inputAt(inputs, 0).data.map((condition, i) => (condition !== 0 ? a[i] : b[i]) ?? 0);
}

const same: UnaryFunction = (x) => x;

type ElementwisePrimitive = UnaryPrimitive | BinaryPrimitive | 'cast' | 'bitcast' | 'detach' | 'where';

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
  exp2: unary((x) => 2 ** x),
  log: unary(Math.log),
  log1p: unary(Math.log1p),
  log2: unary(Math.log2),
  log10: unary(Math.log10),
  sqrt: unary(Math.sqrt),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  asin: unary(Math.asin),
  acos: unary(Math.acos),
  atan: unary(Math.atan),
  tanh: unary(Math.tanh),
  sigmoid: unary((x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))),
  erf: unary(erf),
  erfc: unary(erfc),
  erfinv: unary(erfinv),
  lgamma: unary(lgamma),
  digamma: unary(digamma),
  relu: unary((x) => Math.max(x, 0)),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  round: unary(roundHalfToEven),
  trunc: unary(Math.trunc),
  not: unary(
    (x) => Number(x === 0),
    (x) => ~x,
  ),
  cast,
  bitcast,
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
  fmod: binary((a, b) => a % b),
  floorDivide: binary((a, b) => (b === 0 ? 0 : Math.floor(a / b) | 0)),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  equal: binary((a, b) => Number(a === b)),
  notEqual: binary((a, b) => Number(a !== b)),
  less: binary((a, b) => Number(a < b)),
  lessEqual: binary((a, b) => Number(a <= b)),
  and: binary((a, b) => a & b),
  or: binary((a, b) => a | b),
  xor: binary((a, b) => a ^ b),
  shiftLeft: binary((a, b) => (b >= 0 && b < 32 ? a << b : 0)),
  shiftRight: binary((a, b) => a >> (b >= 0 && b < 32 ? b : 31)),
  where,
};
