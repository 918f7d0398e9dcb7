import { ArgumentError, where, zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requirePair } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { directionOf } from './direction.ts';

export interface RpropSettings {
  /** The size of every parameter's first step. Default 1e-2. */
  learningRate: number;
  /** What the size of a step is multiplied by where the gradient has changed its sign, and where it has kept it. Default [0.5, 1.2]. */
  etas: readonly [number, number];
  /** The smallest and the largest step. Default [1e-6, 50]. */
  stepSizes: readonly [number, number];
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type RpropOptions = WithGroups<RpropSettings>;

type Numbers = {
  /** Added to the sizes, which are 0 before the first step: the rate there, and 0 ever after. */
  readonly first: number;
  readonly shrinking: number;
  readonly growing: number;
  readonly smallest: number;
  readonly largest: number;
};
type Slots = { readonly prev: Tensor; readonly step_size: Tensor };

/**
 * Rprop (Riedmiller & Braun 1993), in PyTorch's form: every element has a step size η of its own, at first the learning rate, and goes by the sign of its
 * gradient g alone; with the last gradient g′,
 *
 * η ← η · etas[1] where g g′ > 0, η · etas[0] where g g′ < 0 (there g ← 0), within `stepSizes`;  p ← p − sign(g) η.
 *
 * For gradients of all data at once: those of small batches change their signs by chance. The rate counts in the first step alone. Throws `ArgumentError` for options
 * out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new Rprop([p], { learningRate: 0.5 });
 * optimizer.step([tensor([3, -4])]);
 * await p.toArray();  // [0.5, 2.5]
 * ```
 */
export class Rprop extends Optimizer<RpropSettings, Numbers, Slots> {
  static override readonly type: string = 'Rprop';

  constructor(parameters: ParameterSource, options: RpropOptions = {}) {
    super(parameters, options, { learningRate: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false });
  }

  protected override check(place: string, { etas, stepSizes, maximize }: RpropSettings): void {
    requirePair(place, 'etas', etas);
    requirePair(place, 'stepSizes', stepSizes);
    requireBoolean(place, 'maximize', maximize);
    if (!(etas[0] > 0 && etas[0] < 1 && etas[1] > 1 && etas[1] < Infinity))
      throw new ArgumentError(`[${place}] etas must be a number in (0, 1) and one > 1, not [${etas.join(', ')}].`);
    if (stepSizes[0] > stepSizes[1])
      throw new ArgumentError(`[${place}] stepSizes must be ascending, not [${stepSizes.join(', ')}].`);
  }

  protected override initial({ shape }: Tensor): Slots {
    return { prev: zeros(shape), step_size: zeros(shape) };
  }

  protected scalars({ learningRate, etas, stepSizes }: RpropSettings, step: number): Numbers {
    return {
      first: step === 1 ? learningRate : 0,
      shrinking: etas[0],
      growing: etas[1],
      smallest: stepSizes[0],
      largest: stepSizes[1],
    };
  }

  protected override counted(_: Readonly<RpropSettings>, step: Tensor, rate: Tensor): Counted<Numbers> {
    return { first: where(step.equal(1), rate, 0) };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { prev, step_size }: Slots,
    { first, shrinking, growing, smallest, largest }: StepScalars<Numbers>,
    { maximize }: RpropSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { maximize });
    // Signs, since a product of small gradients may be 0.
    const agreement = direction.sign().mul(prev.sign());
    const factor = where(agreement.greater(0), growing, where(agreement.less(0), shrinking, 1));
    const size = step_size.add(first).mul(factor).maximum(smallest).minimum(largest);
    const kept = where(agreement.less(0), 0, direction);
    return { parameter: parameter.sub(kept.sign().mul(size)), state: { prev: kept, step_size: size } };
  }
}
