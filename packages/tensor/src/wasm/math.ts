/**
 * exp, expm1, exp2, log, log1p, log2, log10, tanh, sigmoid, erf as f32x4 polynomials. The range reductions are the classical ones (W. J. Cody and W. Waite,
 * "Software Manual for the Elementary Functions", 1980; P. T. P. Tang, "Table-driven implementation of the logarithm function",
 * 1990, for the atanh form of log); the coefficients are our own minimax fits in float64 (weighted least squares with Lawson's
 * iteration), rounded to float32.
 *
 * Largest errors seen over dense samples of the whole range, with and without relaxed_madd (asserted in the tests):
 * exp, expm1, log and log1p 1.5 ulp, sigmoid 2.5 ulp, tanh 2 ulp, erf 2 ulp. exp keeps denormal results; sigmoid gives 0 below −87.7.
 */
import type { FunctionBuilder } from './function-builder.ts';
import type { Value } from './ir.ts';
import { op } from './opcodes.ts';

export interface MathContext {
  readonly fb: FunctionBuilder;
  /** Whether relaxed_madd may be used. */
  readonly relaxed: boolean;
}

/** a · b + c */
export function multiplyAdd({ fb, relaxed }: MathContext, a: Value, b: Value, c: Value): Value {
  return relaxed ? fb.op(op.f32x4RelaxedMadd, a, b, c) : fb.op(op.f32x4Add, fb.op(op.f32x4Mul, a, b), c);
}

/** Horner's rule; the highest coefficient comes first. */
function polynomial(context: MathContext, x: Value, coefficients: readonly number[]): Value {
  const [first = 0, ...rest] = coefficients.map((coefficient) => context.fb.f32x4(coefficient));
  let result = first === 0 ? context.fb.f32x4(0) : first;
  for (const coefficient of rest) result = multiplyAdd(context, result, x, coefficient);
  return result;
}

/** Adding this rounds to the nearest integer (half to even) and leaves it in the low bits of the significand. */
const ROUNDING = 12582912;
const ROUNDING_BITS = 0x4b400000;

/** ln 2 in two parts; the first has 9 bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.693359375;
/** LN2_HIGH − ln 2 */
const LN2_LOW = 2.1219444005469e-4;

/** t = n + {@link ROUNDING} and x − n ln 2 in two parts, the first of them exact. */
function reduce(context: MathContext, x: Value): { high: Value; low: Value; shifted: Value } {
  const { fb } = context;
  const rounding = fb.f32x4(ROUNDING);
  const shifted = multiplyAdd(context, x, fb.f32x4(Math.LOG2E), rounding);
  const n = fb.op(op.f32x4Sub, shifted, rounding);
  const high = multiplyAdd(context, n, fb.f32x4(-LN2_HIGH), x);
  return { high, low: fb.op(op.f32x4Mul, n, fb.f32x4(LN2_LOW)), shifted };
}

/** The reduced r and t = n + {@link ROUNDING}, where x = n ln 2 + r. */
function reducedExp(context: MathContext, x: Value): { r: Value; shifted: Value } {
  const { fb } = context;
  const { high, shifted } = reduce(context, x);
  const n = fb.op(op.f32x4Sub, shifted, fb.f32x4(ROUNDING));
  return { r: multiplyAdd(context, n, fb.f32x4(LN2_LOW), high), shifted };
}

/** (e^r − 1 − r) / r² */
function expTail(context: MathContext, r: Value): Value {
  return polynomial(
    context,
    r,
    [0.0013814610429108143, 0.008368710055947304, 0.04166838899254799, 0.1666652113199234, 0.4999999403953552],
  );
}

function expPolynomial(context: MathContext, r: Value): Value {
  const { fb } = context;
  return fb.op(op.f32x4Add, multiplyAdd(context, fb.op(op.f32x4Mul, r, r), expTail(context, r), r), fb.f32x4(1));
}

export function exp(context: MathContext, x: Value): Value {
  const { fb } = context;
  return whereAbove(context, x, -104, (finite) => {
    if (isNeverPositive(x)) return expOfNegative(context, finite);
    // NaN passes through: pmin(a, b) is b < a ? b : a.
    const { r, shifted } = reducedExp(context, fb.op(op.f32x4Pmin, finite, fb.f32x4(89)));
    return timesPower(context, expPolynomial(context, r), shifted);
  });
}

/** 0 up to a limit, below which nothing is computed that would come to less than the least denormal: processors take several times as long over that, and masked attention asks for e^−∞ at every second place. */
function whereAbove({ fb }: MathContext, x: Value, limit: number, compute: (above: Value) => Value): Value {
  // Of NaN neither is true.
  const below = fb.op(op.f32x4Le, x, fb.f32x4(limit));
  return fb.op(op.v128AndNot, compute(fb.op(op.v128AndNot, x, below)), below);
}

