/** From a loss per element to the loss. */
import type { Tensor } from '@hebb/tensor';
import { requireOneOf, type OptionNames } from '@hebb/tensor/arguments';

/** 'mean' over all elements, their 'sum', or 'none': one loss per element. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface ReductionOptions {
  /** Default 'mean'. */
  reduction?: Reduction;
}

export const reductionOptions: OptionNames<ReductionOptions> = { reduction: true };

export function requireReduction(op: string, reduction: unknown): asserts reduction is Reduction {
  requireOneOf<Reduction>(op, 'reduction', reduction, ['mean', 'sum', 'none']);
}

/** @param count - what the mean divides by; default the number of elements. */
export function reduce(losses: Tensor, reduction: Reduction, count?: Tensor): Tensor {
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return losses.sum();
  return count === undefined ? losses.mean() : losses.sum().div(count);
}
