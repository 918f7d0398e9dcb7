/** Losses of classes: cross-entropy of logits, and the negative log-likelihood of log-probabilities. */
import { ArgumentError, DTypeError, ShapeError, type Tensor } from '@hebb/tensor';
import { between, checkOptions, requireInteger, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { classFactors, classLabels, countOf } from './class-labels.ts';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';

export interface NllLossOptions extends ReductionOptions {
  /** [classes]: factor of each class. The mean of class indices then divides by the sum of the labels' factors. */
  weight?: Tensor;
  /** A label that does not count, in sums and means alike; for padding, say. Default −100, as in PyTorch. Class indices only. */
  ignoreIndex?: number;
}

export interface CrossEntropyOptions extends NllLossOptions {
  /** Share ε of each target that is spread evenly over all classes (Szegedy et al. 2016, arXiv:1512.00567). Default 0. */
  labelSmoothing?: number;
}

const nllOptions: OptionNames<NllLossOptions> = {
  ...reductionOptions,
  weight: requireTensor,
  ignoreIndex: requireInteger,
};
const crossEntropyOptions: OptionNames<CrossEntropyOptions> = { ...nllOptions, labelSmoothing: between(0, 1) };

/**
 * Cross-entropy of logits: −ln softmax(logits)[label], or −Σ targets · ln softmax(logits) where targets are probabilities.
 * Computed from log-softmax, so that no exponential overflows. PyTorch's `cross_entropy`.
 *
 * Shape: logits [N, C], [N, C, ...] or [C]; labels int32 [N], [N, ...] or [] with class indices, or floating numbers in the shape of the logits with
 * probabilities → [] for 'mean' (default) and 'sum', the shape of class indices for 'none'. float16 of float16, computed in float32 and rounded once;
 * else float32.
 *
 * Labels equal to `ignoreIndex` (default −100) do not count: their losses and gradients are 0, and the mean is that of the others, NaN
 * where there are none. Any other label outside 0 … C − 1 is an {@link ArgumentError} where labels are known on the host, in each call of a
 * compiled function, too; where they are computed it makes the loss NaN.
 *
 * Throws {@link ShapeError}, {@link DTypeError} or {@link ArgumentError} naming what does not fit.
 *
 * ```ts
 * const logits = tensor([[2, 0, 0], [0, 0, 3]]);
 * const labels = tensor([0, 2], { dtype: 'int32' });
 * await crossEntropy(logits, labels).item();  // 0.167…
 * const padded = tensor([0, -100], { dtype: 'int32' });
 * await crossEntropy(logits, padded).item();  // 0.239…, of the first row alone
 * ```
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  requireTensor('crossEntropy', 'logits', logits);
  requireTensor('crossEntropy', 'labels', labels);
  checkOptions('crossEntropy', options, crossEntropyOptions);
  const { labelSmoothing = 0, weight, ignoreIndex, reduction } = options;
  requireClasses('crossEntropy', 'logits', logits);
  const isProbabilities = labels.dtype === 'float32' || labels.dtype === 'float16';
  if (isProbabilities) requireProbabilities(logits, labels);
  else if (labels.dtype !== 'int32')
    throw new DTypeError(`[crossEntropy] labels must be int32 class indices or floating probabilities, not ${labels}.`);
  if (logits.ndim === 1) {
    if (!isProbabilities) requireOneLabel('crossEntropy', 'logits', logits, labels);
    return ofOne(logits, labels, (x, y) => crossEntropy(x, y, options), reduction);
  }
  if (!isProbabilities)
    return ofLabels('crossEntropy', 'logits', logits, labels, options, logits.to('float32').logSoftmax(1));

  if (ignoreIndex !== undefined)
    throw new ArgumentError('[crossEntropy] ignoreIndex needs class indices as labels, not probabilities.');
  const factors = weight === undefined ? undefined : classFactors('crossEntropy', 'logits', logits, weight);
  const given = labels.to('float32');
  const targets =
    labelSmoothing === 0 ? given : given.mul(1 - labelSmoothing).add(labelSmoothing / (logits.shape[1] ?? 0));
  const terms = targets.mul(logits.to('float32').logSoftmax(1));
  const losses = (factors === undefined ? terms : terms.mul(factors)).sum(1).neg();
  return roundedAs([logits, labels, weight], reduce(losses, reduction));
}

/**
 * −logProbabilities[label], the negative log-likelihood; PyTorch's `nll_loss`. After {@link logSoftmax} it is {@link crossEntropy}, labels and means likewise.
 *
 * Shape: log-probabilities [N, C], [N, C, ...] or [C]; labels int32 [N], [N, ...] or [] → [] for 'mean' (default) and 'sum', the shape of the labels for 'none'. float16 of
 * float16, computed in float32 and rounded once; else float32.
 *
 * Throws {@link ShapeError} or {@link DTypeError} naming what does not fit.
 *
 * ```ts
 * const logProbabilities = tensor([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]]).log();
 * await nllLoss(logProbabilities, tensor([0, 2], { dtype: 'int32' })).item();  // 1.3862944
 * ```
 */
export function nllLoss(logProbabilities: Tensor, labels: Tensor, options: NllLossOptions = {}): Tensor {
  requireTensor('nllLoss', 'logProbabilities', logProbabilities);
  requireTensor('nllLoss', 'labels', labels);
  checkOptions('nllLoss', options, nllOptions);
  requireClasses('nllLoss', 'logProbabilities', logProbabilities);
  if (logProbabilities.ndim === 1) {
    requireOneLabel('nllLoss', 'logProbabilities', logProbabilities, labels);
    return ofOne(logProbabilities, labels, (x, y) => nllLoss(x, y, options), options.reduction);
  }
  const wide = logProbabilities.to('float32');
  return ofLabels('nllLoss', 'logProbabilities', logProbabilities, labels, options, wide);
}

/** The loss of class indices, from log-probabilities of the shape of the scores. */
function ofLabels(
  op: string,
  name: string,
  scores: Tensor,
  labels: Tensor,
  { labelSmoothing = 0, weight, ignoreIndex, reduction }: CrossEntropyOptions,
  logProbabilities: Tensor,
): Tensor {
  const factors = weight === undefined ? undefined : classFactors(op, name, scores, weight);
  const known = classLabels(op, name, scores, labels, ignoreIndex);
  const terms = factors === undefined ? logProbabilities : logProbabilities.mul(factors);
  const picked = known.isLabel.where(terms, 0).sum(1).neg();
  const share = labelSmoothing / (scores.shape[1] ?? 0);
  const smoothed = labelSmoothing === 0 ? picked : picked.mul(1 - labelSmoothing).sub(terms.sum(1).mul(share));
  const losses = known.counts.where(smoothed.mul(known.validity), 0);
  return roundedAs(
    [scores, weight],
    reduce(losses, reduction, reduction === undefined || reduction === 'mean' ? countOf(known, factors) : undefined),
  );
}

/** A single example, without the axis of examples. */
function ofOne(
  scores: Tensor,
  labels: Tensor,
  loss: (scores: Tensor, labels: Tensor) => Tensor,
  reduction: ReductionOptions['reduction'],
): Tensor {
  const value = loss(scores.unsqueeze(0), labels.unsqueeze(0));
  return reduction === 'none' ? value.reshape([]) : value;
}

function requireClasses(op: string, name: string, scores: Tensor): void {
  if (scores.ndim === 0)
    throw new ShapeError(`[${op}] ${name} must be [N, classes], [N, classes, …] or [classes], not ${scores}.`);
}

function requireOneLabel(op: string, name: string, scores: Tensor, labels: Tensor): void {
  if (labels.ndim === 0) return;
  throw new ShapeError(`[${op}] ${name} ${scores} need one class index, int32[], not ${labels}.`, {
    hint: `The ${name} of several examples are [N, classes].`,
  });
}

function requireProbabilities(logits: Tensor, labels: Tensor): void {
  if (labels.shape.join() === logits.shape.join()) return;
  const shape = logits.shape.filter((_, axis) => axis !== (logits.ndim === 1 ? 0 : 1));
  const indices = `int32[${shape.join(',')}]`;
  if (labels.shape.join() === shape.join()) {
    throw new DTypeError(`[crossEntropy] labels ${labels} have the shape of class indices, which must be ${indices}.`, {
      hint: "Make them with tensor(values, { dtype: 'int32' }), or convert them with labels.to('int32').",
    });
  }
  throw new ShapeError(
    `[crossEntropy] logits ${logits} need probabilities ${logits} or class indices ${indices}, not ${labels}.`,
  );
}