/** The same bits as {@link exp} in fewer instructions, for −104 < x ≤ 0: 2^(n + 64) is a float32 for each n that there is. */
function expOfNegative(context: MathContext, x: Value): Value {
  const { fb } = context;
  const { r, shifted } = reducedExp(context, x);
  const power = fb.op(op.i32x4Shl, fb.op(op.i32x4Add, shifted, fb.i32x4(127 + 64)), fb.i32(23));
  return fb.op(op.f32x4Mul, fb.op(op.f32x4Mul, expPolynomial(context, r), power), fb.f32x4(2 ** -64));
}

/** Whether x is −|y|, or a negative multiple of a square. */
function isNeverPositive(x: Value): boolean {
  if (x.kind !== 'op') return false;
  const [a, b] = x.args;
  if (x.code === op.f32x4Neg) return a?.kind === 'op' && (a.code === op.f32x4Abs || isSquare(a));
  return x.code === op.f32x4Mul && a !== undefined && isSquare(a) && b?.kind === 'v128' && isNegative(b.bytes);
}

const isSquare = (x: Value): boolean => x.kind === 'op' && x.code === op.f32x4Mul && x.args[0] === x.args[1];

/** Of four equal lanes. */
const isNegative = (bytes: Uint8Array): boolean => ((bytes[3] ?? 0) & 0x80) !== 0;

/** p · 2^n with t = n + {@link ROUNDING}; 2^n in two factors, for results that are denormal or just below overflow. */
function timesPower({ fb }: MathContext, p: Value, shifted: Value): Value {
  const n = fb.op(op.i32x4Sub, shifted, fb.i32x4(ROUNDING_BITS));
  const half = fb.op(op.i32x4ShrS, n, fb.i32(1));
  const power = (exponent: Value): Value => fb.op(op.i32x4Shl, fb.op(op.i32x4Add, exponent, fb.i32x4(127)), fb.i32(23));
  const scaled = fb.op(op.f32x4Mul, p, power(half));
  return fb.op(op.f32x4Mul, scaled, power(fb.op(op.i32x4Sub, n, half)));
}

/** 2^x = 2^n 2^f with n the nearest integer, whose difference f is exact. */
export function exp2(context: MathContext, x: Value): Value {
  const { fb } = context;
  return whereAbove(context, x, -151, (finite) => {
    const clamped = fb.op(op.f32x4Pmin, finite, fb.f32x4(129));
    const rounding = fb.f32x4(ROUNDING);
    const shifted = fb.op(op.f32x4Add, clamped, rounding);
    const f = fb.op(op.f32x4Sub, clamped, fb.op(op.f32x4Sub, shifted, rounding));
    const p = polynomial(
      context,
      f,
      [
        0.00015353360504377633, 0.0013398875016719103, 0.00961843691766262, 0.055503323674201965, 0.24022647738456726,
        0.6931471824645996, 1,
      ],
    );
    return timesPower(context, p, shifted);
  });
}

/** e^x for −88 ≤ x ≤ 88; 0 for x < −87.7. */
function boundedExp(context: MathContext, x: Value): Value {
  const { fb } = context;
  const { r, shifted } = reducedExp(context, x);
  const power = fb.op(op.i32x4Shl, fb.op(op.i32x4Add, shifted, fb.i32x4(127)), fb.i32(23));
  return fb.op(op.f32x4Mul, expPolynomial(context, r), power);
}

/**
 * e^x − 1 = 2^n (e^r − 1) + (2^n − 1). The exact part of r is added to 2^n − 1 before anything that is rounded, so that nothing is lost
 * where the two cancel. Half of everything, because 2^128 is no float32.
 */
export function expm1(context: MathContext, x: Value): Value {
  const { fb } = context;
  const clamped = fb.op(op.f32x4Pmax, fb.op(op.f32x4Pmin, x, fb.f32x4(89)), fb.f32x4(-40));
  const { high, low, shifted } = reduce(context, clamped);
  const r = fb.op(op.f32x4Add, high, low);
  const tail = multiplyAdd(context, fb.op(op.f32x4Mul, r, r), expTail(context, r), low);
  const power = fb.op(op.i32x4Shl, fb.op(op.i32x4Add, shifted, fb.i32x4(126)), fb.i32(23));
  const leading = multiplyAdd(context, power, high, fb.op(op.f32x4Sub, power, fb.f32x4(0.5)));
  const half = multiplyAdd(context, power, tail, leading);
  return orTiny(context, x, fb.op(op.f32x4Add, half, half));
}

