/** What wrappers of optimizers share: they are optimizers themselves, so that they wrap one another. */
import type { State, Stateful, Tensor } from '@hebb/tensor';
import { describe, requireFittingState, typeNameOf } from '@hebb/tensor/arguments';
import { namedGradients, type Gradients } from '../gradients.ts';
import { printable } from '../print.ts';
import { isRecord } from '../state.ts';
import {
  averagingOf,
  requireGradientSteps,
  stepNow,
  type Averaging,
  type TrainingOptimizer,
} from '../training-optimizer.ts';

/** The state of a wrapper: its own, and that of what it wraps. */
export type WrapperState = Readonly<Record<string, State>> & {
  /** The `static type` of the wrapper's class. */
  readonly type: string;
  readonly wrapped: State;
};

/**
 * Base class of wrappers: an optimizer that hands everything on to the one it wraps. A subclass says what else a {@link step} does, and what
 * state it has for that.
 */
export abstract class OptimizerWrapper<T extends TrainingOptimizer = TrainingOptimizer>
  implements TrainingOptimizer, Averaging, Stateful<WrapperState>
{
  /** What messages and saved states call the class: a literal, which minifiers leave alone. */
  static readonly type: string = 'OptimizerWrapper';

  /** What is wrapped. */
  readonly optimizer: T;

  constructor(optimizer: T) {
    requireGradientSteps(typeNameOf(new.target.prototype), optimizer);
    this.optimizer = optimizer;
    printable(this, () => this.toString());
  }

  /** The class, and what it wraps: `EMA of AdamW (…)`. Node's console shows the same. */
  toString(): string {
    return `${typeNameOf(this)} of ${String(this.optimizer)}`;
  }

  get parameters(): ReadonlyMap<string, Tensor> {
    return this.optimizer.parameters;
  }

  get groups(): T['groups'] {
    return this.optimizer.groups;
  }

  get learningRate(): number {
    return this.optimizer.learningRate;
  }
  set learningRate(learningRate: number) {
    this.optimizer.learningRate = learningRate;
  }

  get factor(): number {
    return this.optimizer.factor;
  }
  set factor(factor: number) {
    this.optimizer.factor = factor;
  }

  /** Updates of the parameters so far. */
  get stepCount(): number {
    return this.optimizer.stepCount;
  }

  /** As that of the optimizer that is wrapped. */
  abstract step(gradients?: Gradients): void;

  /** The wrapper's own state. */
  protected abstract ownState(): Readonly<Record<string, State>>;
  /** Why such a state does not fit. */
  protected abstract ownDifferences(state: Readonly<Record<string, unknown>>): readonly string[];
  /** Takes over such a state, which fits. */
  protected abstract loadOwnState(state: Readonly<Record<string, unknown>>): void;

  /** Forgets the gradients that `backward` left on the parameters. */
  zeroGrad(): void {
    for (const parameter of allParametersOf(this.optimizer).values()) parameter.grad = undefined;
  }

  /** The step of what is wrapped; tells whether it has updated the parameters, or only gathers gradients for that. */
  protected stepWrapped(gradients?: Gradients): boolean {
    const before = this.optimizer.stepCount;
    const op = `${typeNameOf(this)}.step`;
    if (gradients === undefined) stepNow(op, this.optimizer);
    else stepNow(op, this.optimizer, namedGradients(op, this.parameters, gradients));
    return this.optimizer.stepCount !== before;
  }

  /** Puts averages into the parameters, where an optimizer in here keeps some. */
  apply(): void {
    averagingOf(this.optimizer)?.apply();
  }

  /** Puts the trained values back, where averages are in their place. */
  restore(): void {
    averagingOf(this.optimizer)?.restore();
  }

  get isApplied(): boolean {
    return averagingOf(this.optimizer)?.isApplied ?? false;
  }

  /** The state of the wrapper, and of what it wraps. */
  stateDict(): WrapperState {
    return { type: typeNameOf(this), ...this.ownState(), wrapped: this.optimizer.stateDict() };
  }

  /** Every reason why a state does not fit. */
  differences(state: unknown): readonly string[] {
    const own = typeNameOf(this);
    if (!isRecord(state)) return [`the state must be an object, not ${describe(state)}`];
    const { type, wrapped } = state;
    if (type !== own)
      return [`the state is that of ${typeof type === 'string' ? type : 'something else'}, not of ${own}`];
    return [...this.ownDifferences(state), ...this.optimizer.differences(wrapped)];
  }

  /** Takes over a state. Nothing is changed where an error is thrown. Throws {@link ArgumentError} listing everything that does not fit. */
  loadStateDict(state: WrapperState): void {
    requireFittingState(typeNameOf(this), this.differences(state));
    this.optimizer.loadStateDict(state.wrapped);
    this.loadOwnState(state);
  }
}

/** All parameters of an optimizer, those frozen now among them, where it tells its groups. */
export function allParametersOf({ groups, parameters }: TrainingOptimizer): ReadonlyMap<string, Tensor> {
  return groups === undefined ? parameters : new Map(groups.flatMap((group) => [...group.parameters]));
}
