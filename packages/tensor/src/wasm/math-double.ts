/**
 * sin, cos and pow: the functions whose range reduction needs more than float32 carries. Their inner parts run in f64x2 on the
 * two halves of a vector, which is simpler than compensated float32 arithmetic and exact enough to forget about.
 *
 * Largest errors seen (asserted in the tests): sin and cos 1.5 ulp or 1e-7 absolute for |x| ≤ 1e6, bounded by 1 everywhere;
 * pow 1 ulp, denormal results included. Special values of pow as in IEEE 754-2019, 9.2.1.
 */
import type { FunctionBuilder } from './function-builder.ts';
import type { Value } from './ir.ts';
import { multiplyAdd, type MathContext } from './math.ts';
import { op } from './opcodes.ts';

function halves(fb: FunctionBuilder, x: Value): [Value, Value] {
  return [fb.op(op.f64x2PromoteLowF32x4, x), fb.op(op.f64x2PromoteLowF32x4, fb.shuffle(x, x, [2, 3, 2, 3]))];
}

function demote(fb: FunctionBuilder, low: Value, high: Value): Value {
  return fb.shuffle(fb.op(op.f32x4DemoteF64x2Zero, low), fb.op(op.f32x4DemoteF64x2Zero, high), [0, 1, 4, 5]);
}

/** Adding 1.5 · 2⁵² rounds a double to the nearest integer and leaves it in the low bits. */
const ROUNDING = 6755399441055744;

function quarterTurns(context: MathContext, x: Value): { r: Value; turns: Value } {
  const { fb } = context;
  const reduce = (half: Value): { r: Value; shifted: Value } => {
    const rounding = fb.f64x2(ROUNDING);
    const shifted = fb.op(op.f64x2Add, fb.op(op.f64x2Mul, half, fb.f64x2(2 / Math.PI)), rounding);
    const n = fb.op(op.f64x2Sub, shifted, rounding);
    // π/2 in two parts; the first has 33 bits, so that its product with n is exact up to n = 2²⁰.
    const high = fb.op(op.f64x2Sub, half, fb.op(op.f64x2Mul, n, fb.f64x2(1.5707963267341256)));
    return { r: fb.op(op.f64x2Sub, high, fb.op(op.f64x2Mul, n, fb.f64x2(6.077100506506192e-11))), shifted };
  };
  const [low, high] = halves(fb, x);
  const a = reduce(low);
  const b = reduce(high);
  // Beyond 2⁵⁰ the quotient has no fraction left; the clamp keeps the result within [−1, 1].
  const r = fb.op(op.f32x4Pmax, fb.op(op.f32x4Pmin, demote(fb, a.r, b.r), fb.f32x4(0.79)), fb.f32x4(-0.79));
  return { r, turns: fb.shuffle(a.shifted, b.shifted, [0, 2, 4, 6]) };
}

function sineOrCosine(context: MathContext, x: Value, offset: number): Value {
  const { fb } = context;
  const reduced = quarterTurns(context, x);
  const { r } = reduced;
  const turns = offset === 0 ? reduced.turns : fb.op(op.i32x4Add, reduced.turns, fb.i32x4(offset));
  const z = fb.op(op.f32x4Mul, r, r);
  const s = multiplyAdd(
    context,
    multiplyAdd(context, fb.f32x4(-0.00019510870333760977), z, fb.f32x4(0.008332131430506706)),
    z,
    fb.f32x4(-0.16666653752326965),
  );
  const sine = multiplyAdd(context, fb.op(op.f32x4Mul, r, z), s, r);
  const c = multiplyAdd(
    context,
    multiplyAdd(context, fb.f32x4(2.4431239580735564e-5), z, fb.f32x4(-0.0013887305976822972)),
    z,
    fb.f32x4(0.04166664555668831),
  );
  const cosine = multiplyAdd(
    context,
    fb.op(op.f32x4Mul, z, z),
    c,
    fb.op(op.f32x4Sub, fb.f32x4(1), fb.op(op.f32x4Mul, z, fb.f32x4(0.5))),
  );
  const odd = fb.op(op.i32x4Eq, fb.op(op.v128And, turns, fb.i32x4(1)), fb.i32x4(1));
  const sign = fb.op(op.i32x4Shl, fb.op(op.v128And, turns, fb.i32x4(2)), fb.i32(30));
  return fb.op(op.v128Xor, fb.op(op.v128Bitselect, cosine, sine, odd), sign);
}

export function sin(context: MathContext, x: Value): Value {
  return sineOrCosine(context, x, 0);
}

export function cos(context: MathContext, x: Value): Value {
  return sineOrCosine(context, x, 1);
}

/** Horner's rule in f64x2; the highest coefficient comes first. */
function doublePolynomial(fb: FunctionBuilder, x: Value, coefficients: readonly number[]): Value {
  let result = fb.f64x2(coefficients[0] ?? 0);
  for (const coefficient of coefficients.slice(1)) {
    result = fb.op(op.f64x2Add, fb.op(op.f64x2Mul, result, x), fb.f64x2(coefficient));
  }
  return result;
}