/** x where it is so small that f(x) = x + … rounds to x: keeps the sign of zero, and denormals. */
export function orTiny({ fb }: MathContext, x: Value, result: Value, limit: number = 2 ** -25): Value {
  const tiny = fb.op(op.f32x4Lt, fb.op(op.f32x4Abs, x), fb.f32x4(limit));
  return fb.op(op.v128Bitselect, x, result, tiny);
}

/** A base: its logarithm of 2 in two parts, the first with so few bits that its product with an exponent is exact, and 1 / ln(base). */
interface Base {
  readonly whole: number;
  readonly rest: number;
  readonly factor: number;
}
const natural: Base = { whole: LN2_HIGH, rest: -LN2_LOW, factor: 1 };
const binary: Base = { whole: 1, rest: 0, factor: Math.LOG2E };
const decimal: Base = { whole: 0.30078125, rest: 2.48745663981198e-4, factor: Math.LOG10E };

/**
 * e ln 2 + ln(1 + f), in another base if given, with R/s² as a polynomial in s² = (f / (2 + f))² and the pole, the sign and NaN of the logarithm of u.
 *
 * ln(1 + f) = f − (f²/2 − s (f²/2 + R)), s = f / (2 + f).
 */
function logarithm(
  context: MathContext,
  { u, e, f, coefficients }: { u: Value; e: Value; f: Value; coefficients: readonly number[] },
  { whole, rest, factor }: Base = natural,
): Value {
  const { fb } = context;
  const s = fb.op(op.f32x4Div, f, fb.op(op.f32x4Add, f, fb.f32x4(2)));
  const z = fb.op(op.f32x4Mul, s, s);
  const R = fb.op(op.f32x4Mul, z, polynomial(context, z, coefficients));
  const halfSquare = fb.op(op.f32x4Mul, fb.op(op.f32x4Mul, f, f), fb.f32x4(0.5));
  const small = fb.op(op.f32x4Mul, e, fb.f32x4(rest));
  const low =
    factor === 1
      ? multiplyAdd(context, s, fb.op(op.f32x4Add, halfSquare, R), small)
      : fb.op(op.f32x4Mul, s, fb.op(op.f32x4Add, halfSquare, R));
  const mantissa = fb.op(op.f32x4Sub, f, fb.op(op.f32x4Sub, halfSquare, low));
  const scaled = factor === 1 ? mantissa : multiplyAdd(context, mantissa, fb.f32x4(factor), small);
  const result = multiplyAdd(context, e, fb.f32x4(whole), scaled);
  // ln 0 = −∞, ln of a negative or NaN is NaN, ln ∞ = ∞.
  const zero = fb.f32x4(0);
  const finite = fb.op(op.f32x4Lt, u, fb.f32x4(Infinity));
  const positive = fb.op(op.f32x4Gt, u, zero);
  const atZero = fb.op(op.v128Bitselect, fb.f32x4(-Infinity), fb.f32x4(Number.NaN), fb.op(op.f32x4Eq, u, zero));
  const large = fb.op(op.v128Bitselect, result, u, finite);
  return fb.op(op.v128Bitselect, large, atZero, positive);
}

export function log(context: MathContext, x: Value): Value {
  return logarithmOf(context, x, natural);
}

export function log2(context: MathContext, x: Value): Value {
  return logarithmOf(context, x, binary);
}

export function log10(context: MathContext, x: Value): Value {
  return logarithmOf(context, x, decimal);
}

function logarithmOf(context: MathContext, x: Value, base: Base): Value {
  const { fb } = context;
  const denormal = fb.op(op.f32x4Lt, x, fb.f32x4(2 ** -126));
  const normal = fb.op(op.v128Bitselect, fb.op(op.f32x4Mul, x, fb.f32x4(2 ** 23)), x, denormal);
  // x = 2^e · m with m in [√½, √2): shift the bits so that √½ falls on an exponent boundary.
  const rootHalf = 0x3f3504f3;
  const offset = fb.op(op.i32x4Sub, normal, fb.i32x4(rootHalf));
  const exponent = fb.op(
    op.i32x4Sub,
    fb.op(op.i32x4ShrS, offset, fb.i32(23)),
    fb.op(op.v128And, denormal, fb.i32x4(23)),
  );
  const m = fb.op(op.i32x4Add, fb.op(op.v128And, offset, fb.i32x4(0x007fffff)), fb.i32x4(rootHalf));
  const e = fb.op(op.f32x4ConvertI32x4S, exponent);
  const f = fb.op(op.f32x4Sub, m, fb.f32x4(1));
  return logarithm(
    context,
    { u: x, e, f, coefficients: [0.29871731996536255, 0.3997754156589508, 0.6666677594184875] },
    base,
  );
}

