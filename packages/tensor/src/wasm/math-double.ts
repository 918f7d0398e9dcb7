/**
 * sin, cos, pow and fmod: the functions whose range reduction needs more than float32 carries. Their inner parts run in f64x2 on the
 * two halves of a vector, which is simpler than compensated float32 arithmetic and exact enough to forget about.
 *
 * Largest errors seen (asserted in the tests): sin and cos 1.6 ulp for every finite float32; pow 1 ulp, denormal results included.
 * Special values of pow as in IEEE 754-2019, 9.2.1.
 */
import { FunctionBuilder } from './function-builder.ts';
import type { Value, WasmFunction } from './ir.ts';
import { multiplyAdd, orTiny, type MathContext } from './math.ts';
import { op } from './opcodes.ts';

function halves(fb: FunctionBuilder, x: Value): [Value, Value] {
  return [fb.op(op.f64x2PromoteLowF32x4, x), fb.op(op.f64x2PromoteLowF32x4, fb.shuffle(x, x, [2, 3, 2, 3]))];
}

function demote(fb: FunctionBuilder, low: Value, high: Value): Value {
  return fb.shuffle(fb.op(op.f32x4DemoteF64x2Zero, low), fb.op(op.f32x4DemoteF64x2Zero, high), [0, 1, 4, 5]);
}

/** Adding 1.5 · 2⁵² rounds a double to the nearest integer and leaves it in the low bits. */
const ROUNDING = 6755399441055744;

/** x = turns · π/2 + r, |r| ≤ π/4; only the low two bits of the turns count. */
interface Reduced {
  readonly r: Value;
  readonly turns: Value;
}

/** Up to here the quotient by π/2 has 20 bits. */
const LARGE = 2 ** 20;

/** For |x| < {@link LARGE}; NaN for infinities. */
function reduceModerate(context: MathContext, x: Value): Reduced {
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
  return { r: demote(fb, a.r, b.r), turns: fb.shuffle(a.shifted, b.shifted, [0, 2, 4, 6]) };
}

/** The bits of 2/π in words, the first of them below the binary point. */
const TWO_OVER_PI = [0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561];

/**
 * For {@link LARGE} ≤ |x| < ∞, exactly (M. Payne and R. Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18, 1983):
 * |x| is an integer m · 2^s, s < 8, times a power of 2⁸. Of its product with 2/π only what is below 4 quarter turns is wanted, to which 12 bytes
 * of 2/π contribute, from a position that the exponent gives. The product is a multiple of 2⁻⁶² quarter turns.
 */
