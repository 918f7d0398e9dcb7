/**
 * Initial distributions of weights, recorded and drawn on the device. Of a weight [out, in, ...kernel], the fan-in is in · Π kernel and the
 * fan-out out · Π kernel.
 */
import { ArgumentError, randn, uniform, type NormalOptions, type RandomOptions, type Tensor } from '@hebb/tensor';
import { checkOptions, oneOf, requireFinite, type OptionNames } from '@hebb/tensor/arguments';
import { fans } from './fans.ts';
import { calculateGain, requireNonlinearity, type Nonlinearity } from './gain.ts';

export interface KaimingOptions extends RandomOptions {
  /** 'fanIn' (default): the variance of what goes forwards stays the same; 'fanOut': that of gradients. */
  mode?: 'fanIn' | 'fanOut';
  /** What follows. Default 'leakyRelu', which is with slope 0 a plain rectifier. */
  nonlinearity?: Nonlinearity;
  /** Slope of the leaky rectifier that follows, on its negative side. Default 0: a plain rectifier. */
  slope?: number;
}

export interface XavierOptions extends RandomOptions {
  /** Factor of the standard deviation; see {@link calculateGain}. Default 1. */
  gain?: number;
}

const kaimingOptions: OptionNames<KaimingOptions> = {
  mode: oneOf('fanIn', 'fanOut'),
  nonlinearity: requireNonlinearity,
  slope: requireFinite,
  generator: true,
};
const xavierOptions: OptionNames<XavierOptions> = { gain: requireFinite, generator: true };
const normalOptions: OptionNames<NormalOptions> = { mean: requireFinite, std: requireFinite, generator: true };

/** The standard deviation gain / √fan, and what is left for the draw. */
function kaiming(
  op: string,
  shape: readonly number[],
  options: KaimingOptions,
): { std: number; random: RandomOptions } {
  checkOptions(op, options, kaimingOptions);
  const { mode = 'fanIn', nonlinearity = 'leakyRelu', slope = 0, ...random } = options;
  return { std: calculateGain(nonlinearity, slope) / Math.sqrt(fans(shape)[mode]), random };
}

/** The standard deviation gain · √(2 / (fanIn + fanOut)), and what is left for the draw. */
function xavier(op: string, shape: readonly number[], options: XavierOptions): { std: number; random: RandomOptions } {
  checkOptions(op, options, xavierOptions);
  const { gain = 1, ...random } = options;
  const { fanIn, fanOut } = fans(shape);
  return { std: Math.abs(gain) * Math.sqrt(2 / (fanIn + fanOut)), random };
}

/** Uniform with mean 0 and that standard deviation. */
function uniformOf(shape: readonly number[], std: number, random: RandomOptions): Tensor {
  const bound = Math.sqrt(3) * std;
  return uniform(shape, -bound, bound, random);
}

/**
 * Normal with a mean (default 0) and a standard deviation (default 1).
 *
 * Throws {@link ArgumentError} for a negative standard deviation.
 *
 * ```ts
 * const layer = new Linear(4, 3);
 * assign(layer.weight, normal(layer.weight.shape, { std: 0.02 }));
 * ```
 */
export function normal(shape: readonly number[], options: NormalOptions = {}): Tensor {
  checkOptions('normal', options, normalOptions);
  const { std = 1 } = options;
  if (std < 0) throw new ArgumentError(`[normal] std must not be negative, not ${std}.`);
  return randn(shape, options);
}

/**
 * Uniform in ±gain · √(3 / fan) (He et al. 2015, arXiv:1502.01852), by default ±√(6 / fanIn). PyTorch's layers use slope √5, which is ±1 / √fanIn.
 *
 * ```ts
 * kaimingUniform([64, 3, 3, 3], { mode: 'fanOut', nonlinearity: 'relu' }).shape; // [64, 3, 3, 3]
 * ```
 */
export function kaimingUniform(shape: readonly number[], options: KaimingOptions = {}): Tensor {
  const { std, random } = kaiming('kaimingUniform', shape, options);
  return uniformOf(shape, std, random);
}

/** Normal with mean 0 and variance gain² / fan (He et al. 2015, arXiv:1502.01852), by default 2 / fanIn. */
export function kaimingNormal(shape: readonly number[], options: KaimingOptions = {}): Tensor {
  const { std, random } = kaiming('kaimingNormal', shape, options);
  return randn(shape, { ...random, std });
}

/** Uniform in ±gain · √(6 / (fanIn + fanOut)) (Glorot & Bengio 2010). */
export function xavierUniform(shape: readonly number[], options: XavierOptions = {}): Tensor {
  const { std, random } = xavier('xavierUniform', shape, options);
  return uniformOf(shape, std, random);
}

/** Normal with mean 0 and variance gain² · 2 / (fanIn + fanOut) (Glorot & Bengio 2010). */
export function xavierNormal(shape: readonly number[], options: XavierOptions = {}): Tensor {
  const { std, random } = xavier('xavierNormal', shape, options);
  return randn(shape, { ...random, std });
}
