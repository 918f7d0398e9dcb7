import { zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireBetas, requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { directionOf, moved } from './direction.ts';

export interface LionSettings {
  /** Default 1e-4: a third to a tenth of AdamW's. */
  learningRate: number;
  /** How much of the average enters the direction of a step, and how much of it is kept. Default [0.9, 0.99]. */
  betas: readonly [number, number];
  /** Shrinks the parameters by learningRate · weightDecay: three to ten times AdamW's. Default 0. */
  weightDecay: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type LionOptions = WithGroups<LionSettings>;

type Numbers = {
  readonly rate: number;
  readonly share1: number;
  readonly share2: number;
  /** 1 − learningRate · weightDecay. */
  readonly shrinkage: number | undefined;
};
type Slots = { readonly exp_avg: Tensor };

/**
 * Lion (Chen et al. 2023, arXiv:2302.06675): steps of one size, by the sign of momentum, with one tensor of state where Adam has two. With the gradient g,
 *
 * p ← p (1 − learningRate · weightDecay) − learningRate · sign(β₁ m + (1 − β₁) g);  m ← β₂ m + (1 − β₂) g.
 *
 * For large batches. Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new Lion([p], { learningRate: 0.5 });
 * optimizer.step([tensor([3, -4])]);
 * await p.toArray();  // [0.5, 2.5]
 * ```
 */
export class Lion extends Optimizer<LionSettings, Numbers, Slots> {
  static override readonly type: string = 'Lion';

  constructor(parameters: ParameterSource, options: LionOptions = {}) {
    super(parameters, options, { learningRate: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false });
  }

  protected override check(where: string, { betas, weightDecay, maximize }: LionSettings): void {
    requireBetas(where, betas);
    requireNonNegative(where, { weightDecay });
    requireBoolean(where, 'maximize', maximize);
  }

  protected override initial({ shape }: Tensor): Slots {
    return { exp_avg: zeros(shape) };
  }

  protected scalars({ learningRate, betas: [beta1, beta2], weightDecay }: LionSettings): Numbers {
    return {
      rate: learningRate,
      share1: 1 - beta1,
      share2: 1 - beta2,
      shrinkage: weightDecay === 0 ? undefined : 1 - learningRate * weightDecay,
    };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { exp_avg }: Slots,
    { rate, share1, share2, shrinkage }: StepScalars<Numbers>,
    { maximize }: LionSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { maximize });
    const shrunk = shrinkage === undefined ? parameter : parameter.mul(shrinkage);
    return {
      parameter: shrunk.sub(moved(exp_avg, direction, share1).sign().mul(rate)),
      state: { exp_avg: moved(exp_avg, direction, share2) },
    };
  }
}
