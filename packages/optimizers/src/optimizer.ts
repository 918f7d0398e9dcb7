/** What all optimizers share: groups of parameters, their state in variables, rates, the counts of steps. */
import { ArgumentError, assign, scalar, Tensor, variable, where, type Stateful } from '@hebb/tensor';
import { describe, requireFittingState, typeNameOf } from '@hebb/tensor/arguments';
import { atEachCall, scalarsByName } from './clock.ts';
import { Cohorts, type Cohort } from './cohorts.ts';
import {
  gradientsIn,
  isHolder,
  namedGradients,
  namedParametersOf,
  requireSameParameters,
  trainableOf,
  type Gradients,
  type ParameterHolder,
  type ParameterSource,
} from './gradients.ts';
import {
  groupsOf,
  guardedOptions,
  liveOptions,
  type LiveOptions,
  type OptimizerOptions,
  type ParameterGroup,
  type WithGroups,
} from './groups.ts';
import { optimizerText, printable } from './print.ts';
import { isRate, readState, slotDifferences, type OptimizerState } from './state.ts';
import type { Conditional, TrainingOptimizer } from './training-optimizer.ts';

export type { Gradients, ParameterSource };

/** Numbers of a step by name; what is undefined is left out. */
export type StepNumbers = Readonly<Record<string, number | undefined>>;
/** The state of a parameter by name. */
export type Slots = Readonly<Record<string, Tensor | undefined>>;

/** The numbers of a step as scalars. */
export type StepScalars<S> = { readonly [K in keyof S]: undefined extends S[K] ? Tensor | undefined : Tensor };

/** The numbers of a step that follow from its count, as scalars. */
export type Counted<S> = Partial<{ readonly [K in keyof S]: Tensor }>;

/** What a step makes of a parameter. */
export interface Update<M> {
  /** The new value. */
  readonly parameter: Tensor;
  /** New values of its state; what is not named stays. */
  readonly state?: Partial<M>;
}

interface Group<O extends OptimizerOptions> extends LiveOptions<O>, ParameterGroup<O> {
  readonly options: O;
  readonly where: string;
  /** The options as recordings read them. */
  readonly guarded: Readonly<O>;
}

/**
 * Base class of optimizers. A subclass gives its defaults to the constructor and says four things: {@link check}, which options make sense;
 * {@link initial}, the state of a parameter; {@link scalars}, the numbers of a step; {@link update}, what a step does to one parameter. Under `LossScaling` those that follow from the count of
 * the step come of {@link counted}.
 *
 * ```ts
 * // p ← p − learningRate · sign(g)
 * class SignDescent extends Optimizer<{ learningRate: number }> {
 *   static override readonly type: string = 'SignDescent';
 *   constructor(parameters: ParameterSource, options: WithGroups<{ learningRate: number }> = {}) {
 *     super(parameters, options, { learningRate: 0.5 });
 *   }
 *   protected scalars({ learningRate }: { learningRate: number }) {
 *     return { learningRate };
 *   }
 *   protected update(parameter: Tensor, gradient: Tensor, _: object, { learningRate }: { learningRate: Tensor }) {
 *     return { parameter: parameter.sub(gradient.sign().mul(learningRate)) };
 *   }
 * }
 * const p = variable(tensor([1, 2]), { requiresGrad: true });
 * new SignDescent([p]).step([tensor([5, -5])]);
 * await p.toArray(); // [0.5, 2.5]
 * ```
 *
 * A step is recorded, never waited for: outside of `compile` it runs together with whatever is read next, inside it becomes part of the
 * compiled plan. What {@link scalars} gives are scalars of that plan, so that changing a rate never makes a new one.
 *
 * {@link update} sees parameters and gradients of float16 as float32, and what it makes of the parameter is rounded once. State is float32 (PyTorch's has
 * the dtype of the parameter): squares of gradients below 2⁻¹², and AdamW's eps, are 0 in float16.
 */
export abstract class Optimizer<
  O extends OptimizerOptions = OptimizerOptions,
  S extends StepNumbers = StepNumbers,
  M extends Slots = Slots,
