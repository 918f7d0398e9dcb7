/** One rule for every primitive; the record is exhaustive, so that a primitive without a rule does not compile. */
import { formulas } from '@hebb/tensor/formulas';
import type { Primitive } from '@hebb/tensor/graph';
import type { Value } from '../emitter.ts';
import type { Site } from '../site.ts';
import { bitcast } from './bitcast.ts';
import { conv, convInputGradient, convWeightGradient, dot } from './contraction.ts';
import { cumulative } from './cumulative.ts';
import {
  cast,
  constant,
  copySign,
  elementwise,
  exp2,
  expm1,
  fmod,
  formula,
  iota,
  log1p,
  notEqual,
  random,
  scalar,
  scaledLog,
  trunc,
  where,
} from './elementwise.ts';
import { gather, scatter } from './indexing.ts';
import { bits, floorDivide, shiftLeft, shiftRight } from './integers.ts';
import { broadcast, concat, detach, flip, pad, reshape, slice, transpose } from './movement.ts';
import { argSort } from './order.ts';
import { argmax, max, min, prod, sum } from './reduce.ts';
import { fold, unfold } from './windows.ts';

/** Leaves become inputs and initializers, composites an operator or what they stand for; both are written by the walk itself. */
/** What is written by itself; loops and their results are written by the walk, which knows their steps. */
export type WrittenPrimitive = Exclude<Primitive, 'buffer' | 'argument' | 'composite' | 'scan' | 'result'>;

export const operators: { readonly [P in WrittenPrimitive]: (site: Site<P>) => Value } = {
  scalar,
  constant,
  iota,
  random,

  neg: elementwise('Neg'),
  abs: elementwise('Abs'),
  sign: elementwise('Sign'),
  exp: elementwise('Exp'),
  expm1,
  exp2,
  log: elementwise('Log'),
  log1p,
  log2: scaledLog(Math.LOG2E),
  log10: scaledLog(Math.LOG10E),
  sqrt: elementwise('Sqrt'),
  sin: elementwise('Sin'),
  cos: elementwise('Cos'),
  asin: elementwise('Asin'),
  acos: elementwise('Acos'),
  atan: elementwise('Atan'),
  tanh: elementwise('Tanh'),
  sigmoid: elementwise('Sigmoid'),
  erf: elementwise('Erf'),
  erfc: formula(formulas.erfc),
  normalCdf: formula(formulas.normalCdf),
  log1pExp: formula(formulas.log1pExp),
  erfinv: formula(formulas.erfinv),
  lgamma: formula(formulas.lgamma),
  digamma: formula(formulas.digamma),
  relu: elementwise('Relu'),
  floor: elementwise('Floor'),
  ceil: elementwise('Ceil'),
  round: elementwise('Round'),
  trunc,
  not: bits('Not', 'BitwiseNot'),
  cast,
  bitcast,
  detach,

  add: elementwise('Add'),
  sub: elementwise('Sub'),
  mul: elementwise('Mul'),
  div: elementwise('Div'),
  pow: elementwise('Pow'),
  fmod,
  floorDivide,
  copySign,
  maximum: elementwise('Max'),
  minimum: elementwise('Min'),
  equal: elementwise('Equal'),
  notEqual,
  less: elementwise('Less'),
  lessEqual: elementwise('LessOrEqual'),
  and: bits('And', 'BitwiseAnd'),
  or: bits('Or', 'BitwiseOr'),
  xor: bits('Xor', 'BitwiseXor'),
  shiftLeft,
  shiftRight,
  where,

  reshape,
  transpose,
  broadcast,
  slice,
  pad,
  flip,
  concat,
  unfold,
  fold,

  gather,
  scatter,

  cumulative,
  argSort,

  sum,
  prod,
  max,
  min,
  argmax,

  dot,
  conv,
  convInputGradient,
  convWeightGradient,
};
