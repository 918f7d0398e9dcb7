import { ArgumentError, assign, scalar, Tensor, variable, tensor, where, type State } from '@hebb/tensor';
import { checkOptions, describe, requireInteger, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import { gradientsIn, namedGradients, type Gradients } from '../gradients.ts';
import {
  stepNow,
  type Conditional,
  type Gathering,
  type GradientChange,
  type TrainingOptimizer,
} from '../training-optimizer.ts';
import { GradientChanges } from './changes.ts';
import { OptimizerWrapper } from './wrapper.ts';

export interface LossScalingOptions {
  /** What losses are multiplied by at first. Default 65,536. */
  initialScale?: number;
  /** What the scale is multiplied by after `growthInterval` good steps. Default 2. */
  growthFactor?: number;
  /** What it is multiplied by after a step with an overflow. Default 0.5. */
  backoffFactor?: number;
  /** Default 2,000. */
  growthInterval?: number;
}

const lossScalingOptions: OptionNames<LossScalingOptions> = {
  initialScale: true,
  growthFactor: true,
  backoffFactor: true,
  growthInterval: true,
};

/**
 * Scales losses so that gradients of float16 neither vanish nor overflow (Micikevicius et al. 2018, arXiv:1710.03740): PyTorch's `GradScaler`, around an optimizer. `minimize` takes the
 * gradients of scale · loss; a step divides them by the scale in float32 and, where one is infinite or NaN, changes neither parameters nor their state and multiplies the scale by
 * `backoffFactor`; after `growthInterval` good steps in a row it is multiplied by `growthFactor`. All of it is graph, so that a compiled step stays one plan and nothing is read.
 *
 * Clipping (of `minimize`) is done to the unscaled gradients. Other wrappers go around this one: `new EMA(new Accumulation(new LossScaling(new AdamW(model)), { steps: 4 }))`.
 * With gradients from elsewhere, take them of {@link scaled}`(loss)`.
 *
 * A step that is left out leaves no trace, as in PyTorch: bias corrections (of Adam) are those of the steps that were taken, which are counted on the device. `stepCount` counts all of them,
 * since it is known on the host; {@link skippedSteps} are those left out.
 *
 * Throws {@link ArgumentError} for options out of range, and around wrappers.
 *
 * ```ts
 * const weight = variable(tensor([1], { dtype: 'float16' }), { requiresGrad: true });
 * const optimizer = new LossScaling(new SGD([weight], { learningRate: 0.5 }), { initialScale: 1024 });
 * minimize(optimizer, () => weight.mul(100).sum());  // 102,400 is infinite in float16
 * await weight.toArray();  // [1]
 * await optimizer.scale.item();  // 512
 * minimize(optimizer, () => weight.mul(100).sum());
 * await weight.toArray();  // [-49]
 * ```
 */
export class LossScaling<T extends TrainingOptimizer & Conditional = TrainingOptimizer & Conditional>
  extends OptimizerWrapper<T>
  implements Gathering
{
  static override readonly type: string = 'LossScaling';

  readonly growthFactor: number;
  readonly backoffFactor: number;
  readonly growthInterval: number;
  /** float32[]: what losses are multiplied by now. */
  readonly scale: Tensor;
  /** float32[]: steps that were left out. */
  readonly skippedSteps: Tensor;
  /** float32[]: good steps since the scale has changed. */
  readonly #goodSteps: Tensor;
  readonly #changes = new GradientChanges();

  constructor(optimizer: T, options: LossScalingOptions = {}) {
    const op = 'LossScaling';
    checkOptions(op, options, lossScalingOptions);
    const { initialScale = 65_536, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    const inside = (name: string, value: number, low: number, high: number): void => {
      if (typeof value === 'number' && value > low && value < high) return;
      const range = high === Infinity ? `> ${low}` : `> ${low} and < ${high}`;
      throw new ArgumentError(`[${op}] ${name} must be a number ${range}, not ${describe(value)}.`);
    };
    inside('initialScale', initialScale, 0, Infinity);
    inside('growthFactor', growthFactor, 1, Infinity);
    inside('backoffFactor', backoffFactor, 0, 1);
    requireInteger(op, 'growthInterval', growthInterval, 1);
    super(optimizer);
    if (typeof (optimizer as Partial<Conditional>).onlyWhere !== 'function') {
      throw wrongArgument(op, 'the optimizer', 'an Optimizer, such as AdamW', optimizer, 'Wrappers go around LossScaling: new EMA(new LossScaling(new AdamW(model))).'); // prettier-ignore
    }
    this.growthFactor = growthFactor;
    this.backoffFactor = backoffFactor;
    this.growthInterval = growthInterval;
    this.scale = variable(tensor(initialScale));
    this.#goodSteps = variable(tensor(0));
    this.skippedSteps = variable(tensor(0));
    optimizer.leavesStepsOut?.();
  }

  /** scale · loss in float32: what gradients for {@link step} are to be taken of. */
  scaled(loss: Tensor): Tensor {
    if (!(loss instanceof Tensor)) throw wrongArgument('LossScaling.scaled', 'the loss', 'a tensor', loss);
    return loss.to('float32').mul(this.scale.detach());
  }

  /** Runs `body`; in steps in it `change` is done to the unscaled gradients. */
  changing<R>(change: GradientChange, body: () => R): R {
    return this.#changes.during(change, body);
  }

  /** As that of the optimizer that is wrapped, by gradients of scale · loss. */
  step(gradients?: Gradients): void {
    const { parameters } = this;
    const op = 'LossScaling.step';
    const given = gradients === undefined ? gradientsIn(op, parameters) : namedGradients(op, parameters, gradients);
    const inverse = this.scale.detach().reciprocal();
    const unscaled = new Map([...given].map(([name, each]) => [name, each.to('float32').mul(inverse)]));
    // NaN is not less than ∞.
    const largest = [...given.values()].map((each) => each.to('float32').abs().max());
    const isGood = largest.reduce((all, each) => all.maximum(each)).less(Infinity);
    const changed = this.#changes.of(unscaled);
    this.optimizer.onlyWhere(isGood, () => stepNow('LossScaling.step', this.optimizer, changed));
    const [scale, good] = [this.scale, this.#goodSteps];
    const counted = good.add(1);
    const isDue = counted.greaterEqual(scalar(() => this.growthInterval));
    const grown = scale.mul(this.growthFactor);
    assign(scale, where(isGood, where(isDue.and(grown.less(Infinity)), grown, scale), scale.mul(this.backoffFactor)));
    assign(good, where(isGood.and(isDue.not()), counted, 0));
    assign(this.skippedSteps, this.skippedSteps.add(where(isGood, 0, 1)));
  }

  protected ownState(): Readonly<Record<string, State>> {
    return { scale: this.scale, goodSteps: this.#goodSteps, skippedSteps: this.skippedSteps };
  }

  protected ownDifferences({ scale, goodSteps, skippedSteps }: Readonly<Record<string, unknown>>): readonly string[] {
    return Object.entries({ scale, goodSteps, skippedSteps }).flatMap(([name, value]) =>
      value instanceof Tensor && value.dtype === 'float32' && value.ndim === 0
        ? []
        : [`${name} must be float32[], not ${describe(value)}`],
    );
  }

  protected loadOwnState(state: Readonly<Record<string, unknown>>): void {
    const own = { scale: this.scale, goodSteps: this.#goodSteps, skippedSteps: this.skippedSteps };
    for (const [name, target] of Object.entries(own)) if (state[name] !== target) assign(target, state[name] as Tensor);
  }
}
