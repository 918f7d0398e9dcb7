/** Targets that say how likely something is. */
import { ArgumentError, type Tensor } from '@hebb/tensor';
import { requireWithin } from '@hebb/tensor/arguments';

/** Throws {@link ArgumentError} naming the first target outside of 0 … 1, where they are known on the host: beyond, such a loss has no minimum, and trains to any negative number without a word. */
export function requireProbabilities(op: string, targets: Tensor): void {
  try {
    requireWithin(op, 'targets', targets, 0, 1, 'probability');
  } catch (error) {
    throw error instanceof ArgumentError ? error.advise('Pixels of 0 … 255 become such by x.div(255).') : error;
  }
}