/**
 * ln(1 + x) = e ln 2 + ln(1 + f) with 1 + x = 2^e (1 + f), where f = 2^−e x + (2^−e − 1) has no rounding error: 1 + x, rounded, only
 * chooses e, so that 1 + f lies in [¾, 3⁄2). 2^−e itself could be denormal; 2^(2−e) is not.
 */
export function log1p(context: MathContext, x: Value): Value {
  const { fb } = context;
  const u = fb.op(op.f32x4Add, x, fb.f32x4(1));
  const exponent = fb.op(op.i32x4ShrS, fb.op(op.i32x4Sub, u, fb.i32x4(0x3f400000)), fb.i32(23));
  const scale = fb.op(op.i32x4Shl, fb.op(op.i32x4Sub, fb.i32x4(129), exponent), fb.i32(23));
  const quarter = fb.f32x4(0.25);
  const f = multiplyAdd(
    context,
    fb.op(op.f32x4Mul, x, quarter),
    scale,
    fb.op(op.f32x4Sub, fb.op(op.f32x4Mul, scale, quarter), fb.f32x4(1)),
  );
  const result = logarithm(context, {
    u,
    e: fb.op(op.f32x4ConvertI32x4S, exponent),
    f,
    coefficients: [0.30363795161247253, 0.39957690238952637, 0.666669487953186],
  });
  return orTiny(context, x, result);
}

export function sigmoid(context: MathContext, x: Value): Value {
  const { fb } = context;
  const one = fb.f32x4(1);
  const negative = fb.op(op.f32x4Neg, fb.op(op.f32x4Abs, x));
  const e = boundedExp(context, fb.op(op.f32x4Pmax, negative, fb.f32x4(-88)));
  // 1 / (1 + e^−x) above zero, e^x / (1 + e^x) below.
  const numerator = fb.op(op.v128Bitselect, e, one, fb.op(op.f32x4Lt, x, fb.f32x4(0)));
  return fb.op(op.f32x4Div, numerator, fb.op(op.f32x4Add, one, e));
}

function copySign({ fb }: MathContext, magnitude: Value, sign: Value): Value {
  return fb.op(op.v128Or, magnitude, fb.op(op.v128And, sign, fb.i32x4(-0x80000000)));
}

export function tanh(context: MathContext, x: Value): Value {
  const { fb } = context;
  const a = fb.op(op.f32x4Abs, x);
  const z = fb.op(op.f32x4Mul, x, x);
  const odd = polynomial(
    context,
    z,
    [-0.005717036779969931, 0.020650578662753105, -0.05374349653720856, 0.13331490755081177, -0.3333328366279602],
  );
  const small = multiplyAdd(context, fb.op(op.f32x4Mul, x, z), odd, x);
  // 1 − 2 / (e^2a + 1); at 2a = 20 this rounds to 1.
  const e = boundedExp(context, fb.op(op.f32x4Pmin, fb.op(op.f32x4Add, a, a), fb.f32x4(20)));
  const quotient = fb.op(op.f32x4Div, fb.f32x4(2), fb.op(op.f32x4Add, e, fb.f32x4(1)));
  const large = copySign(context, fb.op(op.f32x4Sub, fb.f32x4(1), quotient), x);
  return fb.op(op.v128Bitselect, small, large, fb.op(op.f32x4Lt, a, fb.f32x4(0.625)));
}

/** erf below 1: x + x · Q(x²), Q(x²) = erf(x)/x − 1. */
function erfSeries(context: MathContext, x: Value): Value {
  const z = context.fb.op(op.f32x4Mul, x, x);
  const series = polynomial(
    context,
    z,
    [
      7.889119297033176e-5, -0.0008020841050893068, 0.005189535208046436, -0.026854444295167923, 0.11283600330352783,
      -0.3761262595653534, 0.12837916612625122,
    ],
  );
  return multiplyAdd(context, x, series, x);
}

export function erf(context: MathContext, x: Value): Value {
  const { fb } = context;
  const a = fb.op(op.f32x4Abs, x);
  const small = erfSeries(context, x);
  // Above: 1 − exp(ln erfc(a)); ln erfc is nearly a quadratic. At a = 4 this rounds to 1.
  const clamped = fb.op(op.f32x4Pmin, a, fb.f32x4(4));
  const logarithm = polynomial(
    context,
    clamped,
    [
      -2.149611282220576e-5, 0.0004391063703224063, -0.004193610977381468, 0.02517896704375744, -0.10837247967720032,
      -0.6332626342773438, -1.1295567750930786, 0.00018344412092119455,
    ],
  );
  const large = copySign(context, fb.op(op.f32x4Sub, fb.f32x4(1), boundedExp(context, logarithm)), x);
  return fb.op(op.v128Bitselect, small, large, fb.op(op.f32x4Lt, a, fb.f32x4(1)));
}
