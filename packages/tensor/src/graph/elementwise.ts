/** What elementwise primitives of one and of two operands have in common: a table, from which primitives.ts makes their specifications. */
import type { Primitive } from './attributes.ts';

/** What every walker needs to know of an elementwise primitive; tables elsewhere are exhaustive over these names. */
export interface ElementwiseTraits {
  /** dtypes of the operands, which all have the same: 'number' is everything but bool, 'bits' integers or bool. */
  readonly takes: 'any' | 'number' | 'float' | 'int' | 'bits';
  /** dtype of the result, where it is not that of the operands. */
  readonly gives?: 'bool';
  /** Work of one evaluation in units of an addition, for decisions on fusion. */
  readonly cost: number;
}

/** Elementwise primitives of one operand. */
export const unaryPrimitives = {
  neg: { takes: 'number', cost: 1 },
  abs: { takes: 'number', cost: 1 },
  sign: { takes: 'number', cost: 1 },
  exp: { takes: 'float', cost: 10 },
  /** eˣ − 1. */
  expm1: { takes: 'float', cost: 12 },
  /** 2ˣ. */
  exp2: { takes: 'float', cost: 10 },
  log: { takes: 'float', cost: 10 },
  /** ln(1 + x). */
  log1p: { takes: 'float', cost: 12 },
  log2: { takes: 'float', cost: 10 },
  log10: { takes: 'float', cost: 10 },
  sqrt: { takes: 'float', cost: 3 },
  sin: { takes: 'float', cost: 12 },
  cos: { takes: 'float', cost: 12 },
  asin: { takes: 'float', cost: 16 },
  acos: { takes: 'float', cost: 18 },
  atan: { takes: 'float', cost: 18 },
  tanh: { takes: 'float', cost: 12 },
  sigmoid: { takes: 'float', cost: 12 },
  erf: { takes: 'float', cost: 14 },
  /** 1 − erf x. */
  erfc: { takes: 'float', cost: 20 },
  /** Φ(x), what the normal distribution has below x. */
  normalCdf: { takes: 'float', cost: 18 },
  /** ln(1 + eˣ). */
  log1pExp: { takes: 'float', cost: 18 },
  /** The inverse of erf. */
  erfinv: { takes: 'float', cost: 40 },
  /** ln |Γ(x)|. */
  lgamma: { takes: 'float', cost: 90 },
  /** Γ′(x)/Γ(x). */
  digamma: { takes: 'float', cost: 60 },
  relu: { takes: 'number', cost: 1 },
  floor: { takes: 'float', cost: 1 },
  ceil: { takes: 'float', cost: 1 },
  /** Half to even, as IEEE 754 and PyTorch do. */
  round: { takes: 'float', cost: 1 },
  /** Toward zero. */
  trunc: { takes: 'float', cost: 1 },
  /** ¬x of bool, the bits of int32 inverted. */
  not: { takes: 'bits', cost: 1 },
} as const;
export type UnaryPrimitive = keyof typeof unaryPrimitives;

/** Elementwise primitives of two operands of one type. */
export const binaryPrimitives = {
  add: { takes: 'number', cost: 1 },
  sub: { takes: 'number', cost: 1 },
  mul: { takes: 'number', cost: 1 },
  div: { takes: 'float', cost: 3 },
  pow: { takes: 'float', cost: 24 },
  /** The magnitude of the first with the sign bit of the second. */
  copySign: { takes: 'float', cost: 1 },
  /** float32: a − b · trunc(a / b), exactly. */
  fmod: { takes: 'float', cost: 12 },
  /** int32: ⌊a / b⌋; 0 where b is 0, and −2³¹ / −1 wraps to −2³¹. */
  floorDivide: { takes: 'int', cost: 8 },
  maximum: { takes: 'number', cost: 1 },
  minimum: { takes: 'number', cost: 1 },
  equal: { takes: 'any', gives: 'bool', cost: 1 },
  notEqual: { takes: 'any', gives: 'bool', cost: 1 },
  less: { takes: 'number', gives: 'bool', cost: 1 },
  lessEqual: { takes: 'number', gives: 'bool', cost: 1 },
  /** Of bool, or bit by bit of int32. */
  and: { takes: 'bits', cost: 1 },
  or: { takes: 'bits', cost: 1 },
  xor: { takes: 'bits', cost: 1 },
  /** int32: a · 2ᵇ modulo 2³²; 0 where b is not in 0 … 31. */
  shiftLeft: { takes: 'int', cost: 3 },
  /** int32: ⌊a / 2ᵇ⌋; the sign, 0 or −1, where b is not in 0 … 31. */
  shiftRight: { takes: 'int', cost: 3 },
} as const;
export type BinaryPrimitive = keyof typeof binaryPrimitives;

const operators: Readonly<Record<UnaryPrimitive | BinaryPrimitive, ElementwiseTraits>> = {
  ...unaryPrimitives,
  ...binaryPrimitives,
};

/** Whether a primitive computes each element from one or two operands. */
export function isElementwise(op: Primitive): op is UnaryPrimitive | BinaryPrimitive {
  return op in operators;
}

/** The traits of a primitive of one or two operands; undefined for every other. */
export function elementwiseTraits(op: Primitive): ElementwiseTraits | undefined {
  return isElementwise(op) ? operators[op] : undefined;
}
