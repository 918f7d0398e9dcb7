import { zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { directionOf, moved, unlessZero } from './direction.ts';

export interface AdadeltaSettings {
  /** What the steps are multiplied by. Default 1. */
  learningRate: number;
  /** How much of the averages of squares is kept from step to step. Default 0.9. */
  rho: number;
  /** Added under both roots: it sets the size of the first steps. Default 1e-6. */
  eps: number;
  /** Factor of the parameters that is added to the gradient (an L2 penalty). Default 0. */
  weightDecay: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type AdadeltaOptions = WithGroups<AdadeltaSettings>;

type Numbers = {
  readonly rate: number;
  readonly share: number;
  readonly eps: number;
  readonly decay: number | undefined;
};
type Slots = { readonly square_avg: Tensor; readonly acc_delta: Tensor };

/**
 * Adadelta (Zeiler 2012, arXiv:1212.5701), in PyTorch's form: with the gradient g (to which weightDecay · p is added),
 *
 * v ← ρ v + (1 − ρ) g²;  Δ = √(u + eps) / √(v + eps) · g;  u ← ρ u + (1 − ρ) Δ²;  p ← p − learningRate · Δ.
 *
 * Steps have the unit of the parameters, so that there is no rate to be found. Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new Adadelta([p], { rho: 0.75, eps: 1 });
 * optimizer.step([tensor([0, 0])]);
 * await p.toArray();  // [1, 2]
 * ```
 */
export class Adadelta extends Optimizer<AdadeltaSettings, Numbers, Slots> {
  static override readonly type: string = 'Adadelta';

  constructor(parameters: ParameterSource, options: AdadeltaOptions = {}) {
    super(parameters, options, { learningRate: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false });
  }

  protected override check(where: string, { rho, eps, weightDecay, maximize }: AdadeltaSettings): void {
    requireNonNegative(where, { rho }, 1);
    requireNonNegative(where, { eps, weightDecay });
    requireBoolean(where, 'maximize', maximize);
  }

  protected override initial({ shape }: Tensor): Slots {
    return { square_avg: zeros(shape), acc_delta: zeros(shape) };
  }

  protected scalars({ learningRate, rho, eps, weightDecay }: AdadeltaSettings): Numbers {
    return { rate: learningRate, share: 1 - rho, eps, decay: unlessZero(weightDecay) };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { square_avg, acc_delta }: Slots,
    { rate, share, eps, decay }: StepScalars<Numbers>,
    { maximize }: AdadeltaSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { decay, maximize });
    const squares = moved(square_avg, direction.square(), share);
    const delta = acc_delta.add(eps).sqrt().div(squares.add(eps).sqrt()).mul(direction);
    return {
      parameter: parameter.sub(delta.mul(rate)),
      state: { square_avg: squares, acc_delta: moved(acc_delta, delta.square(), share) },
    };
  }
}
