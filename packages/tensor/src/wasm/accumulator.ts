/**
 * Running states of reductions in four lanes: start, add a vector, merge accumulators and lanes. Long float32 sums fold their partial
 * sums with the error of every addition kept (T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product", 2005).
 */
import type { Reducer } from '../compiler/kernel.ts';
import type { KernelContext } from './address.ts';
import type { Value, Variable } from './ir.ts';
import { op } from './opcodes.ts';

/** The running state of one reducer in four lanes. */
export interface Accumulator {
  readonly operator: Reducer['operator'];
  readonly float: boolean;
  /** Sum, product or best value so far. */
  readonly value: Variable;
  /** argmax: position of the best value. By bits: the largest bits so far as unsigned integers. */
  readonly position: Variable;
  /** By bits: the smallest bits so far as unsigned integers. */
  readonly smallest: Variable;
  /**
   * Whether a maximum or minimum of floats is found among their bits as integers, the largest of which is `value`: three instructions a vector that wait for one each,
   * where one of floats that minds NaN and the sign of 0 is eight in a row.
   */
  readonly byBits: boolean;
  /** Folded sums: total and accumulated error. */
  readonly total: Variable;
  readonly error: Variable;
}

export function isFloatSum({ operator, float }: Accumulator): boolean {
  return operator === 'sum' && float;
}

/** Elements from which on a maximum by bits pays for what it takes at the end. */
const BITS_FROM = 16;

/** Vectors that a reducer holds in registers, for a reduction of `length` elements. */
export function registersOf({ operator, value }: Reducer, length: number): number {
  return isByBits({ operator, value }, length) ? 3 : 1;
}

function isByBits({ operator, value }: Reducer, length: number): boolean {
  return (operator === 'max' || operator === 'min') && value.type === 'f32' && length >= BITS_FROM;
}

export function makeAccumulators({ fb }: KernelContext, reducers: readonly Reducer[], length: number): Accumulator[] {
  return reducers.map(({ operator, value }) => ({
    operator,
    float: value.type === 'f32',
    value: fb.variable('acc', 'v128'),
    position: fb.variable('position', 'v128'),
    smallest: fb.variable('smallest', 'v128'),
    byBits: isByBits({ operator, value }, length),
    total: fb.variable('total', 'v128'),
    error: fb.variable('error', 'v128'),
  }));
}

export function identity({ fb }: KernelContext, { operator, float }: Accumulator): Value {
  if (operator === 'sum') return fb.i32x4(0);
  if (operator === 'prod') return float ? fb.f32x4(1) : fb.i32x4(1);
  if (operator === 'min') return float ? fb.f32x4(Infinity) : fb.i32x4(0x7fffffff);
  return float ? fb.f32x4(-Infinity) : fb.i32x4(-0x80000000);
}

export function reset(context: KernelContext, accumulator: Accumulator, folds: boolean): void {
  const { fb } = context;
  fb.set(accumulator.value, identity(context, accumulator));
  if (accumulator.operator === 'argmax') fb.set(accumulator.position, fb.i32x4(0));
  if (accumulator.byBits)
    for (const bits of [accumulator.position, accumulator.smallest]) fb.set(bits, identity(context, accumulator));
  if (folds && isFloatSum(accumulator)) {
    fb.set(accumulator.total, fb.f32x4(0));
    fb.set(accumulator.error, fb.f32x4(0));
  }
}

/** TwoSum (Knuth): total + value = sum + rounding error, exactly. */
export function fold({ fb }: KernelContext, { value, total, error }: Accumulator): void {
  const s = fb.get(total);
  const x = fb.get(value);
  const sum = fb.op(op.f32x4Add, s, x);
  const part = fb.op(op.f32x4Sub, sum, s);
  const rounding = fb.op(
    op.f32x4Add,
    fb.op(op.f32x4Sub, s, fb.op(op.f32x4Sub, sum, part)),
    fb.op(op.f32x4Sub, x, part),
  );
  fb.set(error, fb.op(op.f32x4Add, fb.get(error), rounding));
  fb.set(total, sum);
}

/** total + error, or the total alone where it is infinite (the error is NaN then). */
export function foldedTotal({ fb }: KernelContext, { total, error }: Accumulator): Value {
  const corrected = fb.op(op.f32x4Add, fb.get(total), fb.get(error));
  return fb.op(op.v128Bitselect, corrected, fb.get(total), fb.op(op.f32x4Eq, corrected, corrected));
}

export function combine({ fb }: KernelContext, { operator, float }: Accumulator, a: Value, b: Value): Value {
  if (operator === 'sum') return fb.op(float ? op.f32x4Add : op.i32x4Add, a, b);
  if (operator === 'prod') return fb.op(float ? op.f32x4Mul : op.i32x4Mul, a, b);
  if (operator === 'min') return fb.op(float ? op.f32x4Min : op.i32x4MinS, a, b);
  return fb.op(float ? op.f32x4Max : op.i32x4MaxS, a, b);
}

