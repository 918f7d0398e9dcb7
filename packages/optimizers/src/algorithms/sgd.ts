import { ArgumentError, where, zeros, type Tensor } from '@hebb/tensor';
import { describe, requireBoolean } from '@hebb/tensor/arguments';
import { requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { directionOf, unlessZero } from './direction.ts';

export interface SGDSettings {
  /** Default 1e-3. */
  learningRate: number;
  /** Share of the last update's direction that is kept. Default 0. */
  momentum: number;
  /** Share of the gradient that does not enter the momentum. Default 0. */
  dampening: number;
  /** Factor of the parameters that is added to the gradient (an L2 penalty). Default 0. */
  weightDecay: number;
  /** Looks ahead by one step of momentum (Nesterov). Needs momentum and no dampening. Default false. */
  nesterov: boolean;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type SGDOptions = WithGroups<SGDSettings>;

const defaults: SGDSettings = {
  learningRate: 1e-3,
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  maximize: false,
};

type Numbers = {
  readonly rate: number;
  readonly weightDecay: number | undefined;
  readonly momentum: number | undefined;
  /** 1 − dampening, but 1 at the first step. */
  readonly share: number | undefined;
};
type Slots = { readonly momentum_buffer: Tensor | undefined };

/**
 * Stochastic gradient descent, in PyTorch's form (Sutskever et al. 2013): with the gradient g (negative where `maximize`),
 *
 * g ← g + weightDecay · p;  b ← momentum · b + (1 − dampening) · g  (b ← g at the first step);
 * p ← p − learningRate · b, or with Nesterov p − learningRate · (g + momentum · b), or without momentum p − learningRate · g.
 *
 * Throws {@link ArgumentError} for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new SGD([p], { learningRate: 0.5 });
 * optimizer.step([tensor([1, 1])]);
 * await p.toArray();  // [0.5, 1.5]
 * ```
 */
export class SGD extends Optimizer<SGDSettings, Numbers, Slots> {
  static override readonly type: string = 'SGD';

  constructor(parameters: ParameterSource, options: SGDOptions = {}) {
    super(parameters, options, defaults);
  }

  protected override check(where: string, options: SGDSettings): void {
    const { momentum, dampening, weightDecay, nesterov, maximize } = options;
    requireNonNegative(where, { momentum, weightDecay });
    requireBoolean(where, 'nesterov', nesterov);
    requireBoolean(where, 'maximize', maximize);
    if (!Number.isFinite(dampening))
      throw new ArgumentError(`[${where}] dampening must be a number, not ${describe(dampening)}.`);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        `[${where}] nesterov needs momentum > 0 and dampening 0, not momentum ${momentum} and dampening ${dampening}.`,
      );
    }
  }

  protected override initial({ shape }: Tensor, { momentum }: SGDSettings): Slots {
    return { momentum_buffer: momentum === 0 ? undefined : zeros(shape) };
  }

  protected scalars({ learningRate, momentum, dampening, weightDecay }: SGDSettings, step: number): Numbers {
    return {
      rate: learningRate,
      weightDecay: unlessZero(weightDecay),
      momentum: unlessZero(momentum),
      share: momentum === 0 || dampening === 0 ? undefined : step === 1 ? 1 : 1 - dampening,
    };
  }

  protected override counted(options: Readonly<SGDSettings>, step: Tensor): Counted<Numbers> {
    const { momentum, dampening } = options;
    return momentum === 0 || dampening === 0 ? {} : { share: where(step.equal(1), 1, 1 - dampening) };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { momentum_buffer: buffer }: Slots,
    { rate, weightDecay, momentum, share }: StepScalars<Numbers>,
    { nesterov, maximize }: SGDSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { decay: weightDecay, maximize });
    if (momentum === undefined || buffer === undefined) return { parameter: parameter.sub(direction.mul(rate)) };
    const velocity = buffer.mul(momentum).add(share === undefined ? direction : direction.mul(share));
    const ahead = nesterov ? direction.add(velocity.mul(momentum)) : velocity;
    return { parameter: parameter.sub(ahead.mul(rate)), state: { momentum_buffer: velocity } };
  }
}
