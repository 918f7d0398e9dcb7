/** Draws of the gamma distribution and of what is made of it (graph/gamma-draws.ts). */
import { checkOptions, describe, requireFinite, type OptionNames } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import type { Tensor } from '../tensor.ts';
import { draw, type RandomOptions } from './random.ts';

const randomOptions: OptionNames<RandomOptions> = { generator: true };

function requirePositive(op: string, name: string, value: number): void {
  requireFinite(op, name, value);
  if (value <= 0) throw new ArgumentError(`[${op}] ${name} must be > 0, not ${describe(value)}.`);
}

/**
 * Gamma distributed, with density rateᵅ xᵅ⁻¹ exp(−rate x) / Γ(α) of the concentration α; float32, and 0 below the normal numbers. The same
 * bits are drawn on every device.
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
  requirePositive('gamma', 'concentration', concentration);
  requirePositive('gamma', 'rate', rate);
  checkOptions('gamma', options, randomOptions);
  return draw('gamma', shape, options, 'gamma', [concentration, 1 / rate]);
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
  requirePositive('beta', 'alpha', alpha);
  requirePositive('beta', 'beta', beta);
  checkOptions('beta', options, randomOptions);
  return draw('beta', shape, options, 'beta', [alpha, beta]);
}
