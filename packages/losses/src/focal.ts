/** Cross-entropies that count what is classified well already for less. */
import { composite, logSigmoid, ShapeError, type CompositeDefinition, type Tensor } from '@hebb/tensor';
import { between, checkOptions, orNull, requireInteger, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { classFactors, classLabels, countOf } from './class-labels.ts';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';
import { requireProbabilities } from './probabilities.ts';
import { requireSameShape } from './shapes.ts';

export interface SigmoidFocalLossOptions extends ReductionOptions {
  /** Factor of the positives; that of the negatives is 1 − α. null: neither has one. Default 0.25. */
  alpha?: number | null;
  /** How much less counts what is classified well, ≥ 0; 0 is cross-entropy. Default 2. */
  gamma?: number;
}

export interface FocalLossOptions extends ReductionOptions {
  /** How much less counts what is classified well, ≥ 0; 0 is cross-entropy. Default 2. */
  gamma?: number;
  /** [classes]: the factor α of each class. The mean is that of the labels that count, whatever their factors. */
  weight?: Tensor;
  /** A label that does not count. Default −100. */
  ignoreIndex?: number;
}

const sigmoidFocalOptions: OptionNames<SigmoidFocalLossOptions> = {
  ...reductionOptions,
  alpha: orNull(between(0, 1)),
  gamma: between(0, Infinity),
};
const focalOptions: OptionNames<FocalLossOptions> = {
  ...reductionOptions,
  gamma: between(0, Infinity),
  weight: requireTensor,
  ignoreIndex: requireInteger,
};

/** −(1 − p)^γ · ln p, from l = ln p: 1 − p is −expm1(l), with all of its digits where p is near 1. */
const focalTerm: CompositeDefinition<{ gamma: number }> = {
  name: 'focal',
  body: ({ gamma }, l) => l.expm1().neg().pow(gamma).mul(l).neg(),
  // −(1 − p)^γ · (1 + γ p · −l / (1 − p)), where −l / (1 − p) is 1 at p = 1: no power below 0 is taken.
  gradient({ gamma }, cotangent, _output, l) {
    const rest = l.expm1().neg();
    const isSure = l.equal(0);
    const ratio = isSure.where(1, l.neg().div(isSure.where(1, rest)));
    const slope = rest.pow(gamma).mul(ratio.mul(l.exp()).mul(gamma).add(1));
    return [cotangent.mul(slope).neg()];
  },
};

/**
 * −αₜ (1 − pₜ)^γ ln pₜ of logits x, with pₜ = σ(x) and α for the target 1, 1 − σ(x) and 1 − α for 0; a target between them weighs both. Computed without overflow, and with the default α and γ of
 * torchvision's `sigmoid_focal_loss`. For detectors the paper takes the sum, divided by the number of positives.
 *
 * Lin et al., "Focal Loss for Dense Object Detection", 2017 (arXiv:1708.02002).
 *
 * Shape: logits and targets [...], the same, targets in 0 … 1 → [] for 'mean' (default) and 'sum', [...] for 'none'. float16 of float16, computed in float32 and rounded once; else float32.
 *
 * Throws {@link ShapeError} where the shapes differ, `ArgumentError` for targets outside of 0 … 1 where they are known on the host.
 *
 * ```ts
 * await sigmoidFocalLoss(tensor([0, 3]), tensor([1, 1]), { alpha: null, reduction: 'none' }).toArray();  // [0.1732868, 0.0001093]
 * ```
 */
export function sigmoidFocalLoss(logits: Tensor, targets: Tensor, options: SigmoidFocalLossOptions = {}): Tensor {
  requireTensor('sigmoidFocalLoss', 'logits', logits);
  requireTensor('sigmoidFocalLoss', 'targets', targets);
  checkOptions('sigmoidFocalLoss', options, sigmoidFocalOptions);
  const { alpha = 0.25, gamma = 2, reduction } = options;
  requireSameShape('sigmoidFocalLoss', { logits, targets });
  requireProbabilities('sigmoidFocalLoss', targets);
  const [x, y] = [logits.to('float32'), targets.to('float32')];
  const [positive, negative] = [x, x.neg()].map((side) => composite(focalTerm, { gamma }, [logSigmoid(side)])) as [
    Tensor,
    Tensor,
  ];
  const shares: readonly [Tensor, Tensor] = [y, y.neg().add(1)];
  const factors = alpha === null ? shares : ([shares[0].mul(alpha), shares[1].mul(1 - alpha)] as const);
  const losses = factors[0].mul(positive).add(factors[1].mul(negative));
  return roundedAs([logits, targets], reduce(losses, reduction));
}

/**
 * −αₜ (1 − pₜ)^γ ln pₜ of several classes, with p the softmax of the logits and t the label; cross-entropy for γ = 0. `weight` holds the α of each class. Labels equal to `ignoreIndex` do not
 * count; any other label outside 0 … C − 1 is an {@link ArgumentError} where labels are known on the host, and makes the loss NaN elsewhere.
 *
 * Lin et al., "Focal Loss for Dense Object Detection", 2017 (arXiv:1708.02002).
 *
 * Shape: logits [N, C] or [N, C, ...]; labels int32 [N] or [N, ...] → [] for 'mean' (default) and 'sum', [N, ...] for 'none'. float16 of float16, computed in float32 and rounded once; else
 * float32.
 *
 * Throws {@link ShapeError} or {@link DTypeError} naming what does not fit.
 *
 * ```ts
 * const logits = tensor([[2, 0, 0], [0, 0, 3]]);
 * await focalLoss(logits, tensor([0, 2], { dtype: 'int32' })).item();  // 0.0059175
 * ```
 */
export function focalLoss(logits: Tensor, labels: Tensor, options: FocalLossOptions = {}): Tensor {
  requireTensor('focalLoss', 'logits', logits);
  requireTensor('focalLoss', 'labels', labels);
  checkOptions('focalLoss', options, focalOptions);
  const { gamma = 2, weight, ignoreIndex, reduction } = options;
  if (logits.ndim < 2)
    throw new ShapeError(`[focalLoss] logits must be [N, classes] or [N, classes, …], not ${logits}.`);
  const factors = weight === undefined ? undefined : classFactors('focalLoss', 'logits', logits, weight);
  const known = classLabels('focalLoss', 'logits', logits, labels, ignoreIndex);
  const picked = known.isLabel.where(logits.to('float32').logSoftmax(1), 0).sum(1);
  let losses = composite(focalTerm, { gamma }, [picked]);
  if (factors !== undefined) losses = losses.mul(known.isLabel.where(factors, 0).sum(1));
  losses = known.counts.where(losses.mul(known.validity), 0);
  return roundedAs([logits, weight], reduce(losses, reduction, countOf(known, undefined)));
}
