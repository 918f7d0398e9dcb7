import { assign, zerosLike, type State, type Tensor } from '@hebb/tensor';
import { requireInteger, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { gradientsIn, namedGradients, type Gradients } from '../gradients.ts';
import { Clock } from '../clock.ts';
import { isCount } from '../state.ts';
import { stepNow, type Gathering, type GradientChange, type TrainingOptimizer } from '../training-optimizer.ts';
import { GradientChanges } from './changes.ts';
import { KeptTensors } from './tensors.ts';
import { allParametersOf, OptimizerWrapper } from './wrapper.ts';

export interface AccumulationOptions {
  /** Calls of `step` for one update. */
  steps: number;
}

const accumulationOptions: OptionNames<AccumulationOptions> = { steps: true };

/**
 * Gathers gradients: every `steps`-th call of `step` updates the parameters, by the mean of the gradients since the last update. With batches of
 * one size that is a step on a batch of `steps` times that size, in the memory of one. Clipping (of `minimize`) is done to the mean.
 * {@link stepCount} counts updates.
 *
 * ```ts
 * const weight = variable(tensor([8]), { requiresGrad: true });
 * const optimizer = new Accumulation(new SGD([weight], { learningRate: 1 }), { steps: 2 });
 * optimizer.step([tensor([1])]);
 * await weight.toArray();  // [8]
 * optimizer.step([tensor([3])]);
 * await weight.toArray();  // [6]
 * ```
 */
export class Accumulation<T extends TrainingOptimizer = TrainingOptimizer>
  extends OptimizerWrapper<T>
  implements Gathering
{
  static override readonly type: string = 'Accumulation';

  readonly steps: number;
  /** Counts calls. */
  readonly #clock = new Clock();
  readonly #sums: KeptTensors;
  readonly #changes = new GradientChanges();

  constructor(optimizer: T, options: AccumulationOptions) {
    requireOptions('Accumulation', options, accumulationOptions);
    requireInteger('Accumulation', 'steps', options.steps, 1);
    super(optimizer);
    this.steps = options.steps;
    this.#sums = new KeptTensors(allParametersOf(optimizer), { endsStep: true });
  }

  /** Runs `body`; where a step in it completes a mean, `change` is done to that: `minimize` clips so, whatever wraps this. */
  changing<R>(change: GradientChange, body: () => R): R {
    return this.#changes.during(change, body);
  }

  step(gradients?: Gradients): void {
    const { parameters } = this;
    const given =
      gradients === undefined
        ? gradientsIn('Accumulation.step', parameters)
        : namedGradients('Accumulation.step', parameters, gradients);
    const completes = this.#clock.decide((count) => (count + 1) % this.steps === 0);
    this.#clock.tick();
    const cohorts = this.#sums.cohorts.of(given.keys());
    for (const cohort of cohorts) cohort.tick();
    if (!completes) {
      for (const [name, gradient] of given) {
        const sum = this.#sums.of(name);
        assign(sum, sum.add(gradient));
      }
      return;
    }
    const means = new Map<string, Tensor>();
    for (const [name, gradient] of given) means.set(name, this.#sums.of(name).add(gradient).div(this.steps));
    // Also of what was frozen in between.
    for (const name of this.#sums.counted()) assign(this.#sums.of(name), zerosLike(this.#sums.of(name)));
    const changed = this.#changes.of(means);
    if (gradients === undefined) stepByGrad(this.optimizer, parameters, changed);
    else stepNow('Accumulation.step', this.optimizer, changed);
  }

  protected ownState(): Readonly<Record<string, State>> {
    // Also between two updates, when sums are zero: with the counts beside them, a run that goes on from there saves what the uncut one does.
    return { steps: this.steps, calls: this.#clock.count, state: this.#sums.state('sum') };
  }

  protected ownDifferences({ steps, calls, state }: Readonly<Record<string, unknown>>): readonly string[] {
    if (!isCount(steps) || !isCount(calls)) return ['steps and calls must be integers ≥ 0'];
    // Sums of a mean of three that are divided by two would be no mean.
    const other = steps === this.steps ? [] : [`it gathers ${steps} steps for an update, the optimizer ${this.steps}`];
    return [...other, ...this.#sums.differences(state, 'sum')];
  }

  protected loadOwnState({ calls, state }: Readonly<Record<string, unknown>>): void {
    this.#clock.count = calls as number;
    this.#sums.load(state, 'sum');
  }
}

/** A step of an optimizer that takes gradients from `.grad`, by others than are there. */
function stepByGrad(
  optimizer: TrainingOptimizer,
  parameters: ReadonlyMap<string, Tensor>,
  gradients: ReadonlyMap<string, Tensor>,
): void {
  const before = [...gradients.keys()].map((name) => {
    const parameter = parameters.get(name) as Tensor;
    return [parameter, parameter.grad] as const;
  });
  for (const [name, gradient] of gradients) (parameters.get(name) as Tensor).grad = gradient;
  stepNow('Accumulation.step', optimizer);
  for (const [parameter, gradient] of before) parameter.grad = gradient;
}
