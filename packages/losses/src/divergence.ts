/** How far one distribution is from another. */
import { where, type Tensor } from '@hebb/tensor';
import { checkOptions, oneOf, requireBoolean, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { reduce, reductionOptions, roundedAs, type Reduction, type ReductionOptions } from './reduction.ts';
import { requireSameShape } from './shapes.ts';

export interface KlDivOptions {
  /** 'batchMean' divides the sum by the first extent, which is the divergence's own mean; 'mean', as in PyTorch, by the number of all elements. Default 'mean'. */
  reduction?: Reduction | 'batchMean';
  /** Whether targets are log-probabilities. Default false. */
  logTarget?: boolean;
}

const klOptions: OptionNames<KlDivOptions> = {
  reduction: oneOf('mean', 'sum', 'none', 'batchMean'),
  logTarget: requireBoolean,
};

/**
 * The Kullback–Leibler divergence Σ q · (ln q − p) of targets q from predictions p, which are log-probabilities; PyTorch's `kl_div`. Where q is 0 the term is 0, and so are its
 * gradients.
 *
 * Shape: predictions and targets [...], the same → [] for 'mean' (default), 'sum' and 'batchMean', [...] for 'none'. float16 of float16, computed in float32 and rounded once; else
 * float32.
 *
 * Throws {@link ShapeError} where the shapes differ.
 *
 * ```ts
 * const predictions = tensor([[0.5, 0.5]]).log();
 * await klDiv(predictions, tensor([[0.25, 0.75]]), { reduction: 'batchMean' }).item();  // 0.1308122
 * ```
 */
export function klDiv(predictions: Tensor, targets: Tensor, options: KlDivOptions = {}): Tensor {
  requireTensor('klDiv', 'predictions', predictions);
  requireTensor('klDiv', 'targets', targets);
  checkOptions('klDiv', options, klOptions);
  const { reduction = 'mean', logTarget = false } = options;
  requireSameShape('klDiv', { predictions, targets });
  const [p, q] = [predictions.to('float32'), targets.to('float32')];
  const losses = logTarget ? termOf(q.exp(), q, p) : termOf(q, where(q.equal(0), 1, q).log(), p);
  const loss = reduction === 'batchMean' ? losses.sum().div(predictions.shape[0] ?? 1) : reduce(losses, reduction);
  return roundedAs([predictions, targets], loss);
}

/** q · (ln q − p), 0 where q is. */
function termOf(q: Tensor, logarithm: Tensor, p: Tensor): Tensor {
  const isZero = q.equal(0);
  return isZero.where(0, q.mul(isZero.where(0, logarithm).sub(isZero.where(0, p))));
}

/** ½ Σ (μ² + σ² − 1 − ln σ²) over all axes but the first. */
export function fromStandardNormal(mean: Tensor, logVariance: Tensor): Tensor {
  // e^v − 1 − v keeps its digits where the variance is near 1.
  return eachSum(mean.square().add(logVariance.expm1().sub(logVariance))).mul(0.5);
}

/** The sum over all axes but the first. */
export function eachSum(x: Tensor): Tensor {
  return x.ndim < 2 ? x : x.sum(x.shape.slice(1).map((_, axis) => axis + 1));
}

/**
 * The Kullback–Leibler divergence ½ Σ (μ² + σ² − 1 − ln σ²) of Gaussians with diagonal covariance from the standard one, per example; Kingma & Welling, "Auto-Encoding Variational
 * Bayes", 2014 (arXiv:1312.6114), appendix B.
 *
 * Shape: mean μ and logVariance ln σ² [N, ...], the same → [] for 'mean' (default) and 'sum' over the examples, [N] for 'none'. float16 of float16, computed in float32 and rounded once;
 * else float32.
 *
 * Throws {@link ShapeError} where the shapes differ.
 *
 * ```ts
 * await gaussianKlDivergence(tensor([[1, 0]]), tensor([[0, 0]])).item();  // 0.5
 * ```
 */
export function gaussianKlDivergence(mean: Tensor, logVariance: Tensor, options: ReductionOptions = {}): Tensor {
  requireTensor('gaussianKlDivergence', 'mean', mean);
  requireTensor('gaussianKlDivergence', 'logVariance', logVariance);
  checkOptions('gaussianKlDivergence', options, reductionOptions);
  requireSameShape('gaussianKlDivergence', { mean, logVariance });
  const losses = fromStandardNormal(mean.to('float32'), logVariance.to('float32'));
  return roundedAs([mean, logVariance], reduce(losses, options.reduction));
}
