/**
 * Results of a device beside those of float64. A device rounds in its own way; where a graph then counts, compares or sorts, a last digit decides about
 * whole numbers. So an oracle that knows one right answer is wrong at such edges: this one is asked again, with every result that float32 does not hold
 * moved to a number near it at random (Parker, Monte Carlo arithmetic, 1997). What all of these answers exclude is a fault.
 */
import type { Rounding } from '../../../packages/tensor/src/reference/interpret.ts';
import { randomRounding } from './rounding.ts';

export interface Oracle {
  /** What the results are called. */
  readonly labels: readonly string[];
  /** The results in float64, or with another rounding. */
  readonly compute: (rounding?: Rounding) => readonly Float64Array[];
}

/** Relative to max(1, |expected|). */
const tolerance = 1e-5;
/** Results of other roundings that are as near to each other as this, relatively, differ by errors alone. */
const smooth = 1e-2;
/** How far beyond the results of other roundings a device's may be, in distances between those. */
const slack = 8;
const slackOfJumps = 0.25;
/**
 * Units of the last place by which results are moved, and how often. None at first, so that equal numbers stay equal and cancel as on a device; the last ones only where a long sum has
 * lost more.
 */
const roundings = [
  { ulps: 0, times: 2 },
  { ulps: 3, times: 4 },
  { ulps: 3, times: 20 },
  { ulps: 12, times: 24 },
];

/** What differs from float64 by more than the tolerance, and lies beyond what other roundings give. */
function difference(
  { labels }: Oracle,
  actual: readonly ArrayLike<number>[],
  expected: readonly Float64Array[],
  others: readonly (readonly Float64Array[])[],
): string | undefined {
  for (const [which, label] of labels.entries()) {
    const want = expected[which] ?? new Float64Array();
    const got = actual[which] ?? [];
    for (let i = 0; i < want.length; i++) {
      const reference = want[i] ?? NaN;
      const value = got[i] ?? NaN;
      const isSame = (other: number): boolean => Object.is(other, value) || other === value;
      if (isSame(reference) || Math.abs(value - reference) <= tolerance * Math.max(1, Math.abs(reference))) continue;
      const possible = [reference, ...others.map((values) => values[which]?.[i] ?? NaN)];
      if (possible.some(isSame)) continue;
      // An answer that is NaN bounds nothing, and takes nothing from the others.
      const numbers = possible.filter((other) => !Number.isNaN(other));
      const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
      // Where a rounding makes a jump, nothing lies beyond it.
      const isSmooth = high - low <= smooth * Math.max(1, Math.abs(reference));
      const beyond = (isSmooth ? slack : slackOfJumps) * (high - low);
      if (value >= low - beyond && value <= high + beyond) continue;
      return `${label}, element ${i} is ${value} instead of ${reference}`;
    }
  }
  return undefined;
}

/** What is wrong with results, or whether only other roundings explain them. */
export function compareWithOracle(
  oracle: Oracle,
  actual: readonly ArrayLike<number>[],
  seed: number,
): { readonly message: string | undefined; readonly decidedByRounding: boolean } {
  const expected = oracle.compute();
  let message = difference(oracle, actual, expected, []);
  if (message === undefined) return { message, decidedByRounding: false };
  const others: (readonly Float64Array[])[] = [];
  for (const { ulps, times } of roundings) {
    for (let i = 0; i < times; i++) others.push(oracle.compute(randomRounding(seed * 64 + others.length, ulps)));
    message = difference(oracle, actual, expected, others);
    if (message === undefined) return { message, decidedByRounding: true };
  }
  return { message, decidedByRounding: false };
}
