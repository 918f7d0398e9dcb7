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
  /** argmax: position of the best value. */
  readonly position: Variable;
  /** Folded sums: total and accumulated error. */
  readonly total: Variable;
  readonly error: Variable;
}

export function isFloatSum({ operator, float }: Accumulator): boolean {
  return operator === 'sum' && float;
}

export function makeAccumulators({ fb }: KernelContext, reducers: readonly Reducer[]): Accumulator[] {
  return reducers.map(({ operator, value }) => ({
    operator,
    float: value.type === 'f32',
    value: fb.variable('acc', 'v128'),
    position: fb.variable('position', 'v128'),
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

export function finalValue({ fb }: KernelContext, accumulator: Accumulator): Value {
  return fb.get(accumulator.operator === 'argmax' ? accumulator.position : accumulator.value);
}

/** Combines the accumulators of all unrolled vectors, then their lanes, into values that are equal in all lanes. */
export function combineLanes(
  context: KernelContext,
  sets: readonly (readonly Accumulator[])[],
  lanes: boolean,
): Value[] {
  const { fb } = context;
  const [first = [], ...others] = sets;
  return first.map((accumulator, i) => {
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
      for (const order of [
        [2, 3, 0, 1],
        [1, 0, 3, 2],
      ] as const) {
        const value = fb.get(accumulator.value);
        const position = fb.get(accumulator.position);
        merge(fb.shuffle(value, value, order), fb.shuffle(position, position, order));
      }
    }
    return finalValue(context, accumulator);
  });
}
