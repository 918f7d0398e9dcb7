/** Losses of numbers against numbers. */
import type { Tensor } from '@hebb/tensor';
import { between, checkOptions, requireTensor, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';
import { requireSameShape } from './shapes.ts';

export interface HuberOptions extends ReductionOptions {
  /** Where the loss turns from squares to distances, > 0. Default 1. */
  delta?: number;
}

export interface SmoothL1Options extends ReductionOptions {
  /** Where the loss turns from squares to distances, ≥ 0; 0 is the absolute error. Default 1. */
  beta?: number;
}

const huberOptions: OptionNames<HuberOptions> = {
  ...reductionOptions,
  delta(where, name, value) {
    if (typeof value !== 'number' || !(value > 0)) throw wrongArgument(where, name, 'a number > 0', value);
  },
};
const smoothL1Options: OptionNames<SmoothL1Options> = { ...reductionOptions, beta: between(0, Infinity) };

/** Checks both, and reduces the losses made of predictions − targets. */
function ofDifference(
  op: string,
  predictions: Tensor,
  targets: Tensor,
  { reduction }: ReductionOptions,
  lossesOf: (difference: Tensor) => Tensor,
): Tensor {
  requireTensor(op, 'predictions', predictions);
  requireTensor(op, 'targets', targets);
  requireSameShape(op, { predictions, targets });
  const losses = lossesOf(predictions.to('float32').sub(targets.to('float32')));
  return roundedAs([predictions, targets], reduce(losses, reduction));
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
  return ofDifference('meanSquaredError', predictions, targets, options, (difference) => difference.square());
}

/**
 * |predictions − targets|, PyTorch's `l1_loss` (also exported as `l1Loss`); shapes and errors as in {@link meanSquaredError}.
 *
 * ```ts
 * await meanAbsoluteError(tensor([1, 2]), tensor([1, 4])).item();  // 1
 * ```
 */
export function meanAbsoluteError(predictions: Tensor, targets: Tensor, options: ReductionOptions = {}): Tensor {
  checkOptions('meanAbsoluteError', options, reductionOptions);
  return ofDifference('meanAbsoluteError', predictions, targets, options, (difference) => difference.abs());
}

/**
 * With d = predictions − targets: ½ d² where |d| ≤ δ, else δ (|d| − ½ δ), whose slope never exceeds δ; PyTorch's `huber_loss`. Shapes and errors as in
 * {@link meanSquaredError}; {@link ArgumentError} for a δ that is not > 0.
 *
 * Huber, "Robust Estimation of a Location Parameter", 1964.
 *
 * ```ts
 * await huberLoss(tensor([1, 2]), tensor([0, 5]), { reduction: 'none' }).toArray();  // [0.5, 2.5]
 * ```
 */
export function huberLoss(predictions: Tensor, targets: Tensor, options: HuberOptions = {}): Tensor {
  checkOptions('huberLoss', options, huberOptions);
  const { delta = 1 } = options;
  return ofDifference('huberLoss', predictions, targets, options, (difference) => {
    const distance = difference.abs();
    return distance.lessEqual(delta).where(difference.square().mul(0.5), distance.sub(delta / 2).mul(delta));
  });
}

/**
 * With d = predictions − targets: ½ d² / β where |d| < β, else |d| − ½ β, whose slope never exceeds 1; PyTorch's `smooth_l1_loss`. Shapes and errors as in
 * {@link meanSquaredError}; {@link ArgumentError} for a negative β.
 *
 * Girshick, "Fast R-CNN", 2015 (arXiv:1504.08083).
 *
 * ```ts
 * await smoothL1Loss(tensor([1, 2]), tensor([0, 5]), { beta: 2, reduction: 'none' }).toArray();  // [0.25, 2]
 * ```
 */
export function smoothL1Loss(predictions: Tensor, targets: Tensor, options: SmoothL1Options = {}): Tensor {
  checkOptions('smoothL1Loss', options, smoothL1Options);
  const { beta = 1 } = options;
  return ofDifference('smoothL1Loss', predictions, targets, options, (difference) => {
    const distance = difference.abs();
    if (beta === 0) return distance;
    return distance.less(beta).where(difference.square().mul(0.5 / beta), distance.sub(beta / 2));
  });
}