function reduceLarge({ fb }: MathContext, x: Value): Reduced {
  const zero = fb.i32x4(0);
  const bytes = [
    0,
    ...TWO_OVER_PI.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]),
  ];
  const table = (from: number): Value => {
    const word = (i: number): number =>
      bytes.slice(from + 4 * i, from + 4 * i + 4).reduceRight((value, byte) => (value << 8) | byte, 0);
    return fb.i32x4(word(0), word(1), word(2), word(3));
  };
  const exponent = fb.op(op.v128And, fb.op(op.i32x4ShrU, x, fb.i32(23)), fb.i32x4(255));
  // m · 2^s, an integer below 2³¹, by way of the float that has that value.
  const s = fb.op(op.v128And, exponent, fb.i32x4(7));
  const scaled = fb.op(
    op.v128Or,
    fb.op(op.v128And, x, fb.i32x4(0x7fffff)),
    fb.op(op.i32x4Shl, fb.op(op.i32x4Add, s, fb.i32x4(150)), fb.i32(23)),
  );
  const factor = fb.op(op.i32x4TruncSatF32x4S, scaled);
  const position = fb.op(op.i32x4Sub, fb.op(op.i32x4ShrU, exponent, fb.i32(3)), fb.i32x4(18));
  const positions = fb.op(op.i32x4Mul, position, fb.i32x4(0x01010101));
  /** Bytes of the table as 64-bit lanes; `order` are their distances from the position, lowest byte first. */
  const window = (at: Value, low: number, high: number): Value => {
    const indices = fb.op(op.i8x16Add, at, fb.i32x4(low, high, low, high));
    const further = fb.op(op.i8x16Sub, indices, fb.i32x4(0x10101010));
    // Indices of 16 and more give 0.
    return fb.op(op.v128Or, fb.op(op.i8x16Swizzle, table(0), indices), fb.op(op.i8x16Swizzle, table(16), further));
  };
  const multiply = (first: 0 | 2): Value => {
    const second = first + 1;
    const m = fb.shuffle(factor, zero, [first, 4, second, 4]);
    const at = fb.shuffle(positions, zero, [first, first, second, second]);
    const product = fb.op(op.i64x2Mul, m, window(at, 0x04050607, 0x00010203));
    const rest = fb.op(op.i64x2Mul, m, window(at, 0x08090a0b, -0x7f7f7f80));
    return fb.op(op.i64x2Add, product, fb.op(op.i64x2ShrU, rest, fb.i32(32)));
  };
  const [low, high] = [multiply(0), multiply(2)];
  const leading = fb.shuffle(low, high, [1, 3, 5, 7]);
  const turns = fb.op(op.i32x4ShrU, fb.op(op.i32x4Add, leading, fb.i32x4(0x20000000)), fb.i32(30));
  // What is left of a quarter turn, as a signed fraction of 64 bits.
  const toRadians = (product: Value): Value => {
    const fraction = fb.op(op.i64x2Shl, product, fb.i32(2));
    const upper = fb.op(op.f64x2ConvertLowI32x4S, fb.shuffle(fraction, fraction, [1, 3, 1, 3]));
    const lower = fb.op(op.f64x2ConvertLowI32x4U, fb.shuffle(fraction, fraction, [0, 2, 0, 2]));
    const sum = fb.op(op.f64x2Add, fb.op(op.f64x2Mul, upper, fb.f64x2(2 ** 32)), lower);
    return fb.op(op.f64x2Mul, sum, fb.f64x2(Math.PI * 2 ** -65));
  };
  const r = demote(fb, toRadians(low), toRadians(high));
  const sign = fb.op(op.v128And, x, fb.i32x4(-0x80000000));
  const negative = fb.op(op.i32x4ShrS, x, fb.i32(31));
  return {
    r: fb.op(op.v128Xor, r, sign),
    turns: fb.op(op.i32x4Sub, fb.op(op.v128Xor, turns, negative), negative),
  };
}

