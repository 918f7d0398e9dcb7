/** Which operations on float16 and uint8, computed as float32 and int32, have to be rounded or wrapped afterwards. */
import type { PlanPrimitive } from './attributes.ts';
import { isElementwise, type BinaryPrimitive, type UnaryPrimitive } from './elementwise.ts';
import type { DType } from './types.ts';

/** Where a result computed in the larger dtype may be none of float16, or of uint8: 'never' of what only moves or chooses numbers. */
type Leaves = 'both' | 'float16' | 'uint8' | 'never';

const elementwise: Readonly<Record<UnaryPrimitive | BinaryPrimitive, Leaves>> = {
  neg: 'uint8',
  abs: 'never',
  sign: 'never',
  exp: 'both',
  expm1: 'both',
  exp2: 'both',
  log: 'both',
  log1p: 'both',
  log2: 'both',
  log10: 'both',
  sqrt: 'both',
  sin: 'both',
  cos: 'both',
  asin: 'both',
  acos: 'both',
  atan: 'both',
  tanh: 'both',
  sigmoid: 'both',
  erf: 'both',
  erfc: 'both',
  normalCdf: 'both',
  log1pExp: 'both',
  erfinv: 'both',
  lgamma: 'both',
  digamma: 'both',
  relu: 'never',
  floor: 'never',
  ceil: 'never',
  round: 'never',
  trunc: 'never',
  not: 'uint8',
  add: 'both',
  sub: 'both',
  mul: 'both',
  div: 'both',
  pow: 'both',
  copySign: 'never',
  fmod: 'never',
  floorDivide: 'never',
  maximum: 'never',
  minimum: 'never',
  equal: 'never',
  notEqual: 'never',
  less: 'never',
  lessEqual: 'never',
  and: 'never',
  or: 'never',
  xor: 'never',
  shiftLeft: 'uint8',
  shiftRight: 'never',
};

const others: Readonly<Record<Exclude<PlanPrimitive, UnaryPrimitive | BinaryPrimitive>, Leaves>> = {
  buffer: 'never',
  argument: 'never',
  scalar: 'never',
  // Rounded where they are made.
  constant: 'never',
  iota: 'never',
  random: 'never',
  cast: 'both',
  bitcast: 'never',
  detach: 'never',
  where: 'never',
  reshape: 'never',
  transpose: 'never',
  broadcast: 'never',
  slice: 'never',
  pad: 'never',
  flip: 'never',
  concat: 'never',
  unfold: 'never',
  fold: 'both',
  gather: 'never',
  scatter: 'both',
  sum: 'both',
  prod: 'both',
  max: 'never',
  min: 'never',
  argmax: 'never',
  cumulative: 'both',
  argSort: 'never',
  dot: 'both',
  conv: 'both',
  convInputGradient: 'both',
  convWeightGradient: 'both',
  scan: 'never',
  result: 'never',
};

/** Whether an operation on numbers of a dtype, computed in a larger one, may have results that the dtype does not hold. */
export function leavesDType(op: PlanPrimitive, dtype: DType): boolean {
  const when = isElementwise(op) ? elementwise[op] : others[op];
  return when === 'both' || when === dtype;
}
