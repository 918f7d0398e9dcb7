/** Losses of numbers against numbers. */
import type { Tensor } from '@hebb/tensor';
import { checkOptions, requireTensor } from '@hebb/tensor/arguments';
import { reduce, reductionOptions, requireReduction, roundedAs, type ReductionOptions } from './reduction.ts';
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
 * Shape: predictions and targets [...], the same → [] for 'mean' (default) and 'sum', [...] for 'none'. float16 of float16, computed in float32 and rounded once; else
 * float32.
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
  const losses = difference('meanSquaredError', predictions, targets).square();
  return roundedAs([predictions, targets], reduce(losses, reduction));
}

/** |predictions − targets|, PyTorch's `l1_loss` (also exported as `l1Loss`); shapes and errors as in {@link meanSquaredError}. */
export function meanAbsoluteError(predictions: Tensor, targets: Tensor, options: ReductionOptions = {}): Tensor {
  checkOptions('meanAbsoluteError', options, reductionOptions);
  const { reduction = 'mean' } = options;
  requireReduction('meanAbsoluteError', reduction);
  const losses = difference('meanAbsoluteError', predictions, targets).abs();
  return roundedAs([predictions, targets], reduce(losses, reduction));
}
