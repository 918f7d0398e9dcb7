/** Losses of numbers against numbers. */
import type { Tensor } from '@hebb/tensor';
import { checkOptions, requireTensor } from '@hebb/tensor/arguments';
import { reduce, reductionOptions, requireReduction, type ReductionOptions } from './reduction.ts';
import { requireSameShape } from './same-shape.ts';

function difference(op: string, predictions: Tensor, targets: Tensor): Tensor {
  requireTensor(op, 'predictions', predictions);
  requireTensor(op, 'targets', targets);
  requireSameShape(op, 'predictions', predictions, targets);
  return predictions.to('float32').sub(targets.to('float32'));
}

/**
 * (predictions − targets)², PyTorch's `mse_loss` (also exported as `mseLoss`).
 *
 * Shape: predictions and targets float32[...], the same → [] for 'mean' (default) and 'sum', [...] for 'none'.
 *
 * Throws {@link ShapeError} where the shapes differ.
 *
 * ```ts
 * await meanSquaredError(tensor([1, 2]), tensor([1, 4])).item();  // 2
 * ```
 */
export function meanSquaredError(predictions: Tensor, targets: Tensor, options: ReductionOptions = {}): Tensor {
  checkOptions('meanSquaredError', options, reductionOptions);
  const { reduction = 'mean' } = options;
  requireReduction('meanSquaredError', reduction);
  return reduce(difference('meanSquaredError', predictions, targets).square(), reduction);
}

/** |predictions − targets|, PyTorch's `l1_loss` (also exported as `l1Loss`); shapes and errors as in {@link meanSquaredError}. */
export function meanAbsoluteError(predictions: Tensor, targets: Tensor, options: ReductionOptions = {}): Tensor {
  checkOptions('meanAbsoluteError', options, reductionOptions);
  const { reduction = 'mean' } = options;
  requireReduction('meanAbsoluteError', reduction);
  return reduce(difference('meanAbsoluteError', predictions, targets).abs(), reduction);
}
