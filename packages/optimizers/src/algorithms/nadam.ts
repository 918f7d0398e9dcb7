import { ones, zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireBetas, requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { complement } from './counts.ts';
import { directionOf, moved, unlessZero } from './direction.ts';

export interface NAdamSettings {
  /** Default 2e-3. */
  learningRate: number;
  /** How much of the averages of the gradient and of its square is kept from step to step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root in the denominator. Default 1e-8. */
  eps: number;
  /** Factor of the parameters that is added to the gradient (an L2 penalty). Default 0. */
  weightDecay: number;
  /** How fast the momentum rises from half of β₁ to β₁. Default 4e-3. */
  momentumDecay: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type NAdamOptions = WithGroups<NAdamSettings>;

type Numbers = {
  readonly share1: number;
  readonly share2: number;
  /** μₜ and μₜ₊₁. */
  readonly momentum: number;
  readonly nextMomentum: number;
  readonly rate: number;
  /** √(1 − β₂ᵗ). */
  readonly root: number;
  readonly eps: number;
  readonly decay: number | undefined;
};
type Slots = { readonly exp_avg: Tensor; readonly exp_avg_sq: Tensor; readonly mu_product: Tensor };

/**
 * Adam with Nesterov's momentum (Dozat 2016, "Incorporating Nesterov Momentum into Adam"), in PyTorch's form: at step t with the gradient g (to which
 * weightDecay · p is added), μₜ = β₁ (1 − ½ · 0.96^(t · momentumDecay)) and their product Πₜ = μ₁ … μₜ,
 *
 * m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;
 * p ← p − learningRate · ((1 − μₜ) / (1 − Πₜ) · g + μₜ₊₁ / (1 − Πₜ₊₁) · m) / (√(v / (1 − β₂ᵗ)) + eps).
 *
 * (PyTorch before 2.0 multiplies Πₜ₊₁ by μₜ once more than the formula.) Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new NAdam([p], { learningRate: 0.1 });
 * optimizer.step([tensor([5, -5])]);
 * (await p.toArray())[0] < 0.9;  // true
 * ```
 */
export class NAdam extends Optimizer<NAdamSettings, Numbers, Slots> {
  static override readonly type: string = 'NAdam';

  constructor(parameters: ParameterSource, options: NAdamOptions = {}) {
    super(parameters, options, {
      learningRate: 2e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      momentumDecay: 4e-3,
      maximize: false,
    });
  }

  protected override check(where: string, options: NAdamSettings): void {
    const { betas, eps, weightDecay, momentumDecay, maximize } = options;
    requireBetas(where, betas);
    requireNonNegative(where, { eps, weightDecay, momentumDecay });
    requireBoolean(where, 'maximize', maximize);
  }

  protected override initial({ shape }: Tensor): Slots {
    return { exp_avg: zeros(shape), exp_avg_sq: zeros(shape), mu_product: ones([]) };
  }

  protected scalars(options: NAdamSettings, step: number): Numbers {
    const {
      learningRate,
      betas: [beta1, beta2],
      eps,
      weightDecay,
      momentumDecay,
    } = options;
    const momentum = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    return {
      share1: 1 - beta1,
      share2: 1 - beta2,
      momentum: momentum(step),
      nextMomentum: momentum(step + 1),
      rate: learningRate,
      root: Math.sqrt(1 - beta2 ** step),
      eps,
      decay: unlessZero(weightDecay),
    };
  }

  protected override counted(options: Readonly<NAdamSettings>, step: Tensor): Counted<Numbers> {
    const {
      betas: [beta1, beta2],
      momentumDecay,
    } = options;
    const momentum = (t: Tensor): Tensor =>
      t
        .mul(momentumDecay * Math.log(0.96))
        .exp()
        .mul(-0.5)
        .add(1)
        .mul(beta1);
    return { momentum: momentum(step), nextMomentum: momentum(step.add(1)), root: complement(beta2, step).sqrt() };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { exp_avg, exp_avg_sq, mu_product }: Slots,
    { share1, share2, momentum, nextMomentum, rate, root, eps, decay }: StepScalars<Numbers>,
    { maximize }: NAdamSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { decay, maximize });
    const first = moved(exp_avg, direction, share1);
    const second = moved(exp_avg_sq, direction.square(), share2);
    const product = mu_product.mul(momentum);
    const shareOfGradient = momentum.neg().add(1).div(product.neg().add(1));
    const shareOfAverage = nextMomentum.div(product.mul(nextMomentum).neg().add(1));
    const ahead = direction.mul(shareOfGradient).add(first.mul(shareOfAverage));
    return {
      parameter: parameter.sub(ahead.div(second.sqrt().div(root).add(eps)).mul(rate)),
      state: { exp_avg: first, exp_avg_sq: second, mu_product: product },
    };
  }
}
