import { zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { directionOf, moved, unlessZero } from './direction.ts';

export interface ASGDSettings {
  /** Default 1e-2. */
  learningRate: number;
  /** How fast the rate falls, and the decay of the parameters. Default 1e-4. */
  lambd: number;
  /** The power by which the rate falls. Default 0.75. */
  alpha: number;
  /** The step from which on the average takes in all values alike; before, it is the last value. Default 1e6. */
  t0: number;
  /** Factor of the parameters that is added to the gradient (an L2 penalty). Default 0. */
  weightDecay: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type ASGDOptions = WithGroups<ASGDSettings>;

type Numbers = {
  readonly rate: number;
  /** 1 − lambd · rate. */
  readonly shrinkage: number;
  /** Of the new value in the average. */
  readonly share: number;
  readonly decay: number | undefined;
};
type Slots = { readonly ax: Tensor };

/**
 * Averaged stochastic gradient descent (Polyak & Juditsky 1992; Xu 2011, arXiv:1107.2490), in PyTorch's form: at step t with the gradient g (to which weightDecay · p is
 * added) and the rate ηₜ = learningRate / (1 + lambd · learningRate · (t − 1))^alpha,
 *
 * p ← p (1 − lambd · ηₜ) − ηₜ g;  ax ← ax + (p − ax) / max(1, t − 1 − t0).
 *
 * The averages are the state `ax`; `SWA` around an `SGD` keeps averages that can take the parameters' place. Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new ASGD({ p }, { learningRate: 0.5, lambd: 0, t0: 0 });
 * for (let t = 1; t <= 3; t++) optimizer.step([tensor([1, 1])]);
 * await p.toArray();  // [-0.5, 0.5]
 * const { ax } = optimizer.stateDict().state.get('p');
 * await ax.toArray();  // [-0.25, 0.75], of the last two
 * ```
 */
export class ASGD extends Optimizer<ASGDSettings, Numbers, Slots> {
  static override readonly type: string = 'ASGD';

  constructor(parameters: ParameterSource, options: ASGDOptions = {}) {
    super(parameters, options, {
      learningRate: 1e-2,
      lambd: 1e-4,
      alpha: 0.75,
      t0: 1e6,
      weightDecay: 0,
      maximize: false,
    });
  }

  protected override check(where: string, { lambd, alpha, t0, weightDecay, maximize }: ASGDSettings): void {
    requireNonNegative(where, { lambd, alpha, t0, weightDecay });
    requireBoolean(where, 'maximize', maximize);
  }

  protected override initial({ shape }: Tensor): Slots {
    return { ax: zeros(shape) };
  }

  protected scalars({ learningRate, lambd, alpha, t0, weightDecay }: ASGDSettings, step: number): Numbers {
    const rate = learningRate / (1 + lambd * learningRate * (step - 1)) ** alpha;
    return {
      rate,
      shrinkage: 1 - lambd * rate,
      share: 1 / Math.max(1, step - 1 - t0),
      decay: unlessZero(weightDecay),
    };
  }

  protected override counted(options: Readonly<ASGDSettings>, step: Tensor, rate: Tensor): Counted<Numbers> {
    const { lambd, alpha, t0 } = options;
    const before = step.sub(1);
    const now = rate.div(before.mul(rate).mul(lambd).add(1).pow(alpha));
    return { rate: now, shrinkage: now.mul(-lambd).add(1), share: before.sub(t0).maximum(1).reciprocal() };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { ax }: Slots,
    { rate, shrinkage, share, decay }: StepScalars<Numbers>,
    { maximize }: ASGDSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { decay, maximize });
    const value = parameter.mul(shrinkage).sub(direction.mul(rate));
    return { parameter: value, state: { ax: moved(ax, value, share) } };
  }
}
