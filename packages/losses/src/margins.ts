/** Losses that ask for a margin between scores, and their smooth relatives. */
import { cumsum, DTypeError, iota, ShapeError, softplus, where, type Tensor } from '@hebb/tensor';
import { checkOptions, requireFinite, requireTensor, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import { classFactors, classLabels } from './class-labels.ts';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';
import { factorsFor, requireSameShape } from './shapes.ts';

export interface MarginOptions extends ReductionOptions {
  /** How far apart is enough. Default as each function says. */
  margin?: number;
}

export interface MultiMarginLossOptions extends MarginOptions {
  /** The exponent, 1 or 2. Default 1. */
  p?: 1 | 2;
  /** [classes]: factor of the examples of each class. */
  weight?: Tensor;
}

export interface MultilabelSoftMarginLossOptions extends ReductionOptions {
  /** [classes]: factor of each class; anything that broadcasts to the logits. */
  weight?: Tensor;
}

export const marginOptions: OptionNames<MarginOptions> = { ...reductionOptions, margin: requireFinite };
const multiMarginOptions: OptionNames<MultiMarginLossOptions> = {
  ...marginOptions,
  p(name, option, value) {
    if (value !== 1 && value !== 2) throw wrongArgument(name, option, '1 or 2', value);
  },
  weight: requireTensor,
};
const multilabelSoftOptions: OptionNames<MultilabelSoftMarginLossOptions> = {
  ...reductionOptions,
  weight: requireTensor,
};

/**
 * x where the target is 1, max(0, margin − x) where it is −1; PyTorch's `hinge_embedding_loss`, for distances x of pairs that belong together or do not. The margin is 1 unless given.
 *
 * Shape: distances and targets [...], the same, targets 1 or −1 → [] for 'mean' (default) and 'sum', [...] for 'none'. float16 of float16, computed in float32 and rounded once; else
 * float32.
 *
 * Throws {@link ShapeError} where the shapes differ.
 *
 * ```ts
 * await hingeEmbeddingLoss(tensor([0.5, 0.25]), tensor([1, -1]), { reduction: 'none' }).toArray();  // [0.5, 0.75]
 * ```
 */
export function hingeEmbeddingLoss(distances: Tensor, targets: Tensor, options: MarginOptions = {}): Tensor {
  requireTensor('hingeEmbeddingLoss', 'distances', distances);
  requireTensor('hingeEmbeddingLoss', 'targets', targets);
  checkOptions('hingeEmbeddingLoss', options, marginOptions);
  const { margin = 1, reduction } = options;
  requireSameShape('hingeEmbeddingLoss', { distances, targets });
  const x = distances.to('float32');
  // Of any other target both count, as in PyTorch.
  const apart = targets.notEqual(1).where(hinge(x.neg().add(margin)), 0);
  const losses = targets.notEqual(-1).where(x, 0).add(apart);
  return roundedAs([distances, targets], reduce(losses, reduction));
}

/** max(x, 0), whose gradient passes at 0, as it does in PyTorch's losses of margins. */
export function hinge(x: Tensor): Tensor {
  return x.less(0).where(0, x);
}

/**
 * max(0, −y (x₁ − x₂) + margin), 0 where x₁ ranks before x₂ by the margin for y = 1, after it for y = −1; PyTorch's `margin_ranking_loss`. The margin is 0 unless given.
 *
 * Shape: first x₁, second x₂ and targets y [...], the same, targets 1 or −1 → [] for 'mean' (default) and 'sum', [...] for 'none'. float16 of float16, computed in float32 and
 * rounded once; else float32.
 *
 * Throws {@link ShapeError} where the shapes differ.
 *
 * ```ts
 * await marginRankingLoss(tensor([1, 2]), tensor([3, 1]), tensor([1, 1]), { reduction: 'none' }).toArray();  // [2, 0]
 * ```
 */
export function marginRankingLoss(first: Tensor, second: Tensor, targets: Tensor, options: MarginOptions = {}): Tensor {
  requireTensor('marginRankingLoss', 'first', first);
  requireTensor('marginRankingLoss', 'second', second);
  requireTensor('marginRankingLoss', 'targets', targets);
  checkOptions('marginRankingLoss', options, marginOptions);
  const { margin = 0, reduction } = options;
  requireSameShape('marginRankingLoss', { first, second, targets });
  const difference = first.to('float32').sub(second.to('float32'));
  const losses = hinge(difference.mul(targets.to('float32').neg()).add(margin));
  return roundedAs([first, second, targets], reduce(losses, reduction));
}

/**
 * ln(1 + e^(−y x)), PyTorch's `soft_margin_loss`, without overflow.
 *
 * Shape: logits x and targets y [...], the same, targets 1 or −1 → [] for 'mean' (default) and 'sum', [...] for 'none'. float16 of float16, computed in float32 and rounded once; else
 * float32.
 *
 * Throws {@link ShapeError} where the shapes differ.
 *
 * ```ts
 * await softMarginLoss(tensor([2, 2]), tensor([1, -1]), { reduction: 'none' }).toArray();  // [0.1269280, 2.1269280]
 * ```
 */
export function softMarginLoss(logits: Tensor, targets: Tensor, options: ReductionOptions = {}): Tensor {
  requireTensor('softMarginLoss', 'logits', logits);
  requireTensor('softMarginLoss', 'targets', targets);
  checkOptions('softMarginLoss', options, reductionOptions);
  requireSameShape('softMarginLoss', { logits, targets });
  const losses = softly(logits.to('float32').mul(targets.to('float32')).neg());
  return roundedAs([logits, targets], reduce(losses, options.reduction));
}

/** ln(1 + eˣ), nowhere cut off. */
const softly = (x: Tensor): Tensor => softplus(x, { threshold: 1e30 });

/**
 * −Σ [y · ln σ(x) + (1 − y) · ln σ(−x)] / C, the mean of binary cross-entropies over the classes; PyTorch's `multilabel_soft_margin_loss`.
 *
 * Shape: logits x and targets y [..., C], the same, targets 0 or 1 → [] for 'mean' (default) and 'sum', [...] for 'none'. float16 of float16, computed in float32 and rounded once; else
 * float32.
 *
 * Throws {@link ShapeError} where the shapes do not fit.
 *
 * ```ts
 * await multilabelSoftMarginLoss(tensor([[2, -1]]), tensor([[1, 0]])).item();  // 0.2200948
 * ```
 */
export function multilabelSoftMarginLoss(
  logits: Tensor,
  targets: Tensor,
  options: MultilabelSoftMarginLossOptions = {},
): Tensor {
  requireTensor('multilabelSoftMarginLoss', 'logits', logits);
  requireTensor('multilabelSoftMarginLoss', 'targets', targets);
  checkOptions('multilabelSoftMarginLoss', options, multilabelSoftOptions);
  const { weight, reduction } = options;
  requireSameShape('multilabelSoftMarginLoss', { logits, targets });
  if (logits.ndim === 0)
    throw new ShapeError(`[multilabelSoftMarginLoss] logits must be [..., classes], not ${logits}.`);
  const [x, y] = [logits.to('float32'), targets.to('float32')];
  let terms = y.mul(softly(x.neg())).add(y.neg().add(1).mul(softly(x)));
  if (weight !== undefined) terms = terms.mul(factorsFor('multilabelSoftMarginLoss', 'weight', weight, x));
  return roundedAs([logits, targets, weight], reduce(terms.mean(-1), reduction));
}

/** Scores [N, C] of scores [N, C] or [C]. */
function asRows(op: string, scores: Tensor): Tensor {
  if (scores.ndim !== 1 && scores.ndim !== 2)
    throw new ShapeError(`[${op}] scores must be [N, classes] or [classes], not ${scores}.`);
  return scores.ndim === 1 ? scores.unsqueeze(0) : scores;
}

/** Losses [N], or [] where there was no axis of examples. */
const asGiven = (losses: Tensor, scores: Tensor): Tensor => (scores.ndim === 1 ? losses.reshape([]) : losses);

/**
 * Σ max(0, margin − x_y + x_i)ᵖ / C over the classes i but the label y, times the weight of y; PyTorch's `multi_margin_loss`. The margin is 1 unless given. A label outside 0 … C − 1 is an
 * {@link ArgumentError} where labels are known on the host, and makes the loss NaN elsewhere.
 *
 * Shape: scores x [N, C] or [C]; labels int32 [N] or [] → [] for 'mean' (default) and 'sum', the shape of the labels for 'none'. float16 of float16, computed in float32 and rounded once;
 * else float32.
 *
 * Throws {@link ShapeError} or {@link DTypeError} naming what does not fit.
 *
 * ```ts
 * await multiMarginLoss(tensor([[1, 0.5, 3]]), tensor([0], { dtype: 'int32' })).item();  // 1.1666666
 * ```
 */
export function multiMarginLoss(scores: Tensor, labels: Tensor, options: MultiMarginLossOptions = {}): Tensor {
  requireTensor('multiMarginLoss', 'scores', scores);
  requireTensor('multiMarginLoss', 'labels', labels);
  checkOptions('multiMarginLoss', options, multiMarginOptions);
  const { margin = 1, p = 1, weight, reduction } = options;
  const rows = asRows('multiMarginLoss', scores);
  const given = scores.ndim === 1 && labels.ndim === 0 ? labels.unsqueeze(0) : labels;
  // No label is ignored here: one that is no class is none, whichever it is.
  const known = classLabels('multiMarginLoss', 'scores', rows, given, 0);
  const x = rows.to('float32');
  const own = known.isLabel.where(x, 0).sum(1, { keepDims: true });
  const short = x.sub(own).add(margin).relu();
  const terms = known.isLabel.where(0, p === 2 ? short.square() : short);
  let losses = terms.mean(1).mul(known.validity);
  if (weight !== undefined) {
    const factors = classFactors('multiMarginLoss', 'scores', rows, weight);
    losses = losses.mul(known.isLabel.where(factors, 0).sum(1));
  }
  return roundedAs([scores, weight], reduce(asGiven(losses, scores), reduction));
}

/**
 * Σ max(0, 1 − (x_j − x_i)) / C over all labels j and all classes i that are no labels; PyTorch's `multilabel_margin_loss`. The labels of a row end at its first −1.
 * A label outside 0 … C − 1 before that makes the loss NaN.
 *
 * Shape: scores x [N, C] or [C]; labels int32 of the same shape → [] for 'mean' (default) and 'sum', [N] or [] for 'none'. float16 of float16, computed in float32 and rounded once; else
 * float32.
 *
 * Throws {@link ShapeError} or {@link DTypeError} naming what does not fit.
 *
 * ```ts
 * const scores = tensor([[0.1, 0.2, 0.4, 0.8]]);
 * await multilabelMarginLoss(scores, tensor([[3, 0, -1, 1]], { dtype: 'int32' })).item();  // 0.85
 * ```
 */
export function multilabelMarginLoss(scores: Tensor, labels: Tensor, options: ReductionOptions = {}): Tensor {
  requireTensor('multilabelMarginLoss', 'scores', scores);
  requireTensor('multilabelMarginLoss', 'labels', labels);
  checkOptions('multilabelMarginLoss', options, reductionOptions);
  if (labels.dtype !== 'int32')
    throw new DTypeError(`[multilabelMarginLoss] labels must be int32 class indices, not ${labels}.`);
  requireSameShape('multilabelMarginLoss', { scores, labels });
  const x = asRows('multilabelMarginLoss', scores).to('float32');
  const y = asRows('multilabelMarginLoss', labels);
  const [, classes = 0] = x.shape;
  const listed = cumsum(y.equal(-1).to('int32'), 1).equal(0);
  const unknown = listed.and(y.less(0).or(y.greaterEqual(classes)));
  // [N, C]: how often a class is listed; each time counts.
  const isClass = y
    .unsqueeze(1)
    .equal(iota([classes, 1], 0))
    .and(listed.unsqueeze(1));
  const times = isClass.to('float32').sum(2);
  const short = x.unsqueeze(1).sub(x.unsqueeze(2)).add(1).relu();
  const isOther = times.equal(0).unsqueeze(1);
  const each = isOther.where(short, 0).sum(2).mul(times);
  const losses = each
    .sum(1)
    .div(classes)
    .mul(where(unknown, NaN, 1).max(1));
  return roundedAs([scores], reduce(asGiven(losses, scores), options.reduction));
}
