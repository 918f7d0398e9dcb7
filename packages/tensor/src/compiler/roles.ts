/** What primitives are to the passes that decide which nodes share a kernel: their roles and their costs. */
import type { PlanPrimitive } from '../graph/attributes.ts';
import { elementwiseTraits, isElementwise, type BinaryPrimitive, type UnaryPrimitive } from '../graph/elementwise.ts';

/** What a primitive means to fusion. */
export type Role = 'leaf' | 'free' | 'elementwise' | 'view' | 'reduction' | 'contraction' | 'loop';

const roles: Readonly<Record<Exclude<PlanPrimitive, UnaryPrimitive | BinaryPrimitive>, Role>> = {
  buffer: 'leaf',
  argument: 'leaf',
  scalar: 'free',
  constant: 'free',
  iota: 'free',
  random: 'elementwise',
  cast: 'elementwise',
  bitcast: 'elementwise',
  detach: 'elementwise',
  where: 'elementwise',
  reshape: 'view',
  transpose: 'view',
  broadcast: 'view',
  slice: 'view',
  pad: 'view',
  flip: 'view',
  concat: 'view',
  unfold: 'view',
  gather: 'view',
  scatter: 'reduction',
  fold: 'reduction',
  sum: 'reduction',
  prod: 'reduction',
  max: 'reduction',
  min: 'reduction',
  argmax: 'reduction',
  cumulative: 'reduction',
  argSort: 'reduction',
  dot: 'contraction',
  conv: 'contraction',
  convInputGradient: 'contraction',
  convWeightGradient: 'contraction',
  scan: 'loop',
  result: 'loop',
};

/** Cost of one evaluation, in units of an addition. */
export function costOf(op: PlanPrimitive): number {
  return elementwiseTraits(op)?.cost ?? (op === 'random' ? 30 : 1);
}

export function roleOf(op: PlanPrimitive): Role {
  return isElementwise(op) ? 'elementwise' : roles[op];
}
