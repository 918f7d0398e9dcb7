/**
 * Draws of distributions as formulas of uniform ones, the same bits on every device: additions, subtractions and products of float32, each rounded by
 * itself, choices, and what is read off the bits of a number. Devices divide, take roots and logarithms each in its own way, and one of these would be
 * enough for two devices to draw different numbers.
 *
 * The formulas are what the numbers are by definition, in the reference interpreter, too. The coefficients are our own minimax fits (weighted least squares
 * with Lawson's iteration), rounded to float32; each says its interval and its largest relative error before rounding.
 */

/** What a draw is distributed as. */
export type Distribution = 'unit' | 'uniform' | 'exponential' | 'gumbel' | 'normal' | 'truncatedNormal';

/** How a draw is distributed, and the parameters of its {@link distributions | formula}. */
export interface DrawAttributes {
  readonly distribution: Distribution;
  readonly parameters: readonly number[];
}

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
}

/** A draw of the two uniform numbers in [0, 1), multiples of 2⁻²⁴, that one turn of the generator gives. */
type DrawFormula = <V>(
  word: (position: 0 | 1) => V,
  parameters: readonly number[],
  arithmetic: RoundedArithmetic<V>,
) => V;

/** Of which bits the mantissas in {@link RoundedArithmetic.split} begin: those of √½. */
export const rootOfHalfBits = 0x3f3504f3;

/** ln 2 in two parts, the first of so few bits that its product with an exponent is exact. */
const lnTwoHigh = 0.693359375;
const lnTwoLow = Math.LN2 - lnTwoHigh;

/** ln x of normal x > 0, to a unit in the last place: (ln(1 + f) − f) / f² is a polynomial on [√½ − 1, √2 − 1], 4e-9. */
function logarithm<V>(x: V, m: RoundedArithmetic<V>): V {
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
function polynomial<V>(x: V, coefficients: readonly number[], m: RoundedArithmetic<V>): V {
  let terms = coefficients.map((coefficient) => m.constant(coefficient)).reverse();
  for (let power = x; terms.length > 1; power = m.mul(power, power)) {
    const pairs: V[] = [];
    for (let i = 0; i < terms.length; i += 2) {
      const [low, high] = terms.slice(i, i + 2) as [V, V?];
      pairs.push(high === undefined ? low : m.add(low, m.mul(high, power)));
    }
    terms = pairs;
  }
  return terms[0] ?? m.constant(0);
}

/**
 * The x ≥ 0 that a normal number exceeds in magnitude with probability p, 2⁻⁴⁸ ≤ p ≤ 1, to 4e-7 of itself. With w = −ln(1 − y²), y = 1 − p, the quotient x/y is nearly a
 * polynomial of w near 0 (M. Giles, "Approximating the erfinv function", 2010), and beyond it of pieces of w: no root is taken.
 */
function normalTail<V>(p: V, m: RoundedArithmetic<V>): V {
  const y = m.sub(m.constant(1), p);
  const w = m.sub(m.constant(0), logarithm(m.mul(p, m.sub(m.constant(2), p)), m));
  const [near, middle, far] = tailSeries.map(({ centre, coefficients }) =>
    polynomial(m.sub(w, m.constant(centre)), coefficients, m),
  ) as [V, V, V];
  // Three polynomials take less time than one with coefficients that are chosen.
  return m.mul(y, m.choose(w, m.constant(4.5), near, m.choose(w, m.constant(13), middle, far)));
}

/** Of [0, 4.5], 4e-8, of [4.5, 13], 4e-8, and of [13, 35], 5e-8. */
const tailSeries: readonly { readonly centre: number; readonly coefficients: readonly number[] }[] = [
  {
    centre: 2.25,
    coefficients: [
      6.70447946049535e-8, 4.256118018020061e-7, -6.038701940269675e-6, 1.6808643295007641e-6, 0.0003128102980554104,
      -0.00208392390049994, -0.004462582059204578, 0.3514045774936676, 2.0357725620269775,
    ],
  },
  {
    centre: 8.75,
    coefficients: [
      1.911471425586342e-9, -2.1740824251992308e-8, 1.0244370685086324e-7, 9.552570645610103e-8, -1.3615299394587055e-5,
      0.0003069857193622738, -0.006412604358047247, 0.23924700915813446, 3.947018623352051,
    ],
  },
  {
    centre: 24,
    coefficients: [
      -1.0947478817566192e-12, 2.992960740355599e-11, -6.398992447032015e-10, 2.2021046319764537e-8,
      -8.02708768787852e-7, 3.132099664071575e-5, -0.0015199875924736261, 0.14582712948322296, 6.714465618133545,
    ],
  },
];

/** −ln(1 − u): 1 − u is exact. */
function exponential<V>(u: V, m: RoundedArithmetic<V>): V {
  return m.sub(m.constant(0), logarithm(m.sub(m.constant(1), u), m));
}

export const distributions: Readonly<Record<Distribution, DrawFormula>> = {
  unit: (word) => word(0),
  /** Parameters: the smallest number, and the length of the interval. */
  uniform: (word, [low = 0, length = 1], m) => m.add(m.mul(word(0), m.constant(length)), m.constant(low)),
  /** Parameters: the mean. */
  exponential: (word, [mean = 1], m) => m.mul(exponential(word(0), m), m.constant(mean)),
  gumbel: (word, _, m) => {
    // An exponential number is 0 once in 2²⁴ draws.
    const [x, smallest] = [exponential(word(0), m), m.constant(2 ** -25)];
    return m.sub(m.constant(0), logarithm(m.choose(x, smallest, smallest, x), m));
  },
  /** The second number gives the sign and, behind the 24 bits of the first, 23 more of the probability: tails are as fine as float32. */
  normal: (word, _, m) => {
    const [first, second, half] = [word(0), word(1), m.constant(0.5)];
    const twice = m.add(second, second);
    const more = m.choose(second, half, twice, m.sub(twice, m.constant(1)));
    const low = m.add(m.mul(more, m.constant(2 ** -24)), m.constant(2 ** -48));
    const x = normalTail(m.add(first, low), m);
    return m.choose(second, half, m.sub(m.constant(0), x), x);
  },
  /**
   * Parameters: P(|X| ≤ a) with the sign of a, for the lower end a and the length up to that of the upper one; standard deviation and mean; both ends of
   * the result.
   */
  truncatedNormal: (word, [first = -1, length = 2, deviation = 1, mean = 0, low = -Infinity, high = Infinity], m) => {
    const zero = m.constant(0);
    const v = m.add(m.mul(word(0), m.constant(length)), m.constant(first));
    const negative = m.sub(zero, v);
    const rest = m.sub(m.constant(1), m.choose(v, zero, negative, v));
    const smallest = m.constant(2 ** -25);
    const x = normalTail(m.choose(rest, smallest, smallest, rest), m);
    const signed = m.choose(v, zero, m.sub(zero, x), x);
    const scaled = m.add(m.mul(signed, m.constant(deviation)), m.constant(mean));
    const [least, most] = [m.constant(low), m.constant(high)];
    return m.choose(scaled, least, least, m.choose(most, scaled, most, scaled));
  },
};

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
};
