/** Normal numbers of the {@link RoundedArithmetic}. */
import { logarithm, polynomial, type RoundedArithmetic } from './rounded.ts';

/**
 * Normal of two uniform numbers. The second gives the sign and, behind the 24 bits of the first, 23 more of the probability: tails are as fine as float32.
 */
export function standardNormal<V>(first: V, second: V, m: RoundedArithmetic<V>): V {
  const half = m.constant(0.5);
  const twice = m.add(second, second);
  const more = m.choose(second, half, twice, m.sub(twice, m.constant(1)));
  const low = m.add(m.mul(more, m.constant(2 ** -24)), m.constant(2 ** -48));
  const x = normalTail(m.add(first, low), m);
  return m.choose(second, half, m.sub(m.constant(0), x), x);
}

/**
 * The x ≥ 0 that a normal number exceeds in magnitude with probability p, 2⁻⁴⁸ ≤ p ≤ 1, to 4e-7 of itself. With w = −ln(1 − y²), y = 1 − p, the quotient x/y is nearly a
 * polynomial of w near 0 (M. Giles, "Approximating the erfinv function", 2010), and beyond it of pieces of w: no root is taken.
 */
export function normalTail<V>(p: V, m: RoundedArithmetic<V>): V {
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
