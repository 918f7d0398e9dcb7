import { where as choose, zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireBetas, requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { corrections } from './counts.ts';
import { directionOf, moved, unlessZero } from './direction.ts';

export interface LAMBSettings {
  /** Default 1e-3. */
  learningRate: number;
  /** How much of the averages of the gradient and of its square is kept from step to step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root in the denominator. Default 1e-6. */
  eps: number;
  /** Times the parameter, added to the direction before its length is measured. Default 0.01. */
  weightDecay: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type LAMBOptions = WithGroups<LAMBSettings>;

type Numbers = {
  readonly share1: number;
  readonly share2: number;
  readonly rate: number;
  /** √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
  readonly correction: number;
  /** eps · √(1 − β₂ᵗ). */
  readonly eps: number;
  readonly decay: number | undefined;
};
type Slots = { readonly exp_avg: Tensor; readonly exp_avg_sq: Tensor };

/**
 * LAMB (You et al. 2020, arXiv:1904.00962, algorithm 2 with φ(z) = z): Adam whose step in each parameter is as long as the parameter, for batches of thousands of
 * examples. At step t with the gradient g,
 *
 * m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  r = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + eps);
 * u = r + weightDecay · p;  p ← p − learningRate · ‖p‖ / ‖u‖ · u, where a quotient with a norm of 0 is 1.
 *
 * Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([3, 4]), { requiresGrad: true });
 * const optimizer = new LAMB([p], { learningRate: 0.5, weightDecay: 1 });
 * optimizer.step([tensor([0, 0])]);  // u = p
 * await p.toArray();  // [1.5, 2]
 * ```
 */
export class LAMB extends Optimizer<LAMBSettings, Numbers, Slots> {
  static override readonly type: string = 'LAMB';

  constructor(parameters: ParameterSource, options: LAMBOptions = {}) {
    super(parameters, options, {
      learningRate: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-6,
      weightDecay: 0.01,
      maximize: false,
    });
  }

  protected override check(where: string, { betas, eps, weightDecay, maximize }: LAMBSettings): void {
    requireBetas(where, betas);
    requireNonNegative(where, { eps, weightDecay });
    requireBoolean(where, 'maximize', maximize);
  }

  protected override initial({ shape }: Tensor): Slots {
    return { exp_avg: zeros(shape), exp_avg_sq: zeros(shape) };
  }

  protected scalars({ learningRate, betas: [beta1, beta2], eps, weightDecay }: LAMBSettings, step: number): Numbers {
    const root = Math.sqrt(1 - beta2 ** step);
    return {
      share1: 1 - beta1,
      share2: 1 - beta2,
      rate: learningRate,
      correction: root / (1 - beta1 ** step),
      eps: eps * root,
      decay: unlessZero(weightDecay),
    };
  }

  protected override counted(options: Readonly<LAMBSettings>, step: Tensor): Counted<Numbers> {
    return corrections(options, step);
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { exp_avg, exp_avg_sq }: Slots,
    { share1, share2, rate, correction, eps, decay }: StepScalars<Numbers>,
    { maximize }: LAMBSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { maximize });
    const first = moved(exp_avg, direction, share1);
    const second = moved(exp_avg_sq, direction.square(), share2);
    const adapted = first.div(second.sqrt().add(eps)).mul(correction);
    const change = decay === undefined ? adapted : adapted.add(parameter.mul(decay));
    const [length, norm] = [change, parameter].map((each) => each.square().sum().sqrt()) as [Tensor, Tensor];
    const trust = choose(length.minimum(norm).greater(0), norm.div(length), 1);
    return {
      parameter: parameter.sub(change.mul(trust.mul(rate))),
      state: { exp_avg: first, exp_avg_sq: second },
    };
  }
}
