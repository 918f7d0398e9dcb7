/**
 * Draws of the gamma distribution and of what is made of it (Marsaglia & Tsang, "A simple method for generating gamma variables", 2000): proposals
 * d · (1 + cz)³ of normal z with d = α − 1/3 and c = 1/√(9d), of which the first that is accepted is taken.
 */
import { checkOptions, describe, requireFinite, type OptionNames } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import type { Tensor } from '../tensor.ts';
import { where } from './comparison.ts';
import { gatherNode } from './indexing.ts';
import { requireShape, reshape } from './movement.ts';
import { rand, randn, type RandomOptions } from './random.ts';
import { argmax } from './reduce.ts';

const randomOptions: OptionNames<RandomOptions> = { generator: true };

/** At most one in 20 is refused, all of them once in 60 million draws, which is less often than a uniform draw is 0. */
const proposals = 6;

function requirePositive(op: string, name: string, value: number): void {
  requireFinite(op, name, value);
  if (value <= 0) throw new ArgumentError(`[${op}] ${name} must be > 0, not ${describe(value)}.`);
}

/** A draw d · (1 + y)³ · exp(boost). */
interface Draw {
  /** d. */
  readonly scale: number;
  /** cz of the accepted proposal. */
  readonly y: Tensor;
  /** ln u / α where α < 1: a draw of α + 1 times u^(1/α) is one of α. */
  readonly boost: Tensor | undefined;
}

function drawn(shape: readonly number[], concentration: number, options: RandomOptions): Draw {
  const isSmall = concentration < 1;
  const scale = (isSmall ? concentration + 1 : concentration) - 1 / 3;
  const all = [proposals, ...shape];
  const y = randn(all, options).div(Math.sqrt(9 * scale));
  const u = rand(all, options).neg().add(1);
  // A proposal is accepted where ln u < z²/2 + d (1 − v + ln v), v = (1 + y)³, which is 3d (ln(1 + y) − y + y²/2 − y³/3). Where y is small its first terms cancel.
  const direct = y.log1p().sub(y.mul(y.mul(y.div(3).sub(0.5)).add(1)));
  const series = y
    .square()
    .square()
    .mul(y.mul(y.mul(y.mul(y.div(-8).add(1 / 7)).sub(1 / 6)).add(1 / 5)).sub(1 / 4));
  const bound = where(y.abs().less(0.1), series, direct).mul(3 * scale);
  const first = argmax(u.log().less(bound), 0, { keepDims: true });
  return {
    scale,
    // Where all are refused the first is taken, which may lie where no draw is.
    y: reshape(gatherNode(y, 0, first), shape).maximum(2 ** -22 - 1),
    boost: isSmall ? rand(shape, options).neg().add(1).log().div(concentration) : undefined,
  };
}

/**
 * Gamma distributed, with density rateᵅ xᵅ⁻¹ exp(−rate x) / Γ(α) of the concentration α; float32. Whether a proposal is accepted depends on the last digits
 * of a logarithm: one of some million draws may differ between devices.
 *
 * Throws {@link ArgumentError} unless concentration and rate are finite numbers > 0.
 *
 * ```ts
 * manualSeed(1);
 * const x = gamma([10_000], 3, 2);
 * Math.abs((await x.mean().item()) - 1.5) < 0.05; // true
 * ```
 */
export function gamma(shape: readonly number[], concentration: number, rate = 1, options: RandomOptions = {}): Tensor {
  requireShape('gamma', shape);
  requirePositive('gamma', 'concentration', concentration);
  requirePositive('gamma', 'rate', rate);
  checkOptions('gamma', options, randomOptions);
  const { scale, y, boost } = drawn(shape, concentration, options);
  const root = y.add(1);
  const x = root
    .square()
    .mul(root)
    .mul(scale / rate);
  return boost === undefined ? x : x.mul(boost.exp());
}

/**
 * Beta distributed, with density proportional to xᵅ⁻¹ (1 − x)ᵝ⁻¹; float32: x / (x + y) of gamma distributed x and y, computed of their logarithms,
 * so that small α and β give 0 and 1, and never NaN. Otherwise as {@link gamma}.
 *
 * Throws {@link ArgumentError} unless α and β are finite numbers > 0.
 *
 * ```ts
 * manualSeed(1);
 * const x = beta([10_000], 1, 3);
 * Math.abs((await x.mean().item()) - 0.25) < 0.01; // true
 * ```
 */
export function beta(shape: readonly number[], alpha: number, beta: number, options: RandomOptions = {}): Tensor {
  requireShape('beta', shape);
  requirePositive('beta', 'alpha', alpha);
  requirePositive('beta', 'beta', beta);
  checkOptions('beta', options, randomOptions);
  const [a, b] = [drawn(shape, alpha, options), drawn(shape, beta, options)];
  const logarithm = a.y
    .log1p()
    .sub(b.y.log1p())
    .mul(3)
    .add(Math.log(a.scale / b.scale));
  const boosted = a.boost === undefined ? logarithm : logarithm.add(a.boost);
  return (b.boost === undefined ? boosted : boosted.sub(b.boost)).sigmoid();
}
