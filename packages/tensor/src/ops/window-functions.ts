/** Window functions: weights that let a part of a signal begin and end softly. Computed in float64, rounded once. */
import {
  between,
  checkOptions,
  requireBoolean,
  requireFinite,
  requireInteger,
  type OptionNames,
} from '../arguments/index.ts';
import type { Tensor } from '../tensor.ts';
import { tensor } from './creation.ts';
import { largestTable } from './limits.ts';

export interface WindowFunctionOptions {
  /**
   * Whether the window is one period of a periodic function, which transforms of neighbouring parts want; else it is symmetric, which filters
   * want. Default true, as in PyTorch.
   */
  periodic?: boolean;
}

export interface HammingWindowOptions extends WindowFunctionOptions {
  /** Weight of the constant. Default 0.54. */
  alpha?: number;
  /** Weight of the cosine. Default 0.46. */
  beta?: number;
}

export interface KaiserWindowOptions extends WindowFunctionOptions {
  /** How narrow it is, at most 10⁶: 0 is a rectangle. Default 12. */
  beta?: number;
}

const windowFunctionOptions: OptionNames<WindowFunctionOptions> = { periodic: requireBoolean };
const hammingWindowOptions: OptionNames<HammingWindowOptions> = {
  periodic: requireBoolean,
  alpha: requireFinite,
  beta: requireFinite,
};
const kaiserWindowOptions: OptionNames<KaiserWindowOptions> = { periodic: requireBoolean, beta: between(-1e6, 1e6) };

/** `weightAt` of the place in the window, from 0 to 1; a window of one element is 1. */
function windowOf(
  op: string,
  length: number,
  { periodic = true }: WindowFunctionOptions,
  weightAt: (place: number) => number,
): Tensor {
  requireInteger(op, 'length', length, 0, largestTable);
  const intervals = periodic ? length : length - 1;
  const weights = new Float32Array(length);
  for (let i = 0; i < length; i++) weights[i] = length === 1 ? 1 : weightAt(i / intervals);
  return tensor(weights);
}

/** Σ over j of (−1)ʲ · weights[j] · cos 2πjt. */
const cosines =
  (...weights: readonly number[]) =>
  (place: number): number =>
    weights.reduce((sum, weight, j) => sum + (j % 2 === 0 ? weight : -weight) * Math.cos(2 * Math.PI * j * place), 0);

/**
 * The Hann window, ½ − ½ cos 2πi/n for i = 0 … n − 1; float32 [n]. With `periodic: false` n − 1 stands below, so that both ends are 0.
 *
 * Throws {@link ArgumentError} unless the length is an integer from 0 to 2²⁶.
 *
 * ```ts
 * await hannWindow(4).toArray(); // [0, 0.5, 1, 0.5]
 * await hannWindow(5, { periodic: false }).toArray(); // [0, 0.5, 1, 0.5, 0]
 * ```
 */
export function hannWindow(length: number, options: WindowFunctionOptions = {}): Tensor {
  checkOptions('hannWindow', options, windowFunctionOptions);
  return windowOf('hannWindow', length, options, cosines(0.5, 0.5));
}

/**
 * The Hamming window, α − β cos 2πi/n; as {@link hannWindow}.
 *
 * ```ts
 * await hammingWindow(4).toArray(); // [0.08, 0.54, 1, 0.54]
 * ```
 */
export function hammingWindow(length: number, options: HammingWindowOptions = {}): Tensor {
  checkOptions('hammingWindow', options, hammingWindowOptions);
  const { alpha = 0.54, beta = 0.46 } = options;
  return windowOf('hammingWindow', length, options, cosines(alpha, beta));
}

/**
 * The Blackman window, 0.42 − 0.5 cos 2πi/n + 0.08 cos 4πi/n; as {@link hannWindow}.
 *
 * ```ts
 * await blackmanWindow(4).toArray(); // [0, 0.34, 1, 0.34]
 * ```
 */
export function blackmanWindow(length: number, options: WindowFunctionOptions = {}): Tensor {
  checkOptions('blackmanWindow', options, windowFunctionOptions);
  return windowOf('blackmanWindow', length, options, cosines(0.42, 0.5, 0.08));
}

/**
 * The Bartlett window, a triangle: 1 − |2i/n − 1|; as {@link hannWindow}.
 *
 * ```ts
 * await bartlettWindow(4).toArray(); // [0, 0.5, 1, 0.5]
 * ```
 */
export function bartlettWindow(length: number, options: WindowFunctionOptions = {}): Tensor {
  checkOptions('bartlettWindow', options, windowFunctionOptions);
  return windowOf('bartlettWindow', length, options, (place) => 1 - Math.abs(2 * place - 1));
}

/**
 * The Kaiser window, I₀(β √(1 − (2i/n − 1)²)) / I₀(β) with the modified Bessel function I₀; as {@link hannWindow}.
 *
 * ```ts
 * await kaiserWindow(3, { beta: 0 }).toArray(); // [1, 1, 1]
 * ```
 */
export function kaiserWindow(length: number, options: KaiserWindowOptions = {}): Tensor {
  checkOptions('kaiserWindow', options, kaiserWindowOptions);
  const { beta = 12 } = options;
  return windowOf('kaiserWindow', length, options, (place) => {
    const root = Math.sqrt(Math.max(0, 1 - (2 * place - 1) ** 2));
    return bessel(beta * root, beta);
  });
}

/** I₀(x) / I₀(scale), |x| ≤ |scale|, by I₀(x) = 1/π · ∫ over 0 … π of exp(x cos t), whose trapezoids converge exponentially. */
function bessel(x: number, scale: number): number {
  const steps = 64 + 2 * Math.ceil(Math.sqrt(Math.abs(scale)) * 8);
  const scaled = Math.abs(scale);
  const integral = (value: number): number => {
    let sum = 0;
    for (let i = 0; i < steps; i++) {
      const cosine = Math.cos((Math.PI * (i + 0.5)) / steps);
      sum += Math.exp(value * cosine - scaled);
    }
    return sum;
  };
  return integral(Math.abs(x)) / integral(scaled);
}