>
  implements TrainingOptimizer, Conditional, Stateful<OptimizerState>
{
  /** What messages and saved states call the class: a literal, which minifiers leave alone. */
  static readonly type: string = 'Optimizer';

  /** First the parameters that no group of the options takes, with the options of all; then those groups in their order. */
  readonly groups: readonly ParameterGroup<O>[];
  readonly #groups: readonly Group<O>[];
  readonly #all: ReadonlyMap<string, Tensor>;
  readonly #model: ParameterHolder | undefined;
  readonly #cohorts: Cohorts;
  readonly #state = new Map<string, Record<string, Tensor>>();
  #factor = 1;
  #stepCount = 0;
  #trainable: ReadonlyMap<string, Tensor>;
  /** Where steps change anything; undefined: everywhere. */
  #condition: Tensor | undefined;

  /**
   * @param defaults - every option with its default.
   *
   * Throws {@link ArgumentError} where there is nothing to optimise, for options out of range, and for groups that take nothing.
   */
  constructor(source: ParameterSource, options: WithGroups<O>, defaults: O) {
    const op = typeNameOf(this);
    this.#all = namedParametersOf(op, source);
    this.#trainable = this.#all;
    this.#model = isHolder(source) ? source : undefined;
    this.#groups = groupsOf(op, this.#all, options, defaults).map(({ where, options: own, parameters }) => {
      const live = liveOptions(
        own,
        (changed) => {
          requireRate(where, 'learningRate', changed.learningRate);
          this.check?.(where, changed);
        },
        (before, value) => {
          if (typeof value !== 'number' || (before === 0) !== (value === 0)) this.#completeState(group);
        },
      );
      const group = { where, ...live, guarded: guardedOptions(live.options), parameters };
      return group;
    });
    this.groups = this.#groups.map(({ options: own, parameters }) => ({ options: own, parameters }));
    this.#cohorts = new Cohorts(this.#groups.map(({ parameters }) => parameters.keys()));
    for (const group of this.#groups) this.#completeState(group);
    printable(this, () => this.toString());
  }

  /**
   * The class, and for each of the {@link groups} a line with its options as they are now and the number of its parameters. Node's console shows the same.
   *
   * ```ts
   * console.log(String(new SGD([variable(tensor([1]))], { learningRate: 0.1, momentum: 0.9 })));
   * // SGD (
   * //   group 0: learningRate: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0, nesterov: false, maximize: false, parameters: 1
   * // )
   * ```
   */
  toString(): string {
    return optimizerText(typeNameOf(this), this);
  }

  /** Throws {@link ArgumentError} for options that make no sense; `where` begins its message. The learning rate has been checked. */
  protected check?(where: string, options: O): void;

  /** The state of a parameter before its first step, by PyTorch's names, in whatever shapes. Default: none. May be called again later. */
  protected initial?(parameter: Tensor, options: Readonly<O>): M;

  /**
   * The numbers of a step, from the options (the learning rate is multiplied by {@link factor} already) and the count of the step, from 1.
   * Computed on the host in double precision, anew for every step. What is undefined is no scalar, so that {@link update} may leave a term out.
   */
  protected abstract scalars(options: Readonly<O>, step: number): S;

  /**
   * Those numbers of {@link scalars} that follow from the count of the step, where that is known on the device alone because steps may have been left out; `rate` is the learning rate
   * times {@link factor}. What it does not give is that of all steps, those left out included. Default: nothing.
   */
  protected counted?(options: Readonly<O>, step: Tensor, rate: Tensor): Counted<S>;

  /** Records the new value of a parameter and of its state. Options that it reads are followed by compiled functions. */
  protected abstract update(
    parameter: Tensor,
    gradient: Tensor,
    state: M,
    scalars: StepScalars<S>,
    options: Readonly<O>,
  ): Update<M>;

  /** What is trained now, by name: what gradients are to be taken with respect to. Frozen parameters are not among them. */
  get parameters(): ReadonlyMap<string, Tensor> {
    this.#trainable = trainableOf(this.#all, this.#trainable);
    return this.#trainable;
  }

  /**
   * The rate of the first group, a number ≥ 0. Setting it sets those of the other groups in proportion: a group of ten times the rate keeps
   * ten times the rate. (Where the rate was 0 there is no proportion: the others stay.) A new one takes effect with the next step, also of
   * a compiled function. Throws {@link ArgumentError} for anything else.
   */
  get learningRate(): number {
    return this.#base.options.learningRate;
  }
  set learningRate(learningRate: number) {
    requireRate(typeNameOf(this), 'learningRate', learningRate);
    const before = this.learningRate;
    for (const { options } of this.#groups)
      if (options === this.#base.options) options.learningRate = learningRate;
      else if (before > 0) options.learningRate *= learningRate / before;
  }

  get #base(): Group<O> {
    return this.#groups[0] as Group<O>;
  }

  /** What the rates of all groups are multiplied by, a number ≥ 0: what a schedule sets, `optimizer.factor = schedule(step, steps)`. Default 1. */
  get factor(): number {
    return this.#factor;
  }
  set factor(factor: number) {
    requireRate(typeNameOf(this), 'factor', factor);
    this.#factor = factor;
  }

  /** Number of steps taken, and of those that {@link onlyWhere} has left out, which the host does not know. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /**
   * Records one update of all parameters that are not frozen.
   *
   * @param gradients - in the structure of {@link parameters}, as `valueAndGrad` returns them: a list in their order, or by name.
   *   Without them, `.grad` of each parameter is used, and parameters that have none are left alone.
   *
   * Throws {@link ArgumentError} where gradients are missing or belong to no parameter, and where the model for which the optimizer was made
   * has other parameters now (a layer was replaced, say); `ShapeError` where shapes differ.
   */
  step(gradients?: Gradients): void {
    const op = `${typeNameOf(this)}.step`;
    if (this.#model !== undefined) requireSameParameters(op, this.#model, this.#all);
    const { parameters } = this;
    const named = gradients === undefined ? gradientsIn(op, parameters) : namedGradients(op, parameters, gradients);
    const cohorts = this.#cohorts.of(named.keys());
    const countStep = (): number => ++this.#stepCount;
    if (cohorts.length === 0) atEachCall(countStep);
    cohorts.forEach((cohort, i) => this.#stepCohort(cohort, named, i === 0 ? countStep : undefined));
  }

  /** Counts steps on the device, too, from here on: {@link onlyWhere} may leave some of them out. */
  leavesStepsOut(): void {
    this.#cohorts.countOnDevice();
  }

  /**
   * Runs `body`; steps in it change parameters, their state and the count that corrections of averages go by only where the condition, bool[], is true: what {@link LossScaling}
   * leaves out is decided on the device. {@link stepCount} goes on.
   */
  onlyWhere<T>(condition: Tensor, body: () => T): T {
    const before = this.#condition;
    this.#condition = condition;
    try {
      return body();
    } finally {
      this.#condition = before;
    }
  }

  /** Records a new value, which counts where the condition is true. */
  #assign(target: Tensor, value: Tensor): void {
    const own = value.to(target.dtype);
    assign(target, this.#condition === undefined ? own : where(this.#condition, own, target));
  }

  /** The step of parameters that share one count. */
  #stepCohort(cohort: Cohort, gradients: ReadonlyMap<string, Tensor>, countStep: (() => void) | undefined): void {
    const group = this.#groups[cohort.group] as Group<O>;
    // Asked for twice at each call: which numbers there are decides whether the recording fits.
    let latest: { readonly options: Readonly<O>; readonly count: number; readonly numbers: S } | undefined;
    const at = (count: number): StepNumbers => {
      const options = group.scaled(this.#factor);
      if (latest?.options !== options || latest.count !== count)
        latest = { options, count, numbers: this.scalars(options, count) };
      return latest.numbers;
    };
    const names = cohort.decide((count) => definedNames(at(count + 1)));
    let numbers: StepNumbers = {};
    cohort.tick((count) => {
      countStep?.();
      numbers = at(count);
    });
    const scalars = {
      ...scalarsByName(names === '' ? [] : names.split(','), () => numbers),
      ...this.#countedScalars(group, cohort),
    } as StepScalars<S>;
    for (const name of cohort.names) {
      const parameter = this.#all.get(name) as Tensor;
      const state = this.#state.get(name) ?? {};
      const [value, gradient] = [parameter.to('float32'), (gradients.get(name) as Tensor).to('float32')];
      const updated = this.update(value, gradient, state as M, scalars, group.guarded);
      for (const slot in updated.state) {
        const kept = state[slot] as Tensor;
        const changed: Tensor | undefined = updated.state[slot];
        if (changed !== undefined) this.#assign(kept, changed);
      }
      this.#assign(parameter, updated.parameter);
    }
    if (this.#condition !== undefined) cohort.leaveOutUnless(this.#condition);
  }

  /** The numbers of a step that steps left out have no part in. */
  #countedScalars(group: Group<O>, cohort: Cohort): Counted<S> {
    const { taken } = cohort;
    if (taken === undefined || this.counted === undefined) return {};
    return this.counted(
      group.guarded,
      taken,
      scalar(() => group.scaled(this.#factor).learningRate),
    );
  }

  /** The state of a parameter before its first step. */
  #initial(parameter: Tensor, options: Readonly<O>): (readonly [string, Tensor])[] {
    const slots = Object.entries<Tensor | undefined>(this.initial?.(parameter, options) ?? {});
    return slots.flatMap(([slot, value]) => (value === undefined ? [] : [[slot, value] as const]));
  }

  /** Makes variables for the state that is not there yet. */
  #completeState({ options, parameters }: Group<O>): void {
    for (const [name, parameter] of parameters) {
      const state = this.#state.get(name) ?? {};
      for (const [slot, value] of this.#initial(parameter, options)) state[slot] ??= variable(value);
      this.#state.set(name, state);
    }
  }

  /** Forgets the gradients that `backward` left on the parameters. */
  zeroGrad(): void {
    for (const parameter of this.#all.values()) parameter.grad = undefined;
  }

  /** The whole state. The tensors are the optimizer's own and change with its steps. */
  stateDict(): OptimizerState {
    const state = new Map<string, Record<string, Tensor | number> & { step: number }>();
    for (const { options, parameters } of this.#groups) {
      for (const [name, parameter] of parameters) {
        const step = this.#cohorts.count(name);
        if (step === 0) continue;
        const own = this.#state.get(name) ?? {};
        const slots = this.#initial(parameter, options).map(([slot]) => [slot, own[slot] as Tensor] as const);
        const leftOut = this.#cohorts.leftOut(name);
        state.set(name, { step, ...(leftOut === undefined ? {} : { leftOut }), ...Object.fromEntries(slots) });
      }
    }
    return {
      type: typeNameOf(this),
      stepCount: this.#stepCount,
      factor: this.#factor,
      groups: this.#groups.map(({ options, parameters }) => {
        const values: object = { ...options };
        return { ...values, parameters: [...parameters.keys()] };
      }),
      state,
    };
  }

  /** Every reason why a state does not fit: another class, other parameters or groups, options out of range, other shapes. */
  differences(given: unknown): readonly string[] {
    const own = typeNameOf(this);
    const { value, reasons } = readState(own, given);
    if (value === undefined) return reasons;
    const { groups, state } = value;
    const found: string[] = [];
    const saved = new Set(groups.flatMap(({ parameters }) => parameters));
    found.push(...[...this.#all.keys()].filter((name) => !saved.has(name)).map((name) => `missing ${name}`));
    found.push(...[...saved].filter((name) => !this.#all.has(name)).map((name) => `unexpected ${name}`));
    if (groups.length !== this.#groups.length)
      return [...found, `it has ${groups.length} groups of parameters, the optimizer ${this.#groups.length}`];
    for (const [i, { options, parameters, where }] of this.#groups.entries()) {
      const { parameters: names, ...others } = groups[i] as (typeof groups)[number];
      const moved = names.filter((name) => this.#all.has(name) && !parameters.has(name));
      if (moved.length > 0) found.push(`group ${i} has ${moved.join(', ')}, which the optimizer has in another group`);
      const loaded = { ...options, ...others } as O;
      const unknown = Object.keys(others).filter((name) => !(name in options));
      if (unknown.length > 0) found.push(`group ${i} has options that ${own} does not: ${unknown.join(', ')}`); // prettier-ignore
      try {
        requireRate(where, 'learningRate', loaded.learningRate);
        this.check?.(where, loaded);
      } catch (error) {
        found.push(`group ${i}: ${(error as Error).message.split('\n', 1)[0]?.replace(/\.$/, '')}`);
        continue;
      }
      for (const [name, parameter] of parameters) {
        const entry = state.get(name);
        if (entry !== undefined) found.push(...slotDifferences(name, this.#initial(parameter, loaded), entry));
      }
    }
    found.push(...[...state.keys()].filter((name) => !saved.has(name)).map((name) => `unexpected state of ${name}`));
    return found;
  }

  /**
   * Takes over a state of the same class, for parameters of the same names, groups and shapes, with its options. A parameter without an
   * entry has taken no step. Nothing is changed where an error is thrown.
   *
   * Throws {@link ArgumentError} listing everything that does not fit.
   */
  loadStateDict(given: OptimizerState): void {
    requireFittingState(typeNameOf(this), this.differences(given));
    const { stepCount, factor, groups, state } = readState(typeNameOf(this), given).value as OptimizerState;
    for (const [i, group] of this.#groups.entries()) {
      const { parameters: _, ...options } = groups[i] as (typeof groups)[number];
      group.replace(options as Partial<O>);
      for (const [name, parameter] of group.parameters) {
        const entry = state.get(name);
        const own = this.#state.get(name) ?? {};
        for (const [slot, initial] of this.#initial(parameter, group.options)) {
          const target = own[slot] as Tensor;
          const source = entry === undefined ? initial : (entry[slot] as Tensor);
          if (target !== source) assign(target, source);
        }
      }
    }
    this.#cohorts.load(
      new Map([...state].map(([name, { step }]) => [name, step])),
      new Map([...state].flatMap(([name, { leftOut }]) => (leftOut instanceof Tensor ? [[name, leftOut]] : []))),
    );
    this.#stepCount = stepCount;
    this.#factor = factor;
  }
}

function requireRate(where: string, name: string, rate: unknown): asserts rate is number {
  if (isRate(rate)) return;
  throw new ArgumentError(
    `[${where}] ${name} must be a number ≥ 0, not ${typeof rate === 'number' ? rate : describe(rate)}.`,
    rate === undefined ? { hint: 'Does the schedule return a number on every path?' } : {},
  );
}

/** With commas between them. */
function definedNames(numbers: StepNumbers): string {
  let names = '';
  for (const name in numbers) if (numbers[name] !== undefined) names += names === '' ? name : `,${name}`;
  return names;
}
