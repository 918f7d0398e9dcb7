import { zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireBetas, requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { complement } from './counts.ts';
import { directionOf, moved, unlessZero } from './direction.ts';

export interface AdamaxSettings {
  /** Default 2e-3. */
  learningRate: number;
  /** How much of the average of the gradient and of its largest size is kept from step to step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the size of the gradient. Default 1e-8. */
  eps: number;
  /** Factor of the parameters that is added to the gradient (an L2 penalty). Default 0. */
  weightDecay: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type AdamaxOptions = WithGroups<AdamaxSettings>;

type Numbers = {
  readonly share: number;
  readonly beta2: number;
  readonly eps: number;
  /** learningRate / (1 − β₁ᵗ). */
  readonly stepSize: number;
  readonly decay: number | undefined;
};
type Slots = { readonly exp_avg: Tensor; readonly exp_inf: Tensor };

/**
 * Adam by the largest gradient in place of the mean square (Kingma & Ba 2015, section 7, arXiv:1412.6980), in PyTorch's form: at step t with the
 * gradient g (to which weightDecay · p is added),
 *
 * m ← β₁ m + (1 − β₁) g;  u ← max(β₂ u, |g| + eps);  p ← p − learningRate / (1 − β₁ᵗ) · m / u.
 *
 * A step is never much longer than the learning rate, and rare large gradients (of embeddings) are not forgotten soon. Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new Adamax([p], { learningRate: 0.5 });
 * optimizer.step([tensor([5, -5])]);
 * await p.toArray();  // [0.5, 2.5]
 * ```
 */
export class Adamax extends Optimizer<AdamaxSettings, Numbers, Slots> {
  static override readonly type: string = 'Adamax';

  constructor(parameters: ParameterSource, options: AdamaxOptions = {}) {
    super(parameters, options, { learningRate: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false });
  }

  protected override check(where: string, { betas, eps, weightDecay, maximize }: AdamaxSettings): void {
    requireBetas(where, betas);
    requireNonNegative(where, { eps, weightDecay });
    requireBoolean(where, 'maximize', maximize);
  }

  protected override initial({ shape }: Tensor): Slots {
    return { exp_avg: zeros(shape), exp_inf: zeros(shape) };
  }

  protected scalars({ learningRate, betas: [beta1, beta2], eps, weightDecay }: AdamaxSettings, step: number): Numbers {
    return {
      share: 1 - beta1,
      beta2,
      eps,
      stepSize: learningRate / (1 - beta1 ** step),
      decay: unlessZero(weightDecay),
    };
  }

  protected override counted(options: Readonly<AdamaxSettings>, step: Tensor, rate: Tensor): Counted<Numbers> {
    return { stepSize: rate.div(complement(options.betas[0], step)) };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { exp_avg, exp_inf }: Slots,
    { share, beta2, eps, stepSize, decay }: StepScalars<Numbers>,
    { maximize }: AdamaxSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { decay, maximize });
    const average = moved(exp_avg, direction, share);
    const largest = exp_inf.mul(beta2).maximum(direction.abs().add(eps));
    return {
      parameter: parameter.sub(average.div(largest).mul(stepSize)),
      state: { exp_avg: average, exp_inf: largest },
    };
  }
}
