/** From a loss per element to the loss. */
import type { DType, Tensor } from '@hebb/tensor';
import { oneOf, type OptionNames } from '@hebb/tensor/arguments';

/** 'mean' over all elements, their 'sum', or 'none': one loss per element. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface ReductionOptions {
  /** Default 'mean'. */
  reduction?: Reduction;
}

/** Of every loss, for the table of its options. */
export const reductionOptions: OptionNames<ReductionOptions> = { reduction: oneOf('mean', 'sum', 'none') };

/** A loss of float16 without float32 beside it, which has been computed in float32, rounded to float16. */
export function roundedAs(inputs: readonly (Tensor | undefined)[], loss: Tensor): Tensor {
  const has = (dtype: DType): boolean => inputs.some((input) => input?.dtype === dtype);
  return has('float16') && !has('float32') ? loss.to('float16') : loss;
}

/** @param count - what the mean divides by; default the number of elements. */
export function reduce(losses: Tensor, reduction: Reduction = 'mean', count?: Tensor): Tensor {
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return losses.sum();
  return count === undefined ? losses.mean() : losses.sum().div(count);
}
