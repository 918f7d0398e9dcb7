/** Elementwise primitives in float64, with exact wrap-around for int32. */
import type { BinaryPrimitive, UnaryPrimitive } from '../graph/elementwise.ts';
import type { Attributes } from '../graph/attributes.ts';
import { digamma, erf, erfc, erfinv, lgamma, normalCdf } from './special.ts';
import { inputAt, type Rule, type Value } from './value.ts';
import { isFloat, isInteger } from '../graph/types.ts';

/** What an element becomes; b of those of two operands. */
type ElementFunction = (a: number, b: number) => number;

/** On float64, and on int32 where that differs. */
interface ElementFunctions {
  readonly real: ElementFunction;
  readonly integer: ElementFunction;
}

const of = (real: ElementFunction, integer: ElementFunction = real): ElementFunctions => ({ real, integer });

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
  if (isFloat(dtype)) return data.slice();
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

/** One element of every elementwise primitive of one operand or two. */
export const elementFunctions: Readonly<Record<UnaryPrimitive | BinaryPrimitive, ElementFunctions>> = {
  neg: of(
    (x) => -x,
    (x) => -x | 0,
  ),
  abs: of(Math.abs, (x) => Math.abs(x) | 0),
  // 0 for NaN, as in PyTorch.
  sign: of((x) => Number(x > 0) - Number(x < 0)),
  exp: of(Math.exp),
  expm1: of(Math.expm1),
  exp2: of((x) => 2 ** x),
  log: of(Math.log),
  log1p: of(Math.log1p),
  log2: of(Math.log2),
  log10: of(Math.log10),
  sqrt: of(Math.sqrt),
  sin: of(Math.sin),
  cos: of(Math.cos),
  asin: of(Math.asin),
  acos: of(Math.acos),
  atan: of(Math.atan),
  tanh: of(Math.tanh),
  sigmoid: of((x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))),
  erf: of(erf),
  erfc: of(erfc),
  normalCdf: of(normalCdf),
  log1pExp: of((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  erfinv: of(erfinv),
  lgamma: of(lgamma),
  digamma: of(digamma),
  relu: of((x) => Math.max(x, 0)),
  floor: of(Math.floor),
  ceil: of(Math.ceil),
  round: of(roundHalfToEven),
  trunc: of(Math.trunc),
  not: of(
    (x) => Number(x === 0),
    (x) => ~x,
  ),

  add: of(
    (a, b) => a + b,
    (a, b) => (a + b) | 0,
  ),
  sub: of(
    (a, b) => a - b,
    (a, b) => (a - b) | 0,
  ),
  mul: of((a, b) => a * b, Math.imul),
  div: of((a, b) => a / b),
  pow: of(power),
  // A float64 has no sign of NaN that JavaScript keeps.
  copySign: of((a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a))),
  fmod: of((a, b) => a % b),
  floorDivide: of((a, b) => (b === 0 ? 0 : Math.floor(a / b) | 0)),
  maximum: of(Math.max),
  minimum: of(Math.min),
  equal: of((a, b) => Number(a === b)),
  notEqual: of((a, b) => Number(a !== b)),
  less: of((a, b) => Number(a < b)),
  lessEqual: of((a, b) => Number(a <= b)),
  and: of((a, b) => a & b),
  or: of((a, b) => a | b),
  xor: of((a, b) => a ^ b),
  shiftLeft: of((a, b) => (b >= 0 && b < 32 ? a << b : 0)),
  shiftRight: of((a, b) => a >> (b >= 0 && b < 32 ? b : 31)),
};

function each({ real, integer }: ElementFunctions): (inputs: readonly Value[]) => Float64Array {
  return (inputs) => {
    const { data, type } = inputAt(inputs, 0);
    const other = inputs[1]?.data;
    const f = isInteger(type.dtype) ? integer : real;
    return data.map((x, i) => f(x, other?.[i] ?? 0));
  };
}

type ElementwisePrimitive = UnaryPrimitive | BinaryPrimitive;

export const elementwiseRules: {
  readonly [P in ElementwisePrimitive | 'cast' | 'bitcast' | 'detach' | 'where']: Rule<P>;
} = {
  ...(Object.fromEntries(Object.entries(elementFunctions).map(([op, functions]) => [op, each(functions)])) as Record<
    ElementwisePrimitive,
    ReturnType<typeof each>
  >),
  cast,
  bitcast,
  detach: (inputs) => inputAt(inputs, 0).data.slice(),
  where,
};
