/**
 * Positions drawn by weight, the same on every device: devices divide and add up floating numbers each in its own way, so that all which decides is integers,
 * and products with powers of two, which are exact.
 */
import { checkOptions, requireBoolean, requireInteger, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, DTypeError, ShapeError } from '../graph/errors.ts';
import { knownAs } from '../graph/node.ts';
import { isFloat } from '../graph/types.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { cumulate } from './cumulative.ts';
import { bitcast, bitwiseAnd, bitwiseLeftShift, bitwiseOr, bitwiseRightShift, floorDivide } from './integers.ts';
import { narrow } from './movement.ts';
import { draw, randomBits, type RandomOptions } from './random.ts';
import { searchSorted } from './searching.ts';
import { sortedPositions } from './sorting.ts';

export interface MultinomialOptions extends RandomOptions {
  /** Whether one position may be drawn several times. Default false. */
  replacement?: boolean;
}

const multinomialOptions: OptionNames<MultinomialOptions> = { generator: true, replacement: true };

const smallestNormal = 2 ** -126;
const largestFinite = 2 ** 128 - 2 ** 104;
/** So many positions that integers of 31 bits tell their weights apart. */
const mostPositions = 2 ** 24;

/**
 * Positions drawn along the last axis of `weights`, each as likely as its weight (≥ 0, of any sum); int32, with `count` in the place of the last axis.
 * Without replacement no position is drawn twice, and those of weight 0 come only where there are no others. What is not normal is taken for 0. The same
 * positions are drawn on every device.
 *
 * Throws {@link ArgumentError} unless count is an integer ≥ 0, and where it is larger than the axis without replacement, {@link DTypeError} for weights
 * that are no floating numbers, {@link ShapeError} for weights without an axis, or with none or more than 2²⁴ elements along it.
 *
 * ```ts
 * const x = multinomial(tensor([0, 3, 1]), 100, { replacement: true });
 * await x.equal(0).sum().item(); // 0
 * ```
 */
export function multinomial(weights: Tensor, count: number, options: MultinomialOptions = {}): Tensor {
  requireTensor('multinomial', 'weights', weights);
  requireInteger('multinomial', 'count', count, 0);
  checkOptions('multinomial', options, multinomialOptions);
  const { replacement = false, generator } = options;
  requireBoolean('multinomial', 'replacement', replacement);
  if (!isFloat(weights.dtype))
    throw new DTypeError(`[multinomial] weights must be floating numbers, not ${weights}.`, {
      hint: "Convert with .to('float32').",
    });
  const extent = weights.shape.at(-1) ?? 0;
  if (extent === 0 || extent > mostPositions)
    throw new ShapeError(`[multinomial] weights need a last axis of 1 to 2²⁴ elements, not ${weights}.`);
  if (!replacement && count > extent) {
    throw new ArgumentError(`[multinomial] cannot draw ${count} different positions of ${extent}.`, {
      hint: 'Draw with { replacement: true }.',
    });
  }
  const random = generator === undefined ? {} : { generator };
  return knownAs('multinomial', () => {
    const given = weights.to('float32').detach();
    const known = where(given.greater(smallestNormal), given.minimum(largestFinite), 0);
    return replacement ? drawnByIntervals(known, count, random) : firstOfRace(known, count, random);
  });
}

/** The largest of weight / exponential draw is each position as often as its weight says; so is the next among the others. */
function firstOfRace(weights: Tensor, count: number, random: RandomOptions): Tensor {
  const axis = weights.ndim - 1;
  const draws = draw('multinomial', weights.shape, random, 'exponential').maximum(2 ** -25);
  const keys = where(weights.equal(0), -(2 ** 31), orderOfQuotients(weights, draws));
  return narrow(sortedPositions(keys, axis, true), axis, 0, count);
}