function fromReduced(context: MathContext, reduced: Reduced, offset: 0 | 1): Value {
  const { fb } = context;
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

/** Whether |x| is finite and at least {@link LARGE}, in each lane. */
function isLarge(fb: FunctionBuilder, x: Value): Value {
  const a = fb.op(op.f32x4Abs, x);
  return fb.op(op.v128And, fb.op(op.f32x4Ge, a, fb.f32x4(LARGE)), fb.op(op.f32x4Lt, a, fb.f32x4(Infinity)));
}

/** (usual, x) → sin or cos of the lanes that are large, `usual` in the others. */
function buildLarge(offset: 0 | 1, relaxed: boolean): WasmFunction {
  const fb = new FunctionBuilder(`large ${offset === 0 ? 'sin' : 'cos'}`);
  const usual = fb.parameter('usual', 'v128');
  const x = fb.parameter('x', 'v128');
  const context = { fb, relaxed };
  const exact = fromReduced(context, reduceLarge(context, x), offset);
  return fb.finish(fb.op(op.v128Bitselect, exact, usual, isLarge(fb, x)));
}

const largeFunctions = new Map<string, WasmFunction>();

function sineOrCosine(context: MathContext, x: Value, offset: 0 | 1): Value {
  const { fb, relaxed } = context;
  const key = `${offset} ${relaxed}`;
  const large = largeFunctions.get(key) ?? buildLarge(offset, relaxed);
  largeFunctions.set(key, large);
  const usual = fromReduced(context, reduceModerate(context, x), offset);
  return fb.rarely(fb.op(op.v128AnyTrue, isLarge(fb, x)), large, usual, x);
}

export function sin(context: MathContext, x: Value): Value {
  return orTiny(context, x, sineOrCosine(context, x, 0), 2 ** -12);
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

/** From this quotient on the reduction of {@link fmod} takes more than one step: products with smaller ones are exact. */
const LARGE_QUOTIENT = 2 ** 28;

/** a − b · trunc(a / b) of doubles a ≥ 0, b > 0 that came from float32, where the quotient is below 2²⁹: no operation but the division rounds. */
function remainder(fb: FunctionBuilder, a: Value, b: Value): Value {
  const quotient = fb.op(op.f64x2Trunc, fb.op(op.f64x2Div, a, b));
  const rest = fb.op(op.f64x2Sub, a, fb.op(op.f64x2Mul, quotient, b));
  // The division may have rounded up to the next integer.
  return fb.op(op.f64x2Add, rest, fb.op(op.v128And, b, fb.op(op.f64x2Lt, rest, fb.f64x2(0))));
}

/** (usual, a, b) → a modulo b of the lanes whose quotient is large, by multiples b · 2^28k that leave quotients below 2²⁸. */
function buildLargeRemainder(): WasmFunction {
  const fb = new FunctionBuilder('large fmod');
  const usual = fb.parameter('usual', 'v128');
  const a = fb.parameter('a', 'v128');
  const b = fb.parameter('b', 'v128');
  const divisors = halves(fb, b);
  const rests = halves(fb, a).map((half, side) => {
    let rest = half;
    for (let k = 9; k >= 0; k--) {
      const divisor = divisors[side === 0 ? 0 : 1];
      rest = remainder(fb, rest, fb.op(op.f64x2Mul, divisor, fb.f64x2(2 ** (28 * k))));
    }
    return rest;
  });
  const exact = demote(fb, rests[0] ?? a, rests[1] ?? a);
  return fb.finish(fb.op(op.v128Bitselect, exact, usual, isLargeQuotient(fb, a, b)));
}

/** In lanes where a is finite and b is neither 0 nor NaN. */
function isLargeQuotient(fb: FunctionBuilder, a: Value, b: Value): Value {
  const large = fb.op(op.f32x4Ge, a, fb.op(op.f32x4Mul, b, fb.f32x4(LARGE_QUOTIENT)));
  const finite = fb.op(op.f32x4Lt, a, fb.f32x4(Infinity));
  return fb.op(op.v128And, fb.op(op.v128And, large, finite), fb.op(op.f32x4Gt, b, fb.f32x4(0)));
}

let largeRemainder: WasmFunction | undefined;

/** C's fmod, exact: the sign of a; NaN for b = 0 and infinite a; a for infinite b. */
export function fmod({ fb }: MathContext, x: Value, y: Value): Value {
  const [a, b] = [fb.op(op.f32x4Abs, x), fb.op(op.f32x4Abs, y)];
  const [aLow, aHigh] = halves(fb, a);
  const [bLow, bHigh] = halves(fb, b);
  const small = demote(fb, remainder(fb, aLow, bLow), remainder(fb, aHigh, bHigh));
  largeRemainder ??= buildLargeRemainder();
  const any = fb.op(op.v128AnyTrue, isLargeQuotient(fb, a, b));
  const magnitude = fb.rarely(any, largeRemainder, small, a, b);
  const unchanged = fb.op(
    op.v128And,
    fb.op(op.f32x4Eq, b, fb.f32x4(Infinity)),
    fb.op(op.f32x4Lt, a, fb.f32x4(Infinity)),
  );
  const result = fb.op(op.v128Bitselect, a, magnitude, unchanged);
  return fb.op(op.v128Bitselect, x, result, fb.i32x4(-0x80000000));
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
