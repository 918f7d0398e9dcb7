/** Draws of other distributions, made of uniform ones: the same numbers on every device. */
import { checkOptions, describe, requireFinite, requireInteger, type OptionNames } from '../arguments/index.ts';
import { erf } from '../graph/error-function.ts';
import { ArgumentError } from '../graph/errors.ts';
import type { Tensor } from '../tensor.ts';
import { gatherNode } from './indexing.ts';
import { draw, rand, type RandomOptions } from './random.ts';
import { sortedPositions } from './sorting.ts';

export interface TruncatedNormalOptions extends RandomOptions {
  /** Of the normal distribution before it is cut. Default 0. */
  mean?: number;
  /** Of the normal distribution before it is cut. Default 1. */
  std?: number;
  /** Default −2. */
  low?: number;
  /** Default 2. */
  high?: number;
}

const randomOptions: OptionNames<RandomOptions> = { generator: true };
const truncatedNormalOptions: OptionNames<TruncatedNormalOptions> = {
  generator: true,
  mean: true,
  std: true,
  low: true,
  high: true,
};

/** The generator among checked options. */
function source({ generator }: RandomOptions): RandomOptions {
  return generator === undefined ? {} : { generator };
}

/**
 * The numbers 0 … n − 1 in random order; int32 [n]. They are sorted by two draws together, 48 bits, so that every order is as likely as
 * any other.
 *
 * Throws {@link ArgumentError} unless n is an integer ≥ 0.
 *
 * ```ts
 * const order = permutation(5);
 * await order.sum().item(); // 10
 * ```
 */
export function permutation(n: number, options: RandomOptions = {}): Tensor {
  requireInteger('permutation', 'n', n, 0, 2 ** 31 - 1);
  checkOptions('permutation', options, randomOptions);
  const [first, second] = [rand([n], source(options)), rand([n], source(options))];
  const order = sortedPositions(second, 0, false);
  return gatherNode(order, 0, sortedPositions(gatherNode(first, 0, order), 0, false));
}

/**
 * Exponentially distributed, with density rate · exp(−rate x); float32: −ln(1 − u) / rate of a uniform u.
 *
 * Throws {@link ArgumentError} unless rate is a finite number > 0.
 *
 * ```ts
 * manualSeed(1);
 * const x = exponential([10_000], 2);
 * Math.abs((await x.mean().item()) - 0.5) < 0.02; // true
 * ```
 */
export function exponential(shape: readonly number[], rate = 1, options: RandomOptions = {}): Tensor {
  requireFinite('exponential', 'rate', rate);
  if (rate <= 0) throw new ArgumentError(`[exponential] rate must be > 0, not ${describe(rate)}.`);
  checkOptions('exponential', options, randomOptions);
  return draw('exponential', shape, options, 'exponential', [1 / rate]);
}

/**
 * Standard Gumbel distributed, with distribution function exp(−exp(−x)); float32: −ln of an exponential draw. Added to logits, the largest is each as often
 * as softmax says.
 *
 * ```ts
 * manualSeed(1);
 * const x = gumbel([10_000]);
 * Math.abs((await x.mean().item()) - 0.5772) < 0.05; // true
 * ```
 */
export function gumbel(shape: readonly number[], options: RandomOptions = {}): Tensor {
  checkOptions('gumbel', options, randomOptions);
  return draw('gumbel', shape, options, 'gumbel');
}

/**
 * Normal with `mean` and `std`, cut off outside of low … high; float32. The inverse of the distribution function at a uniform draw between
 * its values at both ends.
 *
 * Throws {@link ArgumentError} unless std > 0 and low < high are finite, and where the interval begins more than 4 std away from the mean, since float32
 * cannot tell its distribution function's values apart.
 *
 * ```ts
 * const x = truncatedNormal([1000], { std: 0.02, low: -0.04, high: 0.04 });
 * await x.abs().lessEqual(0.04).sum().item(); // 1000
 * ```
 */
export function truncatedNormal(shape: readonly number[], options: TruncatedNormalOptions = {}): Tensor {
  checkOptions('truncatedNormal', options, truncatedNormalOptions);
  const { mean = 0, std = 1, low = -2, high = 2 } = options;
  for (const [name, value] of Object.entries({ mean, std, low, high })) requireFinite('truncatedNormal', name, value);
  if (std <= 0) throw new ArgumentError(`[truncatedNormal] std must be > 0, not ${describe(std)}.`);
  if (low >= high) throw new ArgumentError(`[truncatedNormal] takes low < high, not ${low} and ${high}.`);
  if (low > mean + 4 * std || high < mean - 4 * std) {
    throw new ArgumentError(`[truncatedNormal] ${low} … ${high} is more than 4 std away from the mean ${mean}.`, {
      hint: 'Draw exponential or uniform numbers there.',
    });
  }
  const [first, last] = [low, high].map((x) => erf((x - mean) / (std * Math.SQRT2))) as [number, number];
  return draw('truncatedNormal', shape, source(options), 'truncatedNormal', [
    first,
    last - first,
    std,
    mean,
    low,
    high,
  ]);
}
