import { ShapeError, uniform, type Tensor } from '@hebb/tensor';
import { requireArray } from '@hebb/tensor/arguments';

/** Of a weight [out, in, ...kernel]: in · Π kernel and out · Π kernel. */
export function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  requireArray('initialization', 'the shape', shape);
  const [outputs, inputs, ...kernel] = shape;
  if (outputs === undefined || inputs === undefined) {
    throw new ShapeError(`[initialization] a weight has at least the axes [out, in], not [${shape.join(', ')}].`);
  }
  const field = kernel.reduce((product, extent) => product * extent, 1);
  return { fanIn: inputs * field, fanOut: outputs * field };
}

/** What PyTorch's Linear and convolutions start from: weight and bias (one for each of `outputs`) uniform in ±1 / √fanIn. */
export function defaultWeights(
  shape: readonly number[],
  bias: boolean,
  outputs: number = shape[0] ?? 0,
): { weight: Tensor; bias: Tensor | undefined } {
  const bound = 1 / Math.sqrt(fans(shape).fanIn);
  const weight = uniform(shape, -bound, bound);
  return { weight, bias: bias ? uniform([outputs], -bound, bound) : undefined };
}
