/** What layers on graphs start from. */
import { zeros, type Tensor } from '@hebb/tensor';
import { xavierUniform } from '../initialization/initialization.ts';
import { Linear } from '../linear/linear.ts';
import { parameter } from '../module/parameter.ts';

/** A Linear whose weight is uniform in ±√(6 / (in + out)) and whose bias, if any, is 0. */
export function glorotLinear(inFeatures: number, outFeatures: number, bias = false): Linear {
  const linear = new Linear(inFeatures, outFeatures, { bias });
  linear.weight = parameter(xavierUniform([outFeatures, inFeatures]));
  if (bias) linear.bias = parameter(zeros([outFeatures]));
  return linear;
}

/** Weights of attention, [1, heads, features]. */
export function attentionWeights(heads: number, features: number): Tensor {
  return parameter(xavierUniform([heads, features]).reshape([1, heads, features]));
}

export function zeroBias(features: number, bias: boolean): Tensor | undefined {
  return bias ? parameter(zeros([features])) : undefined;
}
