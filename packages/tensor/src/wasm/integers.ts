/** Division and shifts of i32x4, which SIMD has no instructions for. Nothing traps. */
import type { FunctionBuilder } from './function-builder.ts';
import type { Value } from './ir.ts';
import { op } from './opcodes.ts';

/** Adding 1.5 · 2⁵² to an integer below 2⁵¹ leaves it, modulo 2³², in the low word of a double. */
const ROUNDING = 6755399441055744;

/** ⌊a / b⌋ by doubles, in which the quotient of two int32 never rounds to an integer that it is not; 0 where b is 0; −2³¹ / −1 wraps. */
export function floorDivide(fb: FunctionBuilder, a: Value, b: Value): Value {
  const divide = (x: Value, y: Value): Value => {
    const quotient = fb.op(op.f64x2Div, fb.op(op.f64x2ConvertLowI32x4S, x), fb.op(op.f64x2ConvertLowI32x4S, y));
    return fb.op(op.f64x2Add, fb.op(op.f64x2Floor, quotient), fb.f64x2(ROUNDING));
  };
  const upper = (x: Value): Value => fb.shuffle(x, x, [2, 3, 2, 3]);
  const words = fb.shuffle(divide(a, b), divide(upper(a), upper(b)), [0, 2, 4, 6]);
  return fb.op(op.v128AndNot, words, fb.op(op.i32x4Eq, b, fb.i32x4(0)));
}

/** The count of a shift that is the same constant in all lanes. */
function constantCount(b: Value): number | undefined {
  if (b.kind !== 'v128') return undefined;
  const words = new Int32Array(b.bytes.slice().buffer);
  return words.every((word) => word === words[0]) ? words[0] : undefined;
}

/** Lane by lane where counts differ. */
function shift(fb: FunctionBuilder, vector: number, scalar: number, a: Value, b: Value): Value {
  const count = constantCount(b);
  if (count !== undefined) return fb.op(vector, a, fb.i32(count));
  let result = a;
  for (let lane = 0; lane < 4; lane++) {
    const value = fb.op(scalar, fb.lane(op.i32x4ExtractLane, lane, a), fb.lane(op.i32x4ExtractLane, lane, b));
    result = fb.lane(op.i32x4ReplaceLane, lane, result, value);
  }
  return result;
}

/** 0 where the count is not in 0 … 31. */
export function shiftLeft(fb: FunctionBuilder, a: Value, b: Value): Value {
  const inside = fb.op(op.i32x4LtU, b, fb.i32x4(32));
  return fb.op(op.v128And, shift(fb, op.i32x4Shl, op.i32Shl, a, b), inside);
}

/** The sign where the count is not in 0 … 31. */
export function shiftRight(fb: FunctionBuilder, a: Value, b: Value): Value {
  const inside = fb.op(op.i32x4LtU, b, fb.i32x4(32));
  const sign = fb.op(op.i32x4ShrS, a, fb.i32(31));
  return fb.op(op.v128Bitselect, shift(fb, op.i32x4ShrS, op.i32ShrS, a, b), sign, inside);
}
