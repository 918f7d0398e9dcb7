/** What all optimizers share: parameters by name, their state in variables, the learning rate and the count of steps. */
import { ArgumentError, assign, scalar, ShapeError, variable, zeros, type Tensor } from '@hebb/tensor';
import { requireObject } from '@hebb/tensor/arguments';
import {
  isHolder,
  namedGradients,
  namedParametersOf,
  requireSameParameters,
  type Gradients,
  type ParameterHolder,
  type ParameterSource,
} from './gradients.ts';

export type { Gradients, ParameterSource };

/** Everything that a run needs to go on. All but `tensors` is JSON. */
export interface OptimizerState {
  /** Name of the optimizer's class. */
  readonly optimizer: string;
  /** Number of steps taken. */
  readonly stepCount: number;
  readonly learningRate: number;
  /** State by `<parameter>.<slot>`, with PyTorch's names of the slots: `features.0.weight.exp_avg`. */
  readonly tensors: Map<string, Tensor>;
}

/**
 * Base class of optimizers. A subclass names its state per parameter in the constructor and says in {@link update} what a step does to one
 * parameter.
 *
 * A step is recorded, never waited for: outside of `compile` it runs together with whatever is read next, inside it becomes part of the
 * compiled plan. The learning rate and the step count are scalars of that plan, so that changing them never makes a new one.
 */
export abstract class Optimizer {
  #learningRate = 0;
  /** Number of steps taken. */
  stepCount = 0;
  readonly #parameters: ReadonlyMap<string, Tensor>;
  readonly #model: ParameterHolder | undefined;
  readonly #slots: ReadonlyMap<string, ReadonlyMap<string, Tensor>>;

  /** @param slots - names of the state kept for each parameter, zero at first. */
  constructor(source: ParameterSource, learningRate: number, slots: readonly string[]) {
    const op = this.constructor.name;
    this.learningRate = learningRate;
    this.#parameters = namedParametersOf(op, source);
    this.#model = isHolder(source) ? source : undefined;
    this.#slots = new Map(
      [...this.#parameters].map(([name, { shape }]) => [
        name,
        new Map(slots.map((slot) => [slot, variable(zeros(shape))])),
      ]),
    );
  }

  /** What is optimised, by name: what gradients are to be taken with respect to. */
  get parameters(): ReadonlyMap<string, Tensor> {
    return this.#parameters;
  }

  /** A number ≥ 0. A new one takes effect with the next step, also of a compiled function. Throws {@link ArgumentError} for anything else. */
  get learningRate(): number {
    return this.#learningRate;
  }
  set learningRate(learningRate: number) {
    if (!Number.isFinite(learningRate) || learningRate < 0) {
      throw new ArgumentError(
        `[${this.constructor.name}] learningRate must be a number ≥ 0, not ${String(learningRate)}.`,
        learningRate === undefined ? { hint: 'Does the schedule return a number on every path?' } : {},
      );
    }
    this.#learningRate = learningRate;
  }

  /** Name of the class, as it stands in saved states. */
  protected abstract readonly name: string;

  /** Scalars that all parameters share, from the host's numbers at the time of the step. Called once a step, before the updates. */
  protected abstract prepare(): void;

  /** Records the new value of one parameter and of its state. */
  protected abstract update(parameter: Tensor, gradient: Tensor, state: ReadonlyMap<string, Tensor>): void;

  /** A number that is computed anew for each step, as a scalar of the plan. */
  protected perStep(source: () => number): Tensor {
    return scalar(source);
  }

  /**
   * Records one update of all parameters.
   *
   * @param gradients - in the structure of the parameters, as `valueAndGrad` returns them: a list in the order of the parameters, or by name.
   *   Without them, `.grad` of each parameter is used, and parameters that have none are left alone.
   *
   * Throws {@link ArgumentError} where gradients are missing or belong to no parameter, and where the model for which the optimizer was made
   * has other parameters now (a layer was replaced, say); {@link ShapeError} where shapes differ.
   */
  step(gradients?: Gradients): void {
    const op = `${this.constructor.name}.step`;
    if (this.#model !== undefined) requireSameParameters(op, this.#model, this.#parameters);
    const given = gradients === undefined ? this.#gradientsOfParameters() : gradients;
    const parameters =
      gradients === undefined
        ? new Map([...this.#parameters].filter(([, { grad }]) => grad !== undefined))
        : this.#parameters;
    const named = namedGradients(op, parameters, given);
    // The first scalar of the step: it counts, and everything after it sees the new count.
    scalar(() => ++this.stepCount);
    this.prepare();
    for (const [name, parameter] of parameters) {
      this.update(parameter, named.get(name) as Tensor, this.#slots.get(name) ?? new Map());
    }
  }

  #gradientsOfParameters(): Map<string, Tensor> {
    const gradients = new Map<string, Tensor>();
    for (const [name, { grad }] of this.#parameters) if (grad !== undefined) gradients.set(name, grad);
    if (gradients.size > 0) return gradients;
    throw new ArgumentError(`[${this.constructor.name}.step] no parameter has a gradient.`, {
      hint: 'Call backward(loss) before step(), or pass gradients: step(grads).',
    });
  }

  /** Forgets the gradients that `backward` left on the parameters. */
  zeroGrad(): void {
    for (const parameter of this.#parameters.values()) parameter.grad = undefined;
  }

  /** The whole state. The tensors are the optimizer's own and change with its steps. */
  stateDict(): OptimizerState {
    const tensors = new Map<string, Tensor>();
    for (const [name, slots] of this.#slots) for (const [slot, tensor] of slots) tensors.set(`${name}.${slot}`, tensor);
    return { optimizer: this.name, stepCount: this.stepCount, learningRate: this.learningRate, tensors };
  }

  /**
   * Takes over a state: of the same class, for parameters of the same names and shapes. Nothing is changed where an error is thrown.
   *
   * Throws {@link ArgumentError} or {@link ShapeError} listing everything that does not fit.
   */
  loadStateDict(state: OptimizerState): void {
    const op = `${this.constructor.name}.loadStateDict`;
    requireObject(op, 'the state', state);
    const { optimizer, stepCount, learningRate, tensors } = state;
    if (optimizer !== this.name)
      throw new ArgumentError(`[${op}] the state is that of ${optimizer}, not of ${this.name}.`);
    if (!Number.isInteger(stepCount) || stepCount < 0)
      throw new ArgumentError(`[${op}] stepCount must be an integer ≥ 0, not ${stepCount}.`);
    const own = this.stateDict().tensors;
    const missing = [...own.keys()].filter((name) => !tensors.has(name)).map((name) => `missing ${name}`);
    const unexpected = [...tensors.keys()].filter((name) => !own.has(name)).map((name) => `unexpected ${name}`);
    if (missing.length + unexpected.length > 0) {
      throw new ArgumentError(
        `[${op}] the state does not fit the parameters: ${[...missing, ...unexpected].join(', ')}.`,
      );
    }
    const misshapen = [...own].filter(([name, tensor]) => tensors.get(name)?.toString() !== tensor.toString());
    if (misshapen.length > 0) {
      throw new ShapeError(
        `[${op}] ${misshapen.map(([name, tensor]) => `${name} is ${tensor}, in the state ${tensors.get(name)}`).join('; ')}.`,
      );
    }
    for (const [name, tensor] of own) {
      const value = tensors.get(name);
      if (value !== undefined && value !== tensor) assign(tensor, value);
    }
    this.stepCount = stepCount;
    this.learningRate = learningRate;
  }
}
