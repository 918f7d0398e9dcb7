import { any, notEqual, where, zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { requireBetas, requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { corrections } from './counts.ts';
import { directionOf, moved } from './direction.ts';

export interface SparseAdamSettings {
  /** Default 1e-3. */
  learningRate: number;
  /** How much of the averages of the gradient and of its square is kept from one step with a gradient to the next. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root in the denominator. Default 1e-8. */
  eps: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type SparseAdamOptions = WithGroups<SparseAdamSettings>;

type Numbers = {
  /** 1 − β: how much of the new value enters an average. */
  readonly share1: number;
  readonly share2: number;
  /** learningRate · √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
  readonly stepSize: number;
  readonly eps: number;
};
type Slots = { readonly exp_avg: Tensor; readonly exp_avg_sq: Tensor };

/**
 * Adam for tables of which a step reads a few rows, in PyTorch's form: a row (along the first axis) without a gradient stays what it is, and so do its averages, where {@link Adam} would move it
 * on by what it remembers. For rows with a gradient g at step t,
 *
 * m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  p ← p − learningRate · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + eps).
 *
 * PyTorch tells rows with a gradient by sparse tensors. Gradients here are of the whole table, and a row of zeros is one without: what differs is a row that was looked up and has a gradient of exactly 0, whose averages
 * PyTorch lets decay. Corrections count all steps, as there. A scalar is one row.
 *
 * Throws `ArgumentError` for options out of range; there is no weight decay, as in PyTorch.
 *
 * ```ts
 * const table = variable(tensor([[1, 2], [3, 4]]), { requiresGrad: true });
 * const optimizer = new SparseAdam([table], { learningRate: 0.5 });
 * optimizer.step([tensor([[5, -5], [0, 0]])]);
 * await table.toArray();  // [[0.5, 2.5], [3, 4]]
 * ```
 */
export class SparseAdam extends Optimizer<SparseAdamSettings, Numbers, Slots> {
  static override readonly type: string = 'SparseAdam';

  constructor(parameters: ParameterSource, options: SparseAdamOptions = {}) {
    super(parameters, options, { learningRate: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false });
  }

  protected override check(where: string, { betas, eps, maximize }: SparseAdamSettings): void {
    requireBetas(where, betas);
    requireNonNegative(where, { eps });
    requireBoolean(where, 'maximize', maximize);
  }

  protected override initial({ shape }: Tensor): Slots {
    return { exp_avg: zeros(shape), exp_avg_sq: zeros(shape) };
  }

  protected scalars({ learningRate, betas: [beta1, beta2], eps }: SparseAdamSettings, step: number): Numbers {
    return {
      share1: 1 - beta1,
      share2: 1 - beta2,
      stepSize: (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step),
      eps,
    };
  }

  protected override counted(options: Readonly<SparseAdamSettings>, step: Tensor, rate: Tensor): Counted<Numbers> {
    return { stepSize: corrections(options, step).correction.mul(rate) };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { exp_avg, exp_avg_sq }: Slots,
    { share1, share2, stepSize, eps }: StepScalars<Numbers>,
    { maximize }: SparseAdamSettings,
  ): Update<Slots> {
    const axes = parameter.shape.map((_, axis) => axis).slice(1);
    const differs = notEqual(gradient, 0);
    const isThere = axes.length === 0 ? differs : any(differs, axes, { keepDims: true });
    const direction = directionOf(parameter, gradient, { maximize });
    const first = where(isThere, moved(exp_avg, direction, share1), exp_avg);
    const second = where(isThere, moved(exp_avg_sq, direction.square(), share2), exp_avg_sq);
    const change = first.div(second.sqrt().add(eps)).mul(stepSize);
    return {
      parameter: where(isThere, parameter.sub(change), parameter),
      state: { exp_avg: first, exp_avg_sq: second },
    };
  }
}
