import { full, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { directionOf, unlessZero } from './direction.ts';

export interface AdagradSettings {
  /** Default 1e-2. */
  learningRate: number;
  /** The rate of step t is learningRate / (1 + (t − 1) · lrDecay). Default 0. */
  lrDecay: number;
  /** Factor of the parameters that is added to the gradient (an L2 penalty). Default 0. */
  weightDecay: number;
  /** The sum of squares before the first step. Default 0. */
  initialAccumulatorValue: number;
  /** Added to the root in the denominator. Default 1e-10. */
  eps: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type AdagradOptions = WithGroups<AdagradSettings>;

type Numbers = { readonly rate: number; readonly eps: number; readonly decay: number | undefined };
type Slots = { readonly sum: Tensor };

/**
 * Adagrad (Duchi, Hazan & Singer 2011), in PyTorch's form: at step t with the gradient g (to which weightDecay · p is added),
 *
 * s ← s + g²;  p ← p − learningRate / (1 + (t − 1) · lrDecay) · g / (√s + eps).
 *
 * Parameters with rare gradients take long steps: for sparse features and embeddings. Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new Adagrad([p], { learningRate: 0.5 });
 * optimizer.step([tensor([3, -4])]);
 * await p.toArray();  // [0.5, 2.5]
 * ```
 */
export class Adagrad extends Optimizer<AdagradSettings, Numbers, Slots> {
  static override readonly type: string = 'Adagrad';

  constructor(parameters: ParameterSource, options: AdagradOptions = {}) {
    super(parameters, options, {
      learningRate: 1e-2,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      maximize: false,
    });
  }

  protected override check(where: string, { maximize, ...numbers }: AdagradSettings): void {
    const { lrDecay, weightDecay, initialAccumulatorValue, eps } = numbers;
    requireNonNegative(where, { lrDecay, weightDecay, initialAccumulatorValue, eps });
    requireBoolean(where, 'maximize', maximize);
  }

  protected override initial({ shape }: Tensor, { initialAccumulatorValue }: AdagradSettings): Slots {
    return { sum: full(shape, initialAccumulatorValue) };
  }

  protected scalars({ learningRate, lrDecay, weightDecay, eps }: AdagradSettings, step: number): Numbers {
    return { rate: learningRate / (1 + (step - 1) * lrDecay), eps, decay: unlessZero(weightDecay) };
  }

  protected override counted({ lrDecay }: Readonly<AdagradSettings>, step: Tensor, rate: Tensor): Counted<Numbers> {
    return lrDecay === 0 ? {} : { rate: rate.div(step.sub(1).mul(lrDecay).add(1)) };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { sum }: Slots,
    { rate, eps, decay }: StepScalars<Numbers>,
    { maximize }: AdagradSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { decay, maximize });
    const squares = sum.add(direction.square());
    return { parameter: parameter.sub(direction.div(squares.sqrt().add(eps)).mul(rate)), state: { sum: squares } };
  }
}
