import { ArgumentError, DTypeError, iota, ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, describe, requireInteger, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { reduce, requireReduction, roundedAs, type ReductionOptions } from './reduction.ts';

export interface CrossEntropyOptions extends ReductionOptions {
  /** Share ε of each target that is spread evenly over all classes (Szegedy et al. 2016, arXiv:1512.00567). Default 0. */
  labelSmoothing?: number;
  /** [classes]: factor of each class. The mean of class indices then divides by the sum of the labels' factors. */
  weight?: Tensor;
  /** A label that does not count, in sums and means alike; for padding, say. Default −100, as in PyTorch. Class indices only. */
  ignoreIndex?: number;
}

/** The label that does not count unless another one is named. */
const defaultIgnoreIndex = -100;

const crossEntropyOptions: OptionNames<CrossEntropyOptions> = {
  reduction: true,
  labelSmoothing: true,
  weight: true,
  ignoreIndex: true,
};

/**
 * Cross-entropy of logits: −ln softmax(logits)[label], or −Σ targets · ln softmax(logits) where targets are probabilities.
 * Computed from log-softmax, so that no exponential overflows. PyTorch's `cross_entropy`.
 *
 * Shape: logits [N, C] or [N, C, ...]; labels int32 [N] or [N, ...] with class indices, or floating numbers in the shape of the logits with
 * probabilities → [] for 'mean' (default) and 'sum', [N, ...] for 'none'. float16 of float16, computed in float32 and rounded once;
 * else float32.
 *
 * Labels equal to `ignoreIndex` (default −100) do not count: their losses and gradients are 0, and the mean is that of the others, NaN
 * where there are none. Values are on the device, so that any other label outside 0 … C − 1 cannot throw; it makes the loss NaN.
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
  const { reduction = 'mean', labelSmoothing = 0, weight, ignoreIndex } = options;
  requireReduction('crossEntropy', reduction);
  if (weight !== undefined) requireTensor('crossEntropy', 'weight', weight);
  if (ignoreIndex !== undefined) requireInteger('crossEntropy', 'ignoreIndex', ignoreIndex);
  if (typeof labelSmoothing !== 'number' || !(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(`[crossEntropy] labelSmoothing must lie in 0 … 1, not ${describe(labelSmoothing)}.`);
  }
  if (logits.ndim < 2)
    throw new ShapeError(`[crossEntropy] logits must be [N, classes] or [N, classes, …], not ${logits}.`);
  const [batch = 0, classes = 0, ...rest] = logits.shape;
  if (weight !== undefined && weight.shape.join() !== String(classes)) {
    throw new ShapeError(
      `[crossEntropy] weight must have one factor for each of the ${classes} classes of logits ${logits}, not ${weight}.`,
    );
  }
  const factors = weight?.to('float32').reshape([classes, ...rest.map(() => 1)]);
  const logProbabilities = logits.to('float32').logSoftmax(1);

  if (labels.dtype === 'float32' || labels.dtype === 'float16') {
    requireProbabilities(logits, labels);
    if (ignoreIndex !== undefined)
      throw new ArgumentError('[crossEntropy] ignoreIndex needs class indices as labels, not probabilities.');
    const given = labels.to('float32');
    const targets = labelSmoothing === 0 ? given : given.mul(1 - labelSmoothing).add(labelSmoothing / classes);
    const terms = targets.mul(logProbabilities);
    const losses = (factors === undefined ? terms : terms.mul(factors)).sum(1).neg();
    return roundedAs([logits, labels, weight], reduce(losses, reduction));
  }

  if (labels.dtype !== 'int32')
    throw new DTypeError(`[crossEntropy] labels must be int32 class indices or floating probabilities, not ${labels}.`);
  if (labels.shape.join() !== [batch, ...rest].join()) {
    throw new ShapeError(
      `[crossEntropy] logits ${logits} need class indices int32[${[batch, ...rest].join(',')}], not ${labels}.`,
      {
        hint: 'The classes are axis 1 of the logits.',
      },
    );
  }
  const counts = labels.notEqual(ignoreIndex ?? defaultIgnoreIndex);
  const isLabel = iota([classes, ...rest.map(() => 1)], 0).equal(labels.unsqueeze(1));
  const terms = factors === undefined ? logProbabilities : logProbabilities.mul(factors);
  const picked = isLabel.where(terms, 0).sum(1).neg();
  const smoothed =
    labelSmoothing === 0 ? picked : picked.mul(1 - labelSmoothing).sub(terms.sum(1).mul(labelSmoothing / classes));
  // 1 for labels that exist or do not count, 0 / 0 for all others.
  const known = labels.greaterEqual(0).and(labels.less(classes));
  const valid = known.or(counts.not()).to('float32');
  const losses = counts.where(smoothed.mul(valid.div(valid)), 0);
  if (reduction !== 'mean') return roundedAs([logits, weight], reduce(losses, reduction));
  const shares = factors === undefined ? counts.to('float32') : counts.where(isLabel.where(factors, 0).sum(1), 0);
  return roundedAs([logits, weight], reduce(losses, reduction, shares.sum()));
}

function requireProbabilities(logits: Tensor, labels: Tensor): void {
  if (labels.shape.join() === logits.shape.join()) return;
  const [batch = 0, , ...rest] = logits.shape;
  const indices = `int32[${[batch, ...rest].join(',')}]`;
  if (labels.shape.join() === [batch, ...rest].join()) {
    throw new DTypeError(`[crossEntropy] labels ${labels} have the shape of class indices, which must be ${indices}.`, {
      hint: "Make them with tensor(values, { dtype: 'int32' }), or convert them with labels.to('int32').",
    });
  }
  throw new ShapeError(
    `[crossEntropy] logits ${logits} need probabilities ${logits} or class indices ${indices}, not ${labels}.`,
  );
}
