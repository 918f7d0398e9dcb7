/**
 * Draws of counts, by inversion: the distribution function is known to the host, and a random integer of 30 bits is looked up in it. So the same numbers are drawn
 * on every device.
 */
import { checkOptions, describe, requireFinite, requireInteger, type OptionNames } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { knownAs } from '../graph/node.ts';
import type { Tensor } from '../tensor.ts';
import { tensor } from './creation.ts';
import { randomBits, type RandomOptions } from './random.ts';
import { bucketize } from './searching.ts';

const randomOptions: OptionNames<RandomOptions> = { generator: true };

/** Of the bits of a draw: probabilities are multiples of 2⁻³⁰. */
const bits = 30;
/** Beside the likeliest count, less likely ones are not drawn. */
const leastWeight = 2 ** -60;

/** Counts from `first` on; in units of 2⁻³⁰, the probability of those up to each but the last. */
interface Table {
  readonly first: number;
  readonly ends: Int32Array;
}

/** The distribution of which the mode is the likeliest count, and `ratio(k)` the probability of k + 1 beside that of k; 0 where there is none. */
function tabulate(mode: number, ratio: (k: number) => number): Table {
  const above: number[] = [];
  for (let k = mode, weight = 1; (weight *= ratio(k)) > leastWeight; k++) above.push(weight);
  const below: number[] = [];
  for (let k = mode - 1, weight = 1; k >= 0 && (weight /= ratio(k)) > leastWeight; k--) below.push(weight);
  const weights = [...below.reverse(), 1, ...above];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const ends = weights.slice(0, -1).map((weight) => Math.round(((sum += weight) / total) * 2 ** bits));
  return { first: mode - below.length, ends: Int32Array.from(ends) };
}

function drawn(op: string, shape: readonly number[], options: RandomOptions, { first, ends }: Table): Tensor {
  return knownAs(op, () => {
    const places = randomBits(op, shape, bits, options);
    return ends.length === 0 ? places.mul(0).add(first) : bucketize(places, tensor(ends), { right: true }).add(first);
  });
}

/** So large that counts are beyond int32, or tables of millions. */
const largestMean = 2 ** 30;

/**
 * Poisson distributed counts: k with probability e⁻ᵃ aᵏ / k! of the rate a; int32. Probabilities are multiples of 2⁻³⁰, so that rarer counts are not drawn.
 *
 * Throws {@link ArgumentError} unless the rate is a number from 0 to 2³⁰.
 *
 * ```ts
 * manualSeed(1);
 * const x = poisson([10_000], 3);
 * Math.abs((await x.mean().item()) - 3) < 0.1; // true
 * ```
 */
export function poisson(shape: readonly number[], rate: number, options: RandomOptions = {}): Tensor {
  requireFinite('poisson', 'rate', rate);
  if (rate < 0 || rate > largestMean)
    throw new ArgumentError(`[poisson] rate must lie in 0 … 2³⁰, not ${describe(rate)}.`);
  checkOptions('poisson', options, randomOptions);
  const table = tabulate(Math.floor(rate), (k) => rate / (k + 1));
  return drawn('poisson', shape, options, table);
}

/**
 * Binomially distributed counts: how many of `count` attempts succeed, each with the given probability; int32. Probabilities of counts are multiples of 2⁻³⁰, so that
 * rarer ones are not drawn.
 *
 * Throws {@link ArgumentError} unless count is an integer from 0 to 2³⁰, and for a probability outside 0 … 1.
 *
 * ```ts
 * manualSeed(1);
 * const x = binomial([10_000], 10, 0.25);
 * Math.abs((await x.mean().item()) - 2.5) < 0.1; // true
 * ```
 */
export function binomial(
  shape: readonly number[],
  count: number,
  probability: number,
  options: RandomOptions = {},
): Tensor {
  requireInteger('binomial', 'count', count, 0, largestMean);
  if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1))
    throw new ArgumentError(`[binomial] the probability must lie in 0 … 1, not ${describe(probability)}.`);
  checkOptions('binomial', options, randomOptions);
  if (probability === 1) return drawn('binomial', shape, options, { first: count, ends: new Int32Array() });
  const odds = probability / (1 - probability);
  const mode = Math.min(count, Math.floor((count + 1) * probability));
  return drawn(
    'binomial',
    shape,
    options,
    tabulate(mode, (k) => ((count - k) / (k + 1)) * odds),
  );
}