/** log2 of positive finite doubles that came from float32 (never denormal as doubles). */
function log2(fb: FunctionBuilder, a: Value): Value {
  const word = (low: number, high: number): Value => fb.i32x4(low, high, low, high);
  const bits = fb.op(op.v128And, a, word(-1, 0x000fffff));
  const m0 = fb.op(op.v128Or, bits, word(0, 0x3ff00000));
  const big = fb.op(op.f64x2Gt, m0, fb.f64x2(Math.SQRT2));
  const m = fb.op(op.f64x2Sub, m0, fb.op(op.v128And, big, fb.op(op.f64x2Mul, m0, fb.f64x2(0.5))));
  // The exponent as a double: its bits below those of 2⁵².
  const field = fb.op(op.v128Or, fb.op(op.i64x2ShrU, a, fb.i32(52)), word(0, 0x43300000));
  const e0 = fb.op(op.f64x2Sub, field, fb.f64x2(2 ** 52 + 1023));
  const e = fb.op(op.f64x2Add, e0, fb.op(op.v128And, big, fb.f64x2(1)));
  const one = fb.f64x2(1);
  const s = fb.op(op.f64x2Div, fb.op(op.f64x2Sub, m, one), fb.op(op.f64x2Add, m, one));
  const z = fb.op(op.f64x2Mul, s, s);
  // log2 m = 2/ln 2 · atanh s, by its Taylor series: |s| ≤ 0.172, the first term left out is below 1e-13.
  const series = doublePolynomial(
    fb,
    z,
    [15, 13, 11, 9, 7, 5, 3, 1].map((n) => (2 * Math.LOG2E) / n),
  );
  return fb.op(op.f64x2Add, e, fb.op(op.f64x2Mul, s, series));
}

/** 2^t for doubles. */
function exp2(fb: FunctionBuilder, t: Value): Value {
  const clamped = fb.op(op.f64x2Pmax, fb.op(op.f64x2Pmin, t, fb.f64x2(200)), fb.f64x2(-200));
  const rounding = fb.f64x2(ROUNDING);
  const shifted = fb.op(op.f64x2Add, clamped, rounding);
  const f = fb.op(op.f64x2Sub, clamped, fb.op(op.f64x2Sub, shifted, rounding));
  const p = doublePolynomial(
    fb,
    f,
    [
      1.5316460391619255e-5, 0.00015469731649133813, 0.0013333422651780535, 0.009618025604176652, 0.05550410976100205,
      0.2402265121358402, 0.6931471805350292, 0.99999999995955,
    ],
  );
  // The low bits of `shifted` are n; adding the bias and shifting to the top makes 2^n.
  const power = fb.op(op.i64x2Shl, fb.op(op.i32x4Add, shifted, fb.i32x4(1023, 0, 1023, 0)), fb.i32(52));
  return fb.op(op.f64x2Mul, p, power);
}

export function pow({ fb }: MathContext, base: Value, exponent: Value): Value {
  const zero = fb.f32x4(0);
  const one = fb.f32x4(1);
  const infinity = fb.f32x4(Infinity);
  const pick = (condition: Value, ifTrue: Value, ifFalse: Value): Value =>
    fb.op(op.v128Bitselect, ifTrue, ifFalse, condition);
  const a = fb.op(op.f32x4Abs, base);
  const [aLow, aHigh] = halves(fb, a);
  const [yLow, yHigh] = halves(fb, exponent);
  const magnitude = (x: Value, y: Value): Value => exp2(fb, fb.op(op.f64x2Mul, y, log2(fb, x)));
  let result = demote(fb, magnitude(aLow, yLow), magnitude(aHigh, yHigh));
  const positive = fb.op(op.f32x4Gt, exponent, zero);
  result = pick(fb.op(op.f32x4Eq, a, infinity), pick(positive, infinity, zero), result);
  result = pick(fb.op(op.f32x4Eq, a, zero), pick(positive, zero, infinity), result);
  result = pick(fb.op(op.f32x4Eq, a, one), one, result);
  // Negative bases: an odd integer exponent keeps the sign, a fractional one gives NaN.
  const isInteger = (x: Value): Value => fb.op(op.f32x4Eq, fb.op(op.f32x4Trunc, x), x);
  const integer = isInteger(exponent);
  const even = isInteger(fb.op(op.f32x4Mul, exponent, fb.f32x4(0.5)));
  const odd = fb.op(op.v128AndNot, integer, even);
  const sign = fb.op(op.v128And, fb.op(op.v128And, base, odd), fb.i32x4(-0x80000000));
  result = fb.op(op.v128Or, result, sign);
  const negative = fb.op(op.v128And, fb.op(op.f32x4Lt, base, zero), fb.op(op.f32x4Gt, base, fb.f32x4(-Infinity)));
  const invalid = fb.op(op.v128AndNot, negative, integer);
  const unordered = fb.op(op.v128Or, fb.op(op.f32x4Ne, base, base), fb.op(op.f32x4Ne, exponent, exponent));
  result = pick(fb.op(op.v128Or, invalid, unordered), fb.f32x4(Number.NaN), result);
  const unit = fb.op(op.v128Or, fb.op(op.f32x4Eq, exponent, zero), fb.op(op.f32x4Eq, base, one));
  return pick(unit, one, result);
}
