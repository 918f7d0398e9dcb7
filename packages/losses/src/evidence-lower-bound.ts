/** What variational autoencoders minimise. */
import { ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, requireFinite, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { eachSum, fromStandardNormal } from './divergence.ts';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';
import { requireSameShape } from './shapes.ts';

export interface EvidenceLowerBoundOptions extends ReductionOptions {
  /** Factor of the divergence. Default 1. */
  beta?: number;
}

const boundOptions: OptionNames<EvidenceLowerBoundOptions> = { ...reductionOptions, beta: requireFinite };

/**
 * The negative evidence lower bound of a variational autoencoder, per example: Σ reconstruction + β · KL(N(μ, σ²) ‖ N(0, 1)), with {@link gaussianKlDivergence}. `reconstruction` holds
 * −ln p(x | z) of each element: a loss with `{ reduction: 'none' }`, {@link binaryCrossEntropyWithLogits} for one.
 *
 * Kingma & Welling, "Auto-Encoding Variational Bayes", 2014 (arXiv:1312.6114); Higgins et al., "β-VAE", 2017.
 *
 * Shape: reconstruction [N, ...], mean μ and logVariance ln σ² [N, ...], the same → [] for 'mean' (default) and 'sum' over the examples, [N] for 'none'. float16 of float16, computed in
 * float32 and rounded once; else float32.
 *
 * Throws {@link ShapeError} where mean and logVariance differ, or the reconstruction is of other examples.
 *
 * ```ts
 * const reconstruction = meanSquaredError(tensor([[1, 2]]), tensor([[1, 4]]), { reduction: 'none' });
 * await evidenceLowerBoundLoss(reconstruction, tensor([[1, 0]]), tensor([[0, 0]])).item();  // 4.5
 * ```
 */
export function evidenceLowerBoundLoss(
  reconstruction: Tensor,
  mean: Tensor,
  logVariance: Tensor,
  options: EvidenceLowerBoundOptions = {},
): Tensor {
  requireTensor('evidenceLowerBoundLoss', 'reconstruction', reconstruction);
  requireTensor('evidenceLowerBoundLoss', 'mean', mean);
  requireTensor('evidenceLowerBoundLoss', 'logVariance', logVariance);
  checkOptions('evidenceLowerBoundLoss', options, boundOptions);
  const { beta = 1, reduction } = options;
  requireSameShape('evidenceLowerBoundLoss', { mean, logVariance });
  if (reconstruction.ndim === 0 || reconstruction.shape[0] !== mean.shape[0]) {
    throw new ShapeError(
      `[evidenceLowerBoundLoss] reconstruction ${reconstruction} and mean ${mean} must be of the same examples, the first axis.`,
      { hint: "Losses of elements are made with { reduction: 'none' }." },
    );
  }
  const divergence = fromStandardNormal(mean.to('float32'), logVariance.to('float32'));
  const losses = eachSum(reconstruction.to('float32')).add(divergence.mul(beta));
  return roundedAs([reconstruction, mean, logVariance], reduce(losses, reduction));
}
