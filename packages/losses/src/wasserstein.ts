/** Losses of generative adversarial networks whose critic estimates a Wasserstein distance. */
import { norm, ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, requireFinite, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';
import { requireSameShape } from './shapes.ts';

export interface GradientPenaltyOptions extends ReductionOptions {
  /** The factor λ. Default 10. */
  coefficient?: number;
  /** The norm that gradients should have: 1, or 0 to keep the critic flat. Default 1. */
  norm?: number;
}

const penaltyOptions: OptionNames<GradientPenaltyOptions> = {
  ...reductionOptions,
  coefficient: requireFinite,
  norm: requireFinite,
};

/**
 * D(fake) − D(real), what a critic D minimises; its negative mean estimates the Wasserstein distance of both distributions, as long as the critic's slope is at most 1 ({@link gradientPenalty}).
 *
 * Arjovsky, Chintala & Bottou, "Wasserstein GAN", 2017 (arXiv:1701.07875).
 *
 * Shape: real and fake [...], the critic's scores of as many examples of both → [] for 'mean' (default) and 'sum', [...] for 'none'. float16 of float16, computed in float32 and rounded once;
 * else float32.
 *
 * Throws {@link ShapeError} where the shapes differ.
 *
 * ```ts
 * await wassersteinCriticLoss(tensor([3, 1]), tensor([0, 1])).item();  // -1.5
 * ```
 */
export function wassersteinCriticLoss(real: Tensor, fake: Tensor, options: ReductionOptions = {}): Tensor {
  requireTensor('wassersteinCriticLoss', 'real', real);
  requireTensor('wassersteinCriticLoss', 'fake', fake);
  checkOptions('wassersteinCriticLoss', options, reductionOptions);
  requireSameShape('wassersteinCriticLoss', { real, fake });
  return roundedAs([real, fake], reduce(fake.to('float32').sub(real.to('float32')), options.reduction));
}

/**
 * −D(fake), what a generator minimises against a critic D. Shape: fake [...], the critic's scores → [] for 'mean' (default) and 'sum', [...] for 'none'; dtypes as in
 * {@link wassersteinCriticLoss}.
 *
 * ```ts
 * await wassersteinGeneratorLoss(tensor([0, 1])).item();  // -0.5
 * ```
 */
export function wassersteinGeneratorLoss(fake: Tensor, options: ReductionOptions = {}): Tensor {
  requireTensor('wassersteinGeneratorLoss', 'fake', fake);
  checkOptions('wassersteinGeneratorLoss', options, reductionOptions);
  return roundedAs([fake], reduce(fake.to('float32').neg(), options.reduction));
}

/**
 * λ (‖g‖₂ − 1)² of the gradients g of a critic's scores with respect to its inputs, an example each; usually at random points between real and fake examples. It takes the gradients, so that they
 * may come from anywhere: `grad((x) => critic.forward(x).sum())(lerp(fake, real, rand([n, 1])))` of `@hebb/autograd` gives them as graph, and the penalty has a gradient of its own.
 * The gradient where g is 0 is 0.
 *
 * Gulrajani et al., "Improved Training of Wasserstein GANs", 2017 (arXiv:1704.00028). With `norm: 0` at real examples it is R1 of Mescheder, Geiger & Nowozin 2018 (arXiv:1801.04406).
 *
 * Shape: gradients [N, ...] → [] for 'mean' (default) and 'sum' over the examples, [N] for 'none'. float16 of float16, computed in float32 and rounded once; else float32.
 *
 * Throws {@link ShapeError} for gradients without examples.
 *
 * ```ts
 * await gradientPenalty(tensor([[3, 4], [1, 0]])).item();  // 80
 * ```
 */
export function gradientPenalty(gradients: Tensor, options: GradientPenaltyOptions = {}): Tensor {
  requireTensor('gradientPenalty', 'gradients', gradients);
  checkOptions('gradientPenalty', options, penaltyOptions);
  const { coefficient = 10, norm: wanted = 1, reduction } = options;
  if (gradients.ndim === 0)
    throw new ShapeError(`[gradientPenalty] gradients must be [N, …], an example each, not ${gradients}.`);
  // An axis more, so that there is one to sum over.
  const each = gradients.to('float32').unsqueeze(-1);
  const lengths = norm(each, each.shape.map((_, axis) => axis).slice(1));
  const losses = lengths.sub(wanted).square().mul(coefficient);
  return roundedAs([gradients], reduce(losses, reduction));
}
