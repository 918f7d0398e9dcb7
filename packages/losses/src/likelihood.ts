/** Negative log-likelihoods of counts and of numbers. */
import { composite, ShapeError, type CompositeDefinition, type Tensor } from '@hebb/tensor';
import { between, checkOptions, requireBoolean, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';
import { requireSameShape } from './shapes.ts';

export interface PoissonNllLossOptions extends ReductionOptions {
  /** Whether predictions are ln λ. Default true. */
  logInput?: boolean;
  /** Whether ln y! is added, by Stirling's formula for y > 1 and as 0 for others. Default false. */
  full?: boolean;
  /** Is added to a λ of which the logarithm is taken. Default 1e-8. */
  eps?: number;
}

export interface GaussianNllLossOptions extends ReductionOptions {
  /** Whether ½ ln 2π is added. Default false. */
  full?: boolean;
  /** What a variance is at least, ≥ 0. Default 1e-6. */
  eps?: number;
}

const poissonOptions: OptionNames<PoissonNllLossOptions> = {
  ...reductionOptions,
  logInput: requireBoolean,
  full: requireBoolean,
  eps: between(0, Infinity),
};
const gaussianOptions: OptionNames<GaussianNllLossOptions> = {
  ...reductionOptions,
  full: requireBoolean,
  eps: between(0, Infinity),
};

/**
 * The negative log-likelihood of counts y under Poisson distributions of rate λ, without ln y!: λ − y ln λ, with λ = e^prediction, or with `logInput: false` the prediction itself,
 * λ − y ln(λ + ε); PyTorch's `poisson_nll_loss`.
 *
 * Shape: predictions and targets [...], the same → [] for 'mean' (default) and 'sum', [...] for 'none'. float16 of float16, computed in float32 and rounded once; else
 * float32.
 *
 * Throws {@link ShapeError} where the shapes differ.
 *
 * ```ts
 * await poissonNllLoss(tensor([0, 1]), tensor([2, 1])).item();  // 1.3591409
 * ```
 */
export function poissonNllLoss(predictions: Tensor, targets: Tensor, options: PoissonNllLossOptions = {}): Tensor {
  requireTensor('poissonNllLoss', 'predictions', predictions);
  requireTensor('poissonNllLoss', 'targets', targets);
  checkOptions('poissonNllLoss', options, poissonOptions);
  const { logInput = true, full = false, eps = 1e-8, reduction } = options;
  requireSameShape('poissonNllLoss', { predictions, targets });
  const [x, y] = [predictions.to('float32'), targets.to('float32')];
  const rates = logInput ? x.exp() : x.add(eps);
  const losses = logInput ? rates.sub(y.mul(x)) : x.sub(y.mul(rates.log()));
  const loss = full ? y.greater(1).where(withFactorials(x, y, rates, logInput), losses) : losses;
  return roundedAs([predictions, targets], reduce(loss, reduction));
}

/** λ − y ln λ + y ln y − y + ½ ln 2πy for y > 1, of which the large parts are subtracted before they are multiplied: (λ − y) + y ln(y / λ) + ½ ln 2πy. */
function withFactorials(x: Tensor, y: Tensor, rates: Tensor, logInput: boolean): Tensor {
  const count = y.greater(1).where(y, 1);
  const ratio = logInput ? count.log().sub(x) : count.sub(rates).div(rates).log1p();
  const rest = count
    .mul(2 * Math.PI)
    .log()
    .mul(0.5);
  return (logInput ? rates : x).sub(count).add(count.mul(ratio)).add(rest);
}

/** max(v, ε), NaN of what is negative. Its gradient passes everywhere, as PyTorch's does here. */
const boundedVariance: CompositeDefinition<{ least: number }> = {
  name: 'boundedVariance',
  body: ({ least }, variance) => variance.less(0).where(NaN, variance.maximum(least)),
  gradient: (_, cotangent) => [cotangent],
};

/**
 * The negative log-likelihood ½ (ln v + (prediction − target)² / v) of numbers under Gaussians, with v = max(variance, ε); PyTorch's `gaussian_nll_loss`. The gradient with respect to the
 * variance is that at v.
 *
 * Nix & Weigend, "Estimating the mean and variance of the target probability distribution", 1994.
 *
 * Shape: predictions and targets [..., d], the same; variances of that shape, or [...] or [..., 1] for one per row → [] for 'mean' (default) and 'sum', [..., d] for 'none'. float16 of
 * float16, computed in float32 and rounded once; else float32. Values are on the device, so that a negative variance cannot throw; it makes the loss NaN.
 *
 * Throws {@link ShapeError} where the shapes do not fit.
 *
 * ```ts
 * await gaussianNllLoss(tensor([1, 2]), tensor([1, 4]), tensor([1, 2])).item();  // 0.6732868
 * ```
 */
export function gaussianNllLoss(
  predictions: Tensor,
  targets: Tensor,
  variances: Tensor,
  options: GaussianNllLossOptions = {},
): Tensor {
  requireTensor('gaussianNllLoss', 'predictions', predictions);
  requireTensor('gaussianNllLoss', 'targets', targets);
  requireTensor('gaussianNllLoss', 'variances', variances);
  checkOptions('gaussianNllLoss', options, gaussianOptions);
  const { full = false, eps = 1e-6, reduction } = options;
  requireSameShape('gaussianNllLoss', { predictions, targets });
  const variance = composite(boundedVariance, { least: eps }, [perRow(predictions, variances).to('float32')]);
  const squares = predictions.to('float32').sub(targets.to('float32')).square();
  const losses = variance.log().add(squares.div(variance)).mul(0.5);
  const loss = reduce(full ? losses.add(Math.log(2 * Math.PI) / 2) : losses, reduction);
  return roundedAs([predictions, targets, variances], loss);
}

/** Variances that broadcast to the predictions, along the last axis alone. */
function perRow(predictions: Tensor, variances: Tensor): Tensor {
  const [own, rows] = [variances.shape.join(), predictions.shape.slice(0, -1)];
  if (own === predictions.shape.join()) return variances;
  if (predictions.ndim > 0 && own === rows.join()) return variances.unsqueeze(-1);
  if (predictions.ndim > 0 && own === [...rows, 1].join()) return variances;
  throw new ShapeError(
    `[gaussianNllLoss] variances must have the shape of the predictions ${predictions}, or one for each row, not ${variances}.`,
  );
}
