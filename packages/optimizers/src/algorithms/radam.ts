import { where, zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireBetas, requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { complement } from './counts.ts';
import { directionOf, moved, unlessZero } from './direction.ts';

export interface RAdamSettings {
  /** Default 1e-3. */
  learningRate: number;
  /** How much of the averages of the gradient and of its square is kept from step to step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root in the denominator. Default 1e-8. */
  eps: number;
  /** Factor of the parameters that is added to the gradient (an L2 penalty). Default 0. */
  weightDecay: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type RAdamOptions = WithGroups<RAdamSettings>;

type Numbers = {
  readonly share1: number;
  readonly share2: number;
  /** learningRate / (1 − β₁ᵗ), where there is a rectification times r · √(1 − β₂ᵗ). */
  readonly stepSize: number;
  /** 1; 0 in the first steps, which do not divide by the root. */
  readonly rectified: number;
  /** eps; 1 in the first steps. */
  readonly floor: number;
  readonly decay: number | undefined;
};
type Slots = { readonly exp_avg: Tensor; readonly exp_avg_sq: Tensor };

/**
 * Rectified Adam (Liu et al. 2020, arXiv:1908.03265), in PyTorch's form: steps are adaptive as far as the average of squares can be trusted, which takes
 * the place of a warm-up. At step t with the gradient g (to which weightDecay · p is added), ρ∞ = 2 / (1 − β₂) − 1 and ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ),
 *
 * m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  m̂ = m / (1 − β₁ᵗ);
 * p ← p − learningRate · m̂ · r · √(1 − β₂ᵗ) / (√v + eps), r = √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ)), where ρ > 5, else p ← p − learningRate · m̂.
 *
 * Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new RAdam([p], { learningRate: 0.125 });
 * optimizer.step([tensor([4, -4])]);  // the first steps are those of momentum
 * await p.toArray();  // [0.5, 2.5]
 * ```
 */
export class RAdam extends Optimizer<RAdamSettings, Numbers, Slots> {
  static override readonly type: string = 'RAdam';

  constructor(parameters: ParameterSource, options: RAdamOptions = {}) {
    super(parameters, options, { learningRate: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false });
  }

  protected override check(where: string, { betas, eps, weightDecay, maximize }: RAdamSettings): void {
    requireBetas(where, betas);
    requireNonNegative(where, { eps, weightDecay });
    requireBoolean(where, 'maximize', maximize);
  }

  protected override initial({ shape }: Tensor): Slots {
    return { exp_avg: zeros(shape), exp_avg_sq: zeros(shape) };
  }

  protected scalars({ learningRate, betas: [beta1, beta2], eps, weightDecay }: RAdamSettings, step: number): Numbers {
    const longest = 2 / (1 - beta2) - 1;
    const correction = 1 - beta2 ** step;
    const length = longest - (2 * step * beta2 ** step) / correction;
    const rectification =
      length > 5
        ? Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length))
        : undefined;
    return {
      share1: 1 - beta1,
      share2: 1 - beta2,
      stepSize: (learningRate / (1 - beta1 ** step)) * (rectification ?? 1) * (rectification === undefined ? 1 : Math.sqrt(correction)), // prettier-ignore
      rectified: rectification === undefined ? 0 : 1,
      floor: rectification === undefined ? 1 : eps,
      decay: unlessZero(weightDecay),
    };
  }

  protected override counted(options: Readonly<RAdamSettings>, step: Tensor, rate: Tensor): Counted<Numbers> {
    const {
      betas: [beta1, beta2],
      eps,
    } = options;
    const size = rate.div(complement(beta1, step));
    if (beta2 === 0) return { stepSize: size, rectified: step.mul(0), floor: step.mul(0).add(1) };
    // ρ∞ − 2tβ₂ᵗ / (1 − β₂ᵗ) is a small difference of large numbers: with x = −t ln β₂ it is 2 (1 − x / (eˣ − 1)) / −ln β₂, but for a constant.
    const [longest, decay] = [2 / (1 - beta2) - 1, -Math.log(beta2)];
    const x = step.mul(decay);
    const length = lackOfBernoulli(x)
      .mul(2 / decay)
      .add(longest - 2 / decay);
    const isLong = length.greater(5);
    const long = where(isLong, length, 6);
    const rectification = long
      .sub(4)
      .mul(long.sub(2))
      .mul(longest / ((longest - 4) * (longest - 2)))
      .div(long)
      .sqrt();
    return {
      stepSize: size.mul(where(isLong, rectification.mul(complement(beta2, step).sqrt()), 1)),
      rectified: where(isLong, 1, 0),
      floor: where(isLong, eps, 1),
    };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { exp_avg, exp_avg_sq }: Slots,
    { share1, share2, stepSize, rectified, floor, decay }: StepScalars<Numbers>,
    { maximize }: RAdamSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { decay, maximize });
    const first = moved(exp_avg, direction, share1);
    const second = moved(exp_avg_sq, direction.square(), share2);
    const adapted = first.div(second.sqrt().mul(rectified).add(floor));
    return { parameter: parameter.sub(adapted.mul(stepSize)), state: { exp_avg: first, exp_avg_sq: second } };
  }
}

/** 1 − x / (eˣ − 1) for x > 0, by its series where the quotient is near 1. */
function lackOfBernoulli(x: Tensor): Tensor {
  const square = x.square();
  const coefficients = [1 / 1_209_600, -1 / 30_240, 1 / 720, -1 / 12];
  const series = coefficients.reduce(
    (sum: Tensor | undefined, each) => sum?.mul(square).add(each) ?? square.mul(0).add(each),
    undefined,
  );
  return where(x.less(1), (series as Tensor).mul(square).add(x.mul(0.5)), x.div(x.expm1()).neg().add(1));
}