/** int32 in the order of a / b, of normal numbers whose quotients are between 2⁻²⁵⁴ and 2²⁵⁴: the exponent, and 23 bits of the mantissa by long division. */
function orderOfQuotients(a: Tensor, b: Tensor): Tensor {
  const [first, second] = [bitcast(a, 'int32'), bitcast(b, 'int32')];
  const mantissa = (bits: Tensor): Tensor => bitwiseOr(bitwiseAnd(bits, 0x7fffff), 0x800000);
  const [numerator, divisor] = [mantissa(first), mantissa(second)];
  let quotient = floorDivide(numerator, divisor);
  let rest = numerator.sub(quotient.mul(divisor));
  for (const bits of [6, 6, 6, 5]) {
    const more = bitwiseLeftShift(rest, bits);
    const digits = floorDivide(more, divisor);
    quotient = bitwiseLeftShift(quotient, bits).add(digits);
    rest = more.sub(digits.mul(divisor));
  }
  const isSmall = quotient.less(2 ** 23);
  const exponent = bitwiseRightShift(first, 23).sub(bitwiseRightShift(second, 23)).sub(isSmall.to('int32'));
  return bitwiseLeftShift(exponent, 23).add(where(isSmall, quotient.mul(2), quotient).sub(2 ** 23));
}

/** Weights as integers whose sums are intervals, in which a random integer lies. */
function drawnByIntervals(weights: Tensor, count: number, random: RandomOptions): Tensor {
  const axis = weights.ndim - 1;
  const extent = weights.shape[axis] ?? 1;
  const ends = cumulate(asIntegers(weights), axis, 'sum', false);
  const total = narrow(ends, axis, extent - 1, 1);
  const shape = [...weights.shape.slice(0, -1), count];
  const place = scaledDown(randomBits('multinomial', shape, 30, random), total);
  // Behind the last only where no weight is more than 0.
  return searchSorted(ends, place, { right: true }).minimum(extent - 1);
}

/** ⌊a · b / 2³⁰⌋ of int32 in 0 … 2³⁰ − 1, by halves of 15 bits. */
function scaledDown(a: Tensor, b: Tensor): Tensor {
  const [high, highOfB] = [bitwiseRightShift(a, 15), bitwiseRightShift(b, 15)];
  const [low, lowOfB] = [bitwiseAnd(a, 0x7fff), bitwiseAnd(b, 0x7fff)];
  const carry = bitwiseRightShift(low.mul(lowOfB), 15);
  const middle = high.mul(lowOfB).add(low.mul(highOfB)).add(carry);
  return high.mul(highOfB).add(bitwiseRightShift(middle, 15));
}

const powerOfTwo = (exponent: Tensor): Tensor => bitcast(bitwiseLeftShift(exponent.add(127), 23), 'float32');
const exponentOf = (x: Tensor): Tensor => bitwiseRightShift(bitcast(x, 'int32'), 23).sub(127);

/**
 * Weights as multiples of a power of two for each row, int32, with a sum below 2³⁰ and, where it is not 0, above 2²⁷. The power is found with integers, too: of
 * each weight rounded up to a coarse one, the sum says how much finer it may be.
 */
function asIntegers(weights: Tensor): Tensor {
  const axis = weights.ndim - 1;
  const extent = weights.shape[axis] ?? 1;
  const largest = weights.max(axis, { keepDims: true });
  // Below 4, since 2⁻¹²⁷ is not normal.
  let scaled = weights.mul(powerOfTwo(exponentOf(largest).neg().maximum(-126)));
  const ofExtent = Math.ceil(Math.log2(extent));
  const bits = 27 - ofExtent;
  scaled = scaled.mul(2 ** bits);
  // What is added to round up is at most half of the sum in the end.
  const passes = 1 + Math.max(0, Math.ceil((ofExtent - bits) / (29 - ofExtent)));
  const isPositive = weights.greater(0).to('int32');
  for (let pass = 0; pass < passes; pass++) {
    const bound = scaled.floor().to('int32').add(isPositive).sum(axis, { keepDims: true }).maximum(1);
    // Of at most 24 bits, which float32 holds.
    const leading = where(bound.less(2 ** 24), bound, bitwiseAnd(bound, -64)).to('float32');
    scaled = scaled.mul(powerOfTwo(exponentOf(leading).neg().add(29)));
  }
  return scaled.round().to('int32');
}
