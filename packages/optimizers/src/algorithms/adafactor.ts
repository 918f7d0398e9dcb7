import { ArgumentError, zeros, type Tensor } from '@hebb/tensor';
import { describe, requireBoolean } from '@hebb/tensor/arguments';
import { requireNonNegative, requirePair } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { directionOf, moved } from './direction.ts';

export interface AdafactorSettings {
  /** The largest step relative to the size of the parameter; from step 1 / learningRate² on it falls as 1 / √t. Default 0.01. */
  learningRate: number;
  /** The averages keep 1 − t^beta2Decay at step t; ≤ 0. Default −0.8. */
  beta2Decay: number;
  /** The least root of a mean square, and the least size of a parameter. Default [2⁻²³, 1e-3]. */
  eps: readonly [number, number];
  /** Root mean square of an update beyond which it is made shorter. Default 1. */
  d: number;
  /** Shrinks the parameters by learningRate · weightDecay. Default 0. */
  weightDecay: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type AdafactorOptions = WithGroups<AdafactorSettings>;

type Numbers = {
  /** t^beta2Decay. */
  readonly share: number;
  /** min(learningRate, 1 / √t). */
  readonly step: number;
  readonly floor: number;
  readonly smallest: number;
  readonly d: number;
  readonly shrinkage: number | undefined;
};
type Slots = {
  /** [..., n, 1] and [..., 1, m] of a parameter [..., n, m]. */
  readonly row_var: Tensor | undefined;
  readonly col_var: Tensor | undefined;
  /** Of a parameter with fewer axes. */
  readonly variance: Tensor | undefined;
};

/** The mean along an axis, which stays. */
const meanOf = (x: Tensor, axis: number): Tensor => x.mean(axis, { keepDims: true });
/** Root of the mean square of all elements. */
const rms = (x: Tensor): Tensor => x.square().mean().sqrt();

/**
 * Adafactor (Shazeer & Stern 2018, arXiv:1804.04235), in PyTorch's form: Adam without momentum that keeps of the squares of a matrix [n, m] the means of rows and columns
 * alone, n + m numbers, and whose rate is relative to the size of the parameter. At step t with the gradient g and s = t^beta2Decay,
 *
 * R ← R + s (mean of g² along rows − R), C likewise of columns, V = R C / mean(R) (for a vector V ← V + s (g² − V));
 * U = g / max(√V, eps[0]);  p ← p (1 − learningRate · weightDecay) − max(eps[1], rms(p)) · min(learningRate, 1 / √t) · U / max(1, rms(U) / d).
 *
 * Of more axes the last two are the matrix. Throws {@link ArgumentError} for options out of range.
 *
 * ```ts
 * const p = variable(tensor([3, -3]), { requiresGrad: true });
 * const optimizer = new Adafactor([p], { learningRate: 0.5 });
 * optimizer.step([tensor([2, 5])]);
 * await p.toArray();  // [1.5, -4.5]
 * ```
 */
export class Adafactor extends Optimizer<AdafactorSettings, Numbers, Slots> {
  static override readonly type: string = 'Adafactor';

  constructor(parameters: ParameterSource, options: AdafactorOptions = {}) {
    super(parameters, options, {
      learningRate: 1e-2,
      beta2Decay: -0.8,
      eps: [2 ** -23, 1e-3],
      d: 1,
      weightDecay: 0,
      maximize: false,
    });
  }

  protected override check(where: string, { beta2Decay, eps, d, weightDecay, maximize }: AdafactorSettings): void {
    requirePair(where, 'eps', eps);
    requireNonNegative(where, { weightDecay });
    requireBoolean(where, 'maximize', maximize);
    if (!(typeof beta2Decay === 'number' && beta2Decay <= 0 && beta2Decay > -Infinity))
      throw new ArgumentError(`[${where}] beta2Decay must be a number ≤ 0, not ${describe(beta2Decay)}.`);
    if (!(typeof d === 'number' && d > 0 && d < Infinity)) throw new ArgumentError(`[${where}] d must be a number > 0, not ${describe(d)}.`); // prettier-ignore
  }

  protected override initial({ shape, ndim }: Tensor): Slots {
    if (ndim < 2) return { row_var: undefined, col_var: undefined, variance: zeros(shape) };
    return {
      row_var: zeros([...shape.slice(0, -1), 1]),
      col_var: zeros([...shape.slice(0, -2), 1, ...shape.slice(-1)]),
      variance: undefined,
    };
  }

  protected scalars(options: AdafactorSettings, step: number): Numbers {
    const { learningRate, beta2Decay, eps, d, weightDecay } = options;
    return {
      share: step ** beta2Decay,
      step: Math.min(learningRate, 1 / Math.sqrt(step)),
      floor: eps[0],
      smallest: eps[1],
      d,
      shrinkage: weightDecay === 0 ? undefined : 1 - learningRate * weightDecay,
    };
  }

  protected override counted(options: Readonly<AdafactorSettings>, step: Tensor, rate: Tensor): Counted<Numbers> {
    return { share: step.pow(options.beta2Decay), step: rate.minimum(step.rsqrt()) };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { row_var, col_var, variance }: Slots,
    { share, step, floor, smallest, d, shrinkage }: StepScalars<Numbers>,
    { maximize }: AdafactorSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { maximize });
    const squares = direction.square();
    const rows = row_var === undefined ? undefined : moved(row_var, meanOf(squares, -1), share);
    const columns = col_var === undefined ? undefined : moved(col_var, meanOf(squares, -2), share);
    const elements = variance === undefined ? undefined : moved(variance, squares, share);
    // A product of roots in place of the root of a product: squares of small gradients would be 0 in single precision.
    const root =
      rows === undefined || columns === undefined
        ? (elements ?? squares).sqrt()
        : rows.div(meanOf(rows, -2).maximum(floor)).sqrt().mul(columns.sqrt());
    const change = direction.div(root.maximum(floor));
    const length = rms(parameter).maximum(smallest).mul(step);
    const shrunk = shrinkage === undefined ? parameter : parameter.mul(shrinkage);
    return {
      parameter: shrunk.sub(change.mul(length.div(rms(change).div(d).maximum(1)))),
      state: { row_var: rows, col_var: columns, variance: elements },
    };
  }
}
