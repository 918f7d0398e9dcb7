import { zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireBetas, requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { corrections } from './counts.ts';
import { directionOf, moved, unlessZero } from './direction.ts';

export interface AdamSettings {
  /** Default 1e-3. */
  learningRate: number;
  /** How much of the averages of the gradient and of its square is kept from step to step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root in the denominator. Default 1e-8. */
  eps: number;
  /** Default 0.01 for AdamW, 0 for Adam. */
  weightDecay: number;
  /** Divides by the largest average of squares so far (Reddi et al. 2018), so that a step never grows because a large gradient is forgotten. Default false. */
  amsgrad: boolean;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type AdamOptions = WithGroups<AdamSettings>;

const defaults: AdamSettings = {
  learningRate: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};

type Numbers = {
  /** 1 − β: how much of the new value enters an average. */
  readonly share1: number;
  readonly share2: number;
  /** learningRate · √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
  readonly stepSize: number;
  /** eps · √(1 − β₂ᵗ). */
  readonly eps: number;
  /** Added to the gradient, times the parameter. */
  readonly decay: number | undefined;
  /** The parameter is multiplied by it: 1 − learningRate · weightDecay. */
  readonly shrinkage: number | undefined;
};
type Slots = {
  readonly exp_avg: Tensor;
  readonly exp_avg_sq: Tensor;
  readonly max_exp_avg_sq: Tensor | undefined;
};

/** Adam and AdamW, which differ only in where the weight decay goes. */
abstract class AdaptiveMoments extends Optimizer<AdamSettings, Numbers, Slots> {
  /** Whether the decay shrinks the parameters directly instead of adding to the gradient. */
  protected abstract readonly decoupled: boolean;

  protected override check(where: string, { betas, eps, weightDecay, amsgrad, maximize }: AdamSettings): void {
    requireBetas(where, betas);
    requireBoolean(where, 'amsgrad', amsgrad);
    requireBoolean(where, 'maximize', maximize);
    requireNonNegative(where, { eps, weightDecay });
  }

  protected override initial({ shape }: Tensor, { amsgrad }: AdamSettings): Slots {
    return {
      exp_avg: zeros(shape),
      exp_avg_sq: zeros(shape),
      max_exp_avg_sq: amsgrad ? zeros(shape) : undefined,
    };
  }

  protected scalars({ learningRate, betas: [beta1, beta2], eps, weightDecay }: AdamSettings, step: number): Numbers {
    // Powers and quotients in double precision: 1 − 0.999ᵗ would lose half of its digits in single precision.
    const root = Math.sqrt(1 - beta2 ** step);
    return {
      share1: 1 - beta1,
      share2: 1 - beta2,
      stepSize: (learningRate * root) / (1 - beta1 ** step),
      eps: eps * root,
      decay: this.decoupled ? undefined : unlessZero(weightDecay),
      shrinkage: weightDecay === 0 || !this.decoupled ? undefined : 1 - learningRate * weightDecay,
    };
  }

  protected override counted(options: Readonly<AdamSettings>, step: Tensor, rate: Tensor): Counted<Numbers> {
    const { correction, eps } = corrections(options, step);
    return { stepSize: correction.mul(rate), eps };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { exp_avg, exp_avg_sq, max_exp_avg_sq }: Slots,
    { share1, share2, stepSize, eps, decay, shrinkage }: StepScalars<Numbers>,
    { amsgrad, maximize }: AdamSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { decay, maximize });
    const first = moved(exp_avg, direction, share1);
    const second = moved(exp_avg_sq, direction.square(), share2);
    const largest = amsgrad ? max_exp_avg_sq?.maximum(second) : undefined;
    const shrunk = shrinkage === undefined ? parameter : parameter.mul(shrinkage);
    return {
      // Both averages are divided by their corrections: numerator and denominator times √(1 − β₂ᵗ).
      parameter: shrunk.sub(first.div((largest ?? second).sqrt().add(eps)).mul(stepSize)),
      state: { exp_avg: first, exp_avg_sq: second, max_exp_avg_sq: largest },
    };
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101), in PyTorch's form: at step t with the gradient g,
 *
 * p ← p · (1 − learningRate · weightDecay);  m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;
 * p ← p − learningRate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps), with `amsgrad` by the largest v so far.
 *
 * Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new AdamW([p], { learningRate: 0.1, weightDecay: 0 });
 * optimizer.step([tensor([5, -5])]);
 * await p.toArray();  // [0.9, 2.1]
 * ```
 */
export class AdamW extends AdaptiveMoments {
  static override readonly type: string = 'AdamW';

  protected readonly decoupled = true;

  constructor(parameters: ParameterSource, options: AdamOptions = {}) {
    super(parameters, options, { ...defaults, weightDecay: 0.01 });
  }
}

/** Adam (Kingma & Ba 2015, arXiv:1412.6980): {@link AdamW} with the weight decay (default 0) added to the gradient as weightDecay · p. */
export class Adam extends AdaptiveMoments {
  static override readonly type: string = 'Adam';

  protected readonly decoupled = false;

  constructor(parameters: ParameterSource, options: AdamOptions = {}) {
    super(parameters, options, defaults);
  }
}
