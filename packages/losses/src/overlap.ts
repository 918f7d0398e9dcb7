/** Losses of segmentation: how little a prediction and a target overlap. */
import { ShapeError, type Tensor } from '@hebb/tensor';
import {
  between,
  checkOptions,
  listOf,
  requireBoolean,
  requireInteger,
  requireTensor,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';
import { requireProbabilities } from './probabilities.ts';
import { requireSameShape } from './shapes.ts';

export interface OverlapOptions extends ReductionOptions {
  /** The axes of one mask. Default: all but the first two, which are examples and classes. */
  axes?: readonly number[];
  /** Is added above and below, so that two empty masks overlap. Default 1e-5. */
  smooth?: number;
}

export interface DiceLossOptions extends OverlapOptions {
  /** Whether the sums below are of squares, as in the paper. Default false. */
  squared?: boolean;
}

export interface TverskyLossOptions extends OverlapOptions {
  /** Factor of false positives. Default 0.3. */
  alpha?: number;
  /** Factor of false negatives. Default 0.7. */
  beta?: number;
}

const overlapOptions: OptionNames<OverlapOptions> = {
  ...reductionOptions,
  axes: listOf(requireInteger),
  smooth: between(0, Infinity),
};
const diceOptions: OptionNames<DiceLossOptions> = { ...overlapOptions, squared: requireBoolean };
const tverskyOptions: OptionNames<TverskyLossOptions> = {
  ...overlapOptions,
  alpha: between(0, Infinity),
  beta: between(0, Infinity),
};

/**
 * 1 − (2 Σ p y + smooth) / (Σ p + Σ y + smooth) of predictions p and targets y, both in 0 … 1, for each example and class; with `squared` the sums below are Σ p² and Σ y². Of logits take their
 * sigmoid or softmax.
 *
 * Milletari, Navab & Ahmadi, "V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image Segmentation", 2016 (arXiv:1606.04797).
 *
 * Shape: predictions and targets [N, C, ...], the same → [] for 'mean' (default) and 'sum', [N, C] for 'none'. With `axes` any shape: what is not summed stays. float16 of float16, computed in
 * float32 and rounded once; else float32.
 *
 * Throws {@link ShapeError} where the shapes differ, or nothing is left to sum, `ArgumentError` for targets outside of 0 … 1 where they are known on the host.
 *
 * ```ts
 * const masks = tensor([[[1, 1, 0, 0]], [[0, 0, 1, 0]]]);
 * await diceLoss(tensor([[[1, 0, 0, 0]], [[0, 0, 1, 0]]]), masks, { smooth: 0, reduction: 'none' }).toArray();  // [[0.3333333], [0]]
 * ```
 */
export function diceLoss(predictions: Tensor, targets: Tensor, options: DiceLossOptions = {}): Tensor {
  checkOptions('diceLoss', options, diceOptions);
  const { squared = false, smooth = 1e-5 } = options;
  return ofOverlap('diceLoss', predictions, targets, options, (p, y, sum) => {
    const both = squared ? sum(p.square().add(y.square())) : sum(p.add(y));
    return sum(p.mul(y)).mul(2).add(smooth).div(both.add(smooth));
  });
}

/**
 * 1 − (Σ p y + smooth) / (Σ p y + α Σ p (1 − y) + β Σ (1 − p) y + smooth) of predictions p and targets y, both in 0 … 1, for each example and class: {@link diceLoss} for α = β = ½, with another
 * price for false positives (α) and for false negatives (β).
 *
 * Salehi, Erdogmus & Gholipour, "Tversky loss function for image segmentation using 3D fully convolutional deep networks", 2017 (arXiv:1706.05721).
 *
 * Shape: predictions and targets [N, C, ...], the same → [] for 'mean' (default) and 'sum', [N, C] for 'none'. With `axes` any shape: what is not summed stays. float16 of float16, computed in
 * float32 and rounded once; else float32.
 *
 * Throws {@link ShapeError} where the shapes differ, or nothing is left to sum, `ArgumentError` for targets outside of 0 … 1 where they are known on the host.
 *
 * ```ts
 * await tverskyLoss(tensor([[[1, 0, 0, 0]]]), tensor([[[1, 1, 0, 0]]]), { smooth: 0 }).item();  // 0.4117647
 * ```
 */
export function tverskyLoss(predictions: Tensor, targets: Tensor, options: TverskyLossOptions = {}): Tensor {
  checkOptions('tverskyLoss', options, tverskyOptions);
  const { alpha = 0.3, beta = 0.7, smooth = 1e-5 } = options;
  return ofOverlap('tverskyLoss', predictions, targets, options, (p, y, sum) => {
    const overlap = sum(p.mul(y));
    const falsePositives = sum(p.mul(y.neg().add(1))).mul(alpha);
    const falseNegatives = sum(p.neg().add(1).mul(y)).mul(beta);
    return overlap.add(smooth).div(overlap.add(falsePositives).add(falseNegatives).add(smooth));
  });
}

function ofOverlap(
  op: string,
  predictions: Tensor,
  targets: Tensor,
  { axes, reduction }: OverlapOptions,
  overlapOf: (predictions: Tensor, targets: Tensor, sum: (x: Tensor) => Tensor) => Tensor,
): Tensor {
  requireTensor(op, 'predictions', predictions);
  requireTensor(op, 'targets', targets);
  requireSameShape(op, { predictions, targets });
  requireProbabilities(op, targets);
  const summed = axes ?? predictions.shape.map((_, axis) => axis).slice(2);
  if (summed.length === 0) {
    throw new ShapeError(`[${op}] predictions must be [N, classes, …] with axes to sum over, not ${predictions}.`, {
      hint: 'The option axes says which axes make up one mask.',
    });
  }
  const overlap = overlapOf(predictions.to('float32'), targets.to('float32'), (x) => x.sum(summed));
  return roundedAs([predictions, targets], reduce(overlap.neg().add(1), reduction));
}
