import { assign, type Tensor } from '@hebb/tensor';
import { checkOptions, requireArray, requireBoolean, type OptionNames } from '@hebb/tensor/arguments';
import { requireNonNegative } from './checks.ts';
import { Optimizer, type ParameterSource } from './optimizer.ts';

export interface AdamOptions {
  /** Default 1e-3. */
  learningRate?: number;
  /** How much of the averages of the gradient and of its square is kept from step to step. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root in the denominator. Default 1e-8. */
  eps?: number;
  /** Default 0.01 for AdamW, 0 for Adam. */
  weightDecay?: number;
  /** Goes up instead of down. Default false. */
  maximize?: boolean;
}

const adamOptions: OptionNames<AdamOptions> = {
  learningRate: true,
  betas: true,
  eps: true,
  weightDecay: true,
  maximize: true,
};

/** Scalars of one step. */
interface StepScalars {
  /** learningRate / (1 − β₁ᵗ). */
  readonly stepSize: Tensor;
  /** √(1 − β₂ᵗ). */
  readonly rootOfCorrection: Tensor;
  /** 1 − learningRate · weightDecay. */
  readonly shrinkage: Tensor;
}

/** Adam and AdamW, which differ only in where the weight decay goes. */
abstract class AdaptiveMoments extends Optimizer {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  readonly maximize: boolean;
  #scalars: StepScalars | undefined;

  constructor(parameters: ParameterSource, options: AdamOptions, defaultDecay: number) {
    checkOptions(new.target.name, options, adamOptions);
    const {
      learningRate = 1e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = defaultDecay,
      maximize = false,
    } = options;
    super(parameters, learningRate, ['exp_avg', 'exp_avg_sq']);
    requireArray(this.constructor.name, 'betas', betas);
    requireBoolean(this.constructor.name, 'maximize', maximize);
    requireNonNegative(this.constructor.name, { eps, weightDecay });
    requireNonNegative(this.constructor.name, { 'betas[0]': betas[0], 'betas[1]': betas[1] }, 1);
    this.betas = betas;
    this.eps = eps;
    this.weightDecay = weightDecay;
    this.maximize = maximize;
  }

  /** Whether the decay shrinks the parameters directly instead of adding to the gradient. */
  protected abstract readonly decoupled: boolean;

  protected prepare(): void {
    const [beta1, beta2] = this.betas;
    // Powers and quotients in double precision on the host: 1 − 0.999ᵗ would lose half of its digits in single precision.
    this.#scalars = {
      stepSize: this.perStep(() => this.learningRate / (1 - beta1 ** this.stepCount)),
      rootOfCorrection: this.perStep(() => Math.sqrt(1 - beta2 ** this.stepCount)),
      shrinkage: this.perStep(() => 1 - this.learningRate * this.weightDecay),
    };
  }

  protected update(parameter: Tensor, gradient: Tensor, state: ReadonlyMap<string, Tensor>): void {
    const {
      betas: [beta1, beta2],
      eps,
      weightDecay,
      decoupled,
    } = this;
    const { stepSize, rootOfCorrection, shrinkage } = this.#scalars as StepScalars;
    const [average, averageSquare] = [state.get('exp_avg') as Tensor, state.get('exp_avg_sq') as Tensor];
    let direction = this.maximize ? gradient.neg() : gradient;
    if (weightDecay !== 0 && !decoupled) direction = direction.add(parameter.mul(weightDecay));
    const first = average.mul(beta1).add(direction.mul(1 - beta1));
    const second = averageSquare.mul(beta2).add(direction.mul(direction).mul(1 - beta2));
    assign(average, first);
    assign(averageSquare, second);
    const shrunk = weightDecay !== 0 && decoupled ? parameter.mul(shrinkage) : parameter;
    const denominator = second.sqrt().div(rootOfCorrection).add(eps);
    assign(parameter, shrunk.sub(first.div(denominator).mul(stepSize)));
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101), in PyTorch's form: at step t with the gradient g,
 *
 * p ← p · (1 − learningRate · weightDecay);  m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;
 * p ← p − learningRate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps).
 *
 * Throws `ArgumentError` for options out of range.
 *
 * ```ts
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new AdamW([p], { learningRate: 0.1, weightDecay: 0 });
 * optimizer.step([tensor([5, -5])]);
 * await p.toArray();  // [0.9, 2.1]
 * ```
 */
export class AdamW extends AdaptiveMoments {
  static override readonly name: string = 'AdamW';

  protected readonly name = 'AdamW';
  protected readonly decoupled = true;

  constructor(parameters: ParameterSource, options: AdamOptions = {}) {
    super(parameters, options, 0.01);
  }
}

/** Adam (Kingma & Ba 2015, arXiv:1412.6980): {@link AdamW} with the weight decay (default 0) added to the gradient as weightDecay · p. */
export class Adam extends AdaptiveMoments {
  static override readonly name: string = 'Adam';

  protected readonly name = 'Adam';
  protected readonly decoupled = false;

  constructor(parameters: ParameterSource, options: AdamOptions = {}) {
    super(parameters, options, 0);
  }
}
