import { zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { directionOf, moved, unlessZero } from './direction.ts';

export interface RMSpropSettings {
  /** Default 1e-2. */
  learningRate: number;
  /** How much of the average of squares is kept from step to step. Default 0.99. */
  alpha: number;
  /** Added to the root in the denominator. Default 1e-8. */
  eps: number;
  /** Factor of the parameters that is added to the gradient (an L2 penalty). Default 0. */
  weightDecay: number;
  /** Share of the last update that is kept. Default 0. */
  momentum: number;
  /** Divides by the spread of the gradient in place of its size. Default false. */
  centered: boolean;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type RMSpropOptions = WithGroups<RMSpropSettings>;

type Numbers = {
  readonly rate: number;
  readonly share: number;
  readonly eps: number;
  readonly momentum: number | undefined;
  readonly decay: number | undefined;
};
type Slots = {
  readonly square_avg: Tensor;
  readonly momentum_buffer: Tensor | undefined;
  readonly grad_avg: Tensor | undefined;
};

/**
 * RMSprop (Hinton 2012, lecture 6 of "Neural Networks for Machine Learning"; centered: Graves 2013, arXiv:1308.0850), in PyTorch's form: with the gradient g (to which
 * weightDecay · p is added),
 *
 * v ← α v + (1 − α) g²;  centered: m ← α m + (1 − α) g, and v − m² in place of v;
 * p ← p − learningRate · g / (√v + eps), or with momentum b ← momentum · b + g / (√v + eps); p ← p − learningRate · b.
 *
 * Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new RMSprop([p], { learningRate: 0.25, alpha: 0.75 });
 * optimizer.step([tensor([3, -4])]);
 * await p.toArray();  // [0.5, 2.5]
 * ```
 */
export class RMSprop extends Optimizer<RMSpropSettings, Numbers, Slots> {
  static override readonly type: string = 'RMSprop';

  constructor(parameters: ParameterSource, options: RMSpropOptions = {}) {
    super(parameters, options, {
      learningRate: 1e-2,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
    });
  }

  protected override check(where: string, options: RMSpropSettings): void {
    const { alpha, eps, weightDecay, momentum, centered, maximize } = options;
    requireNonNegative(where, { alpha }, 1);
    requireNonNegative(where, { eps, weightDecay, momentum });
    requireBoolean(where, 'centered', centered);
    requireBoolean(where, 'maximize', maximize);
  }

  protected override initial({ shape }: Tensor, { momentum, centered }: RMSpropSettings): Slots {
    return {
      square_avg: zeros(shape),
      momentum_buffer: momentum > 0 ? zeros(shape) : undefined,
      grad_avg: centered ? zeros(shape) : undefined,
    };
  }

  protected scalars({ learningRate, alpha, eps, momentum, weightDecay }: RMSpropSettings): Numbers {
    return {
      rate: learningRate,
      share: 1 - alpha,
      eps,
      momentum: unlessZero(momentum),
      decay: unlessZero(weightDecay),
    };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { square_avg, momentum_buffer, grad_avg }: Slots,
    { rate, share, eps, momentum, decay }: StepScalars<Numbers>,
    { centered, maximize }: RMSpropSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { decay, maximize });
    const squares = moved(square_avg, direction.square(), share);
    const mean = centered && grad_avg !== undefined ? moved(grad_avg, direction, share) : undefined;
    const variance = mean === undefined ? squares : squares.sub(mean.square());
    const scaled = direction.div(variance.sqrt().add(eps));
    const velocity =
      momentum === undefined || momentum_buffer === undefined ? undefined : momentum_buffer.mul(momentum).add(scaled);
    return {
      parameter: parameter.sub((velocity ?? scaled).mul(rate)),
      state: { square_avg: squares, momentum_buffer: velocity, grad_avg: mean },
    };
  }
}
