/**
 * Arithmetic that gives the same bits on every device: additions, subtractions and products of float32, each rounded by itself, choices, and what is read off
 * the bits of a number. Devices divide, take roots and logarithms each in its own way; those made of this arithmetic are here.
 *
 * The coefficients are our own minimax fits (weighted least squares with Lawson's iteration), rounded to float32; each says its interval and its largest
 * relative error before rounding.
 */

/** What a formula may use, over whatever stands for a float32. Every operation is rounded by itself, none merged with another. */
export interface RoundedArithmetic<V> {
  constant(value: number): V;
  add(a: V, b: V): V;
  sub(a: V, b: V): V;
  mul(a: V, b: V): V;
  /** `ifTrue` where a < b. */
  choose(a: V, b: V, ifTrue: V, ifFalse: V): V;
  /** x = m · 2ᵉ with the integer e and m in [√½, √2), of normal x > 0. */
  split(x: V): { readonly exponent: V; readonly mantissa: V };
  /** x · 2ᵉ of an integer e, where x and the result are normal. */
  scale(x: V, exponent: V): V;
}

/** Of which bits the mantissas in {@link RoundedArithmetic.split} begin: those of √½. */
export const rootOfHalfBits = 0x3f3504f3;

/** ln 2 in two parts, the first of so few bits that its product with an exponent is exact. */
const lnTwoHigh = 0.693359375;
const lnTwoLow = Math.LN2 - lnTwoHigh;

/** ln x of normal x > 0, to a unit in the last place: (ln(1 + f) − f) / f² is a polynomial on [√½ − 1, √2 − 1], 4e-9. */
export function logarithm<V>(x: V, m: RoundedArithmetic<V>): V {
  const { exponent, mantissa } = m.split(x);
  const f = m.sub(mantissa, m.constant(1));
  const series = polynomial(f, logarithmSeries, m);
  const near = m.add(f, m.mul(m.mul(f, f), series));
  const rest = m.add(m.mul(exponent, m.constant(lnTwoLow)), near);
  return m.add(m.mul(exponent, m.constant(lnTwoHigh)), rest);
}

const logarithmSeries = [
  -0.07622954249382019, 0.12906339764595032, -0.13243471086025238, 0.14181578159332275, -0.1660899966955185,
  0.20001983642578125, -0.25001585483551025, 0.33333325386047363, -0.49999988079071045,
];

/**
 * By Estrin's scheme, neighbouring terms two by two, which waits for fewer operations one after the other than Horner's rule; the highest coefficient comes
 * first.
 */
export function polynomial<V>(x: V, coefficients: readonly number[], m: RoundedArithmetic<V>): V {
  let count = coefficients.length;
  const terms = new Array<V>(count);
  coefficients.forEach((coefficient, i) => (terms[count - 1 - i] = m.constant(coefficient)));
  // In place, for the interpreter computes one for each number that is drawn.
  for (let power = x; count > 1; power = m.mul(power, power)) {
    let pairs = 0;
    for (let i = 0; i < count; i += 2) {
      const low = terms[i] as V;
      terms[pairs++] = i + 1 === count ? low : m.add(low, m.mul(terms[i + 1] as V, power));
    }
    count = pairs;
  }
  return terms[0] ?? m.constant(0);
}

/** −ln(1 − u) of u in [0, 1), a multiple of 2⁻²⁴: 1 − u is exact. */
export function minusLogarithm<V>(u: V, m: RoundedArithmetic<V>): V {
  return m.sub(m.constant(0), logarithm(m.sub(m.constant(1), u), m));
}

/** eˣ of x ≤ 87, to a unit in the last place; 0 below −87, near where numbers cease to be normal. (eʳ − 1 − r) / r² is a polynomial on [−½ ln 2, ½ ln 2], 3e-9. */
export function exponential<V>(x: V, m: RoundedArithmetic<V>): V {
  const least = m.constant(leastExponent);
  const bounded = m.choose(x, least, least, x);
  // Of 1.5 · 2²³ and more, float32 has no fractions.
  const toInteger = m.constant(1.5 * 2 ** 23);
  const exponent = m.sub(m.add(m.mul(bounded, m.constant(Math.LOG2E)), toInteger), toInteger);
  const high = m.sub(bounded, m.mul(exponent, m.constant(lnTwoHigh)));
  const r = m.sub(high, m.mul(exponent, m.constant(lnTwoLow)));
  const near = m.add(m.constant(1), m.add(r, m.mul(m.mul(r, r), polynomial(r, exponentialSeries, m))));
  return m.choose(x, least, m.constant(0), m.scale(near, exponent));
}

/** The least number that {@link exponential} does not take for −∞. */
export const leastExponent = -87;

const exponentialSeries = [
  0.0013814539415761828, 0.00836874544620514, 0.04166838899254799, 0.1666652113199234, 0.4999999403953552,
];

/** 1/x of normal x > 0 whose reciprocal is normal, to 1.2 units in the last place: Newton's iteration, from a line that is 6 % off. */
export function reciprocal<V>(x: V, m: RoundedArithmetic<V>): V {
  const { exponent, mantissa } = m.split(x);
  const one = m.constant(1);
  let y = m.sub(m.constant(1.996), m.mul(m.constant(0.941), mantissa));
  for (let i = 0; i < 3; i++) y = m.add(y, m.mul(y, m.sub(one, m.mul(mantissa, y))));
  return m.scale(y, m.sub(m.constant(0), exponent));
}

const floats = new Float32Array(1);
const words = new Int32Array(floats.buffer);

/** The arithmetic on numbers. */
export const roundedNumbers: RoundedArithmetic<number> = {
  constant: Math.fround,
  add: (a, b) => Math.fround(a + b),
  sub: (a, b) => Math.fround(a - b),
  mul: (a, b) => Math.fround(a * b),
  choose: (a, b, ifTrue, ifFalse) => (a < b ? ifTrue : ifFalse),
  split: (x) => {
    floats[0] = x;
    const bits = words[0] ?? 0;
    const above = bits - rootOfHalfBits;
    words[0] = bits - (above & 0xff800000);
    return { exponent: above >> 23, mantissa: floats[0] };
  },
  scale: (x, exponent) => {
    floats[0] = x;
    words[0] = (words[0] ?? 0) + (exponent << 23);
    return floats[0];
  },
};
