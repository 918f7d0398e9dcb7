/**
 * Draws of distributions as formulas of uniform ones, the same bits on every device, since they are made of the {@link RoundedArithmetic} alone.
 *
 * The formulas are what the numbers are by definition, in the reference interpreter, too. The coefficients are our own minimax fits as those in rounded.ts.
 */
import { logisticOfGammas, scaledGamma } from './gamma-draws.ts';
import { normalTail, standardNormal } from './normal-draws.ts';
import { logarithm, minusLogarithm, type RoundedArithmetic } from './rounded.ts';

/** What a draw is distributed as. */
export type Distribution =
  'unit' | 'uniform' | 'exponential' | 'gumbel' | 'normal' | 'truncatedNormal' | 'gamma' | 'beta';

/** How a draw is distributed, and the parameters of its {@link distributions | formula}. */
export interface DrawAttributes {
  readonly distribution: Distribution;
  readonly parameters: readonly number[];
}

/** A draw of uniform numbers in [0, 1), multiples of 2⁻²⁴, of which a turn of the generator gives two. */
type DrawFormula = <V>(
  word: (position: number) => V,
  parameters: readonly number[],
  arithmetic: RoundedArithmetic<V>,
) => V;

export const distributions: Readonly<Record<Distribution, DrawFormula>> = {
  unit: (word) => word(0),
  /** Parameters: the smallest number, and the length of the interval. */
  uniform: (word, [low = 0, length = 1], m) => m.add(m.mul(word(0), m.constant(length)), m.constant(low)),
  /** Parameters: the mean. */
  exponential: (word, [mean = 1], m) => m.mul(minusLogarithm(word(0), m), m.constant(mean)),
  gumbel: (word, _, m) => {
    // An exponential number is 0 once in 2²⁴ draws.
    const [x, smallest] = [minusLogarithm(word(0), m), m.constant(2 ** -25)];
    return m.sub(m.constant(0), logarithm(m.choose(x, smallest, smallest, x), m));
  },
  /** Parameters: standard deviation and mean. */
  normal: (word, [deviation = 1, mean = 0], m) =>
    m.add(m.mul(standardNormal(word(0), word(1), m), m.constant(deviation)), m.constant(mean)),
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
  /** Parameters: the concentration, and the scale. */
  gamma: (word, [concentration = 1, scale = 1], m) => scaledGamma(word, concentration, scale, m),
  /** Parameters: both concentrations. */
  beta: (word, [alpha = 1, beta = 1], m) => logisticOfGammas(word, alpha, beta, m),
};
