import { ArgumentError, assign, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, type OptionNames, describe } from '@hebb/tensor/arguments';
import { requireNonNegative } from './checks.ts';
import { Optimizer, type ParameterSource } from './optimizer.ts';

export interface SGDOptions {
  /** Default 1e-3. */
  learningRate?: number;
  /** Share of the last update's direction that is kept. Default 0. */
  momentum?: number;
  /** Share of the gradient that does not enter the momentum. Default 0. */
  dampening?: number;
  /** Factor of the parameters that is added to the gradient (an L2 penalty). Default 0. */
  weightDecay?: number;
  /** Looks ahead by one step of momentum (Nesterov). Needs momentum and no dampening. Default false. */
  nesterov?: boolean;
  /** Goes up instead of down. Default false. */
  maximize?: boolean;
}

const sgdOptions: OptionNames<SGDOptions> = {
  learningRate: true,
  momentum: true,
  dampening: true,
  weightDecay: true,
  nesterov: true,
  maximize: true,
};

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
export class SGD extends Optimizer {
  static override readonly name: string = 'SGD';

  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
  readonly maximize: boolean;
  protected readonly name = 'SGD';
  #rate: Tensor | undefined;
  /** 1 − dampening, but 1 at the first step. */
  #share: Tensor | number = 1;

  constructor(parameters: ParameterSource, options: SGDOptions = {}) {
    checkOptions('SGD', options, sgdOptions);
    const {
      learningRate = 1e-3,
      momentum = 0,
      dampening = 0,
      weightDecay = 0,
      nesterov = false,
      maximize = false,
    } = options;
    super(parameters, learningRate, momentum === 0 ? [] : ['momentum_buffer']);
    requireNonNegative('SGD', { momentum, weightDecay });
    requireBoolean('SGD', 'nesterov', nesterov);
    requireBoolean('SGD', 'maximize', maximize);
    if (!Number.isFinite(dampening))
      throw new ArgumentError(`[SGD] dampening must be a number, not ${describe(dampening)}.`);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        `[SGD] nesterov needs momentum > 0 and dampening 0, not momentum ${momentum} and dampening ${dampening}.`,
      );
    }
    this.momentum = momentum;
    this.dampening = dampening;
    this.weightDecay = weightDecay;
    this.nesterov = nesterov;
    this.maximize = maximize;
  }

  protected prepare(): void {
    this.#rate = this.perStep(() => this.learningRate);
    if (this.momentum !== 0 && this.dampening !== 0)
      this.#share = this.perStep(() => (this.stepCount === 1 ? 1 : 1 - this.dampening));
  }

  protected update(parameter: Tensor, gradient: Tensor, state: ReadonlyMap<string, Tensor>): void {
    const { momentum, weightDecay } = this;
    let direction = this.maximize ? gradient.neg() : gradient;
    if (weightDecay !== 0) direction = direction.add(parameter.mul(weightDecay));
    const buffer = state.get('momentum_buffer');
    if (buffer !== undefined) {
      const share = this.#share === 1 ? direction : direction.mul(this.#share);
      const moved = buffer.mul(momentum).add(share);
      assign(buffer, moved);
      direction = this.nesterov ? direction.add(moved.mul(momentum)) : moved;
    }
    assign(parameter, parameter.sub(direction.mul(this.#rate as Tensor)));
  }
}
