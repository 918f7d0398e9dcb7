/** From a loss per element to the loss. */
import { ArgumentError, type Tensor } from '@hebb/tensor';

/** 'mean' over all elements, their 'sum', or 'none': one loss per element. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface ReductionOptions {
  /** Default 'mean'. */
  reduction?: Reduction;
}

export function requireReduction(op: string, reduction: Reduction): void {
  if (!['mean', 'sum', 'none'].includes(reduction)) {
    throw new ArgumentError(`[${op}] reduction is 'mean', 'sum' or 'none', not '${reduction}'.`);
  }
}

/** @param count - what the mean divides by; default the number of elements. */
export function reduce(losses: Tensor, reduction: Reduction, count?: Tensor): Tensor {
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return losses.sum();
  return count === undefined ? losses.mean() : losses.sum().div(count);
}
