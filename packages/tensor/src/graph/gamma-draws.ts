/**
 * Draws of the gamma distribution and of what is made of it (Marsaglia & Tsang, "A simple method for generating gamma variables", 2000): proposals
 * d · (1 + cz)³ of normal z with d = α − 1/3 and c = 1/√(9d), of which the first that is accepted is taken. All of them are computed: a formula has no loop.
 */
import { standardNormal } from './normal-draws.ts';
import {
  exponential,
  leastExponent,
  logarithm,
  minusLogarithm,
  polynomial,
  reciprocal,
  type RoundedArithmetic,
} from './rounded.ts';
import { gammaProposals, gammaTurns, wordsOfProposal } from './turns.ts';

type Word<V> = (position: number) => V;

/** Where the numbers of the second draw of {@link logisticOfGammas} begin. */
const wordsOfGamma = 2 * gammaTurns;

const smallestNormal = 2 ** -126;
/** 1 + cz is not smaller, nor accepted below. */
const smallestRoot = 2 ** -22;

/** d of the proposals: of a draw of α + 1 where α < 1, which times u^(1/α) is one of α. */
const scaleOf = (concentration: number): number => (concentration < 1 ? concentration + 1 : concentration) - 1 / 3;

/** ln(1 + y) of the root 1 + y, and the same less y − y²/2 + y³/3. Where y is small, its first terms cancel. */
function logarithms<V>(y: V, root: V, m: RoundedArithmetic<V>): { readonly whole: V; readonly rest: V } {
  const square = m.mul(y, y);
  const terms = m.add(y, m.mul(square, m.sub(m.mul(y, m.constant(1 / 3)), m.constant(0.5))));
  const series = m.mul(m.mul(square, square), polynomial(y, [-1 / 8, 1 / 7, -1 / 6, 1 / 5, -1 / 4], m));
  const direct = logarithm(root, m);
  const near = <T extends V>(ifNear: T, ifFar: T): V => m.choose(square, m.constant(0.01), ifNear, ifFar);
  return { whole: near(m.add(terms, series), direct), rest: near(series, m.sub(direct, terms)) };
}

/** cz of the first proposal that is accepted; of the last where all are refused, which may lie where no draw is. */
function accepted<V>(word: Word<V>, scale: number, m: RoundedArithmetic<V>): { readonly y: V; readonly root: V } {
  const [one, smallest] = [m.constant(1), m.constant(smallestRoot)];
  const spread = m.constant(1 / Math.sqrt(9 * scale));
  let y: V | undefined;
  for (let i = gammaProposals - 1; i >= 0; i--) {
    const [first, second, third] = [0, 1, 2].map((k) => word(wordsOfProposal * i + k)) as [V, V, V];
    const proposal = m.mul(standardNormal(first, second, m), spread);
    const root = m.add(one, proposal);
    // Accepted where ln u < z²/2 + d (1 − v + ln v), v = (1 + y)³, which is 3d (ln(1 + y) − y + y²/2 − y³/3).
    const bound = m.mul(logarithms(proposal, m.choose(root, smallest, smallest, root), m).rest, m.constant(3 * scale));
    const cost = minusLogarithm(third, m);
    const isAccepted = (ifTrue: V, ifFalse: V): V =>
      m.choose(m.sub(m.constant(0), cost), m.choose(root, smallest, m.constant(-100), bound), ifTrue, ifFalse);
    y = y === undefined ? proposal : isAccepted(proposal, y);
  }
  const least = m.constant(smallestRoot - 1);
  const taken = y ?? least;
  const bounded = m.choose(taken, least, least, taken);
  return { y: bounded, root: m.add(one, bounded) };
}

/** ln u^(1/α) where α < 1. */
function boost<V>(word: Word<V>, concentration: number, m: RoundedArithmetic<V>): V | undefined {
  if (concentration >= 1) return undefined;
  const inverse = m.constant(Math.min(1 / concentration, 2 ** 100));
  return m.mul(m.sub(m.constant(0), minusLogarithm(word(wordsOfGamma - 2), m)), inverse);
}

/** Gamma distributed; what is not normal is 0, since some devices have no other numbers. */
export function scaledGamma<V>(word: Word<V>, concentration: number, scale: number, m: RoundedArithmetic<V>): V {
  const normal = (x: V): V => m.choose(x, m.constant(smallestNormal), m.constant(0), x);
  const d = scaleOf(concentration);
  const { root } = accepted(word, d, m);
  const cube = m.mul(m.mul(root, root), root);
  const logarithm = boost(word, concentration, m);
  const drawn = logarithm === undefined ? cube : normal(m.mul(cube, exponential(logarithm, m)));
  return normal(m.mul(drawn, normal(m.constant(d * scale))));
}

/** x / (x + y) of gamma distributed x and y, computed of their logarithms, so that small concentrations give 0 and 1: 1 / (1 + y/x). */
export function logisticOfGammas<V>(word: Word<V>, alpha: number, beta: number, m: RoundedArithmetic<V>): V {
  const second: Word<V> = (position) => word(wordsOfGamma + position);
  const [a, b] = [scaleOf(alpha), scaleOf(beta)];
  const [x, y] = [accepted(word, a, m), accepted(second, b, m)];
  const difference = m.sub(logarithms(y.y, y.root, m).whole, logarithms(x.y, x.root, m).whole);
  let quotient = m.add(m.mul(difference, m.constant(3)), m.constant(Math.log(b / a)));
  const [less, more] = [boost(word, alpha, m), boost(second, beta, m)];
  if (less !== undefined) quotient = m.sub(quotient, less);
  if (more !== undefined) quotient = m.add(quotient, more);
  const most = m.constant(-leastExponent);
  const sum = m.add(m.constant(1), exponential(m.choose(quotient, most, quotient, most), m));
  return m.choose(most, quotient, m.constant(0), reciprocal(sum, m));
}
