/**
 * Initial distributions of weights, recorded and drawn on the device. Of a weight [out, in, ...kernel], the fan-in is in · Π kernel and the
 * fan-out out · Π kernel.
 */
import { randn, ShapeError, uniform, type RandomOptions, type Tensor } from '@hebb/tensor';
import { checkOptions, requireArray, requireFinite, type OptionNames } from '@hebb/tensor/arguments';

export interface KaimingOptions extends RandomOptions {
  /** Slope of the leaky rectifier that follows, on its negative side. Default 0: a plain rectifier. */
  slope?: number;
}

const kaimingOptions: OptionNames<KaimingOptions> = { slope: true, generator: true };
const randomOptions: OptionNames<RandomOptions> = { generator: true };

/** What is left for the draw, and √(gain² / 2) for a rectifier of that slope. */
function kaiming(op: string, options: KaimingOptions): { slope: number; random: RandomOptions } {
  checkOptions(op, options, kaimingOptions);
  const { slope = 0, ...random } = options;
  requireFinite(op, 'slope', slope);
  return { slope, random };
}

function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  requireArray('initialization', 'the shape', shape);
  const [outputs, inputs, ...kernel] = shape;
  if (outputs === undefined || inputs === undefined) {
    throw new ShapeError(`[initialization] a weight has at least the axes [out, in], not [${shape.join(', ')}].`);
  }
  const field = kernel.reduce((product, extent) => product * extent, 1);
  return { fanIn: inputs * field, fanOut: outputs * field };
}

/**
 * Uniform in ±√(6 / ((1 + slope²) · fanIn)) (He et al. 2015, arXiv:1502.01852). PyTorch's layers use slope √5, which is ±1 / √fanIn.
 */
export function kaimingUniform(shape: readonly number[], options: KaimingOptions = {}): Tensor {
  const { slope, random } = kaiming('kaimingUniform', options);
  const bound = Math.sqrt(6 / ((1 + slope * slope) * fans(shape).fanIn));
  return uniform(shape, -bound, bound, random);
}

/** Normal with mean 0 and variance 2 / ((1 + slope²) · fanIn) (He et al. 2015, arXiv:1502.01852). */
export function kaimingNormal(shape: readonly number[], options: KaimingOptions = {}): Tensor {
  const { slope, random } = kaiming('kaimingNormal', options);
  return randn(shape, random).mul(Math.sqrt(2 / ((1 + slope * slope) * fans(shape).fanIn)));
}

/** Uniform in ±√(6 / (fanIn + fanOut)) (Glorot & Bengio 2010). */
export function xavierUniform(shape: readonly number[], options: RandomOptions = {}): Tensor {
  checkOptions('xavierUniform', options, randomOptions);
  const { fanIn, fanOut } = fans(shape);
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return uniform(shape, -bound, bound, options);
}

/** Normal with mean 0 and variance 2 / (fanIn + fanOut) (Glorot & Bengio 2010). */
export function xavierNormal(shape: readonly number[], options: RandomOptions = {}): Tensor {
  checkOptions('xavierNormal', options, randomOptions);
  const { fanIn, fanOut } = fans(shape);
  return randn(shape, options).mul(Math.sqrt(2 / (fanIn + fanOut)));
}

/** What PyTorch's Linear and convolutions start from: weight and bias (one for each of `outputs`) uniform in ±1 / √fanIn. */
export function defaultWeights(
  shape: readonly number[],
  bias: boolean,
  outputs: number = shape[0] ?? 0,
): { weight: Tensor; bias: Tensor | undefined } {
  const weight = kaimingUniform(shape, { slope: Math.sqrt(5) });
  const bound = 1 / Math.sqrt(fans(shape).fanIn);
  return { weight, bias: bias ? uniform([outputs], -bound, bound) : undefined };
}