/** By bits: takes in vectors whose largest and smallest bits these are; of a vector of values all three are the values. */
export function takeBits(
  { fb }: KernelContext,
  { value, position, smallest }: Accumulator,
  signed: Value,
  largest: Value = signed,
  least: Value = signed,
): void {
  fb.set(value, fb.op(op.i32x4MaxS, fb.get(value), signed));
  fb.set(position, fb.op(op.i32x4MaxU, fb.get(position), largest));
  fb.set(smallest, fb.op(op.i32x4MinU, fb.get(smallest), least));
}

/**
 * Of all bits seen: where the sign bit is 0, floats are in the order of their bits, elsewhere in the opposite order, and 0x80000000 is −0. NaN lie
 * above ∞ as signed, or above −∞ as unsigned integers.
 */
function extremeOfBits({ fb }: KernelContext, { operator, value, position, smallest }: Accumulator): Value {
  const [signed, largest, least] = [fb.get(value), fb.get(position), fb.get(smallest)];
  const sign = fb.op(op.i32x4ShrS, operator === 'max' ? signed : largest, fb.i32(31));
  const extreme =
    operator === 'max' ? fb.op(op.v128Bitselect, least, signed, sign) : fb.op(op.v128Bitselect, largest, least, sign);
  const isNaN = fb.op(
    op.v128Or,
    fb.op(op.i32x4GtS, signed, fb.f32x4(Infinity)),
    fb.op(op.i32x4LtU, fb.f32x4(-Infinity), largest),
  );
  return fb.op(op.v128Bitselect, fb.f32x4(Number.NaN), extreme, isNaN);
}

export function finalValue(context: KernelContext, accumulator: Accumulator): Value {
  const { fb } = context;
  if (accumulator.byBits) return extremeOfBits(context, accumulator);
  return fb.get(accumulator.operator === 'argmax' ? accumulator.position : accumulator.value);
}

/** Each lane beside its partner: halves, then neighbours. */
const lanePairs = [
  [2, 3, 0, 1],
  [1, 0, 3, 2],
] as const;

/** Combines the accumulators of all unrolled vectors, then their lanes, into values that are equal in all lanes. */
export function combineLanes(
  context: KernelContext,
  sets: readonly (readonly Accumulator[])[],
  lanes: boolean,
): Value[] {
  const { fb } = context;
  const [first = [], ...others] = sets;
  return first.map((accumulator, i) => {
    if (accumulator.byBits) {
      const read = ({ value, position, smallest }: Accumulator): [Value, Value, Value] => [
        fb.get(value),
        fb.get(position),
        fb.get(smallest),
      ];
      for (const set of others) {
        const other = set[i];
        if (other !== undefined) takeBits(context, accumulator, ...read(other));
      }
      for (const order of lanes ? lanePairs : []) {
        const [signed, largest, least] = read(accumulator).map((bits) => fb.shuffle(bits, bits, order));
        if (signed !== undefined) takeBits(context, accumulator, signed, largest, least);
      }
      return finalValue(context, accumulator);
    }
    const merge = (value: Value, position: Value): void => {
      const best = fb.get(accumulator.value);
      if (accumulator.operator !== 'argmax') {
        fb.set(accumulator.value, combine(context, accumulator, best, value));
        return;
      }
      const own = fb.get(accumulator.position);
      const earlier = fb.op(op.i32x4LtS, position, own);
      let take: Value;
      if (accumulator.float) {
        const nan = fb.op(op.f32x4Ne, value, value);
        const ownNaN = fb.op(op.f32x4Ne, best, best);
        const equal = fb.op(op.v128Or, fb.op(op.f32x4Eq, value, best), fb.op(op.v128And, nan, ownNaN));
        const better = fb.op(op.v128Or, fb.op(op.f32x4Gt, value, best), fb.op(op.v128AndNot, nan, ownNaN));
        take = fb.op(op.v128Or, better, fb.op(op.v128And, equal, earlier));
      } else {
        const equal = fb.op(op.v128And, fb.op(op.i32x4Eq, value, best), earlier);
        take = fb.op(op.v128Or, fb.op(op.i32x4GtS, value, best), equal);
      }
      const decision = fb.variable('take', 'v128');
      fb.set(decision, take);
      // Both selections read the state of before: the new position waits in a variable of its own.
      const chosen = fb.variable('chosen', 'v128');
      fb.set(chosen, fb.op(op.v128Bitselect, position, own, fb.get(decision)));
      fb.set(accumulator.value, fb.op(op.v128Bitselect, value, best, fb.get(decision)));
      fb.set(accumulator.position, fb.get(chosen));
    };
    for (const set of others) {
      const other = set[i];
      if (other !== undefined) merge(fb.get(other.value), fb.get(other.position));
    }
    if (lanes) {
      for (const order of lanePairs) {
        const value = fb.get(accumulator.value);
        const position = fb.get(accumulator.position);
        merge(fb.shuffle(value, value, order), fb.shuffle(position, position, order));
      }
    }
    return finalValue(context, accumulator);
  });
}
