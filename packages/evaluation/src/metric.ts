/** What a metric is: numbers about outputs and targets that arrive in batches. */
import type { Tensor } from '@hebb/tensor';
import {
  checkOptions,
  requireFunction,
  requireOneOf,
  requireOptions,
  requirePlain,
  requireString,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { Goal } from './evaluation.ts';
import { Sum } from './sum.ts';
import { withShapes, withValues, type ShapedValues, type TensorLike, type Values } from './values.ts';
import { requireMeasured, requireWeights, weighting } from './weights.ts';

/**
 * A number that says how good outputs are. It knows which way is better, and it streams: outputs may be dropped batch by batch.
 *
 * ```ts
 * const state = accuracy.start();
 * state.update({ data: [0, 1], shape: [2] }, { data: [0, 1], shape: [2] });
 * state.update({ data: [1, 1], shape: [2] }, { data: [0, 0], shape: [2] });
 * state.value(); // 0.5
 * accuracy.goal; // 'max'
 * ```
 */
export interface Metric {
  /** Whether a smaller or a larger value is better. */
  readonly goal: Goal;
  /** A measurement of nothing yet. */
  start(): MetricState;
  /**
   * Work that the device can do beforehand: what it returns is read and given to {@link MetricState.update} in place of the outputs, a class per
   * example, say, instead of 50,000 logits. Recorded into the compiled step, so it reads no values.
   */
  readonly reduce?: (outputs: Tensor, targets: Tensor) => Tensor;
}

/** A measurement under way. In float64; the order of updates and merges changes no more than the last bits. */
export interface MetricState {
  /** @param weights one number ≥ 0 per example; default: all alike */
  update(outputs: ShapedValues, targets: ShapedValues, weights?: ArrayLike<number>): void;
  /** Takes in what another measurement of the same metric has seen. */
  merge(other: this): void;
  /** @throws ArgumentError where nothing has been measured. */
  value(): number;
}

export interface WeightOptions {
  /** One number ≥ 0 per example; default: all alike. scikit-learn's `sample_weight`. */
  weights?: ArrayLike<number>;
}

/** A metric that can be called on all predictions and targets at once, too. */
export interface CallableMetric extends Metric {
  (predictions: Values, targets: Values, options?: WeightOptions): number;
  (predictions: Values | TensorLike, targets: Values | TensorLike, options?: WeightOptions): number | Promise<number>;
}

/** A {@link CallableMetric} with options: `topKAccuracy.with({ k: 3 })` is the metric that has them. */
export interface ConfigurableMetric<O extends object> extends Metric {
  (predictions: Values, targets: Values, options?: O & WeightOptions): number;
  (
    predictions: Values | TensorLike,
    targets: Values | TensorLike,
    options?: O & WeightOptions,
  ): number | Promise<number>;
  with(options: O): CallableMetric;
}

/** How a metric is defined; see {@link defineMetric}. */
export interface MetricDefinition<O extends object> {
  /** Stands in messages, and is the `name` of the function. */
  readonly name: string;
  readonly goal: Goal;
  /** The names of its options, each with its check or `true`. Default: it has none. */
  readonly options?: OptionNames<O>;
  /** A measurement of nothing yet. Throws ArgumentError for options that make no sense. */
  readonly start: (options: O) => MetricState;
  /** See {@link Metric.reduce}. */
  readonly reduce?: (outputs: Tensor, targets: Tensor, options: O) => Tensor;
}

/**
 * Makes a metric that streams, and that can be called on everything at once. {@link meanMetric} is shorter for a mean over the examples.
 *
 * ```ts
 * const largestError = defineMetric({
 *   name: 'largestError',
 *   goal: 'min',
 *   start() {
 *     let largest = 0;
 *     return {
 *       update: (outputs, targets) => {
 *         for (let i = 0; i < targets.data.length; i++) largest = Math.max(largest, Math.abs(outputs.data[i] - targets.data[i]));
 *       },
 *       merge: (other) => void (largest = Math.max(largest, other.value())),
 *       value: () => largest,
 *     };
 *   },
 * });
 * largestError([1, 2, 5], [1, 4, 4]); // 2
 * largestError.goal; // 'min'
 * ```
 */
export function defineMetric<O extends object = Record<never, never>>(
  definition: MetricDefinition<O>,
): ConfigurableMetric<O> {
  requireOptions('defineMetric', definition, definitionNames);
  for (const key of ['name', 'goal', 'start'] as const)
    if (definition[key] === undefined) throw wrongArgument('defineMetric', key, 'given', undefined);
  const { name, goal, reduce } = definition;
  const known = { ...definition.options, weights: requireWeights } as OptionNames<O & WeightOptions>;
  const make = (own: O): CallableMetric => {
    const call = (
      predictions: Values | TensorLike,
      targets: Values | TensorLike,
      options: O & WeightOptions = {} as O & WeightOptions,
    ): number | Promise<number> => {
      checkOptions(name, options, known);
      const { weights, ...given } = options;
      const state = definition.start({ ...own, ...given });
      return withValues(name, predictions, targets, (outputs, truth) => {
        state.update(...withShapes(outputs, truth), weights);
        return state.value();
      });
    };
    Object.defineProperty(call, 'name', { value: name });
    return Object.assign(call as CallableMetric, {
      goal,
      start: () => definition.start(own),
      ...(reduce !== undefined && { reduce: (outputs: Tensor, targets: Tensor) => reduce(outputs, targets, own) }),
    });
  };
  const withOptions = (options: O): CallableMetric => {
    requireOptions(name, options, known);
    definition.start(options); // what makes no sense is refused here, and not at the end of an epoch
    return make(options);
  };
  return Object.assign(make({} as O), { with: withOptions });
}

const definitionNames: OptionNames<MetricDefinition<object>> = {
  name: requireString,
  goal: requireGoal,
  options: requireNames,
  start: requireFunction,
  reduce: requireFunction,
};

function requireGoal(where: string, name: string, value: unknown): void {
  requireOneOf(where, name, value, ['min', 'max']);
}

function requireNames(where: string, name: string, value: unknown): void {
  requirePlain(where, name, value);
  for (const [option, check] of Object.entries(value))
    if (check !== true && typeof check !== 'function')
      throw wrongArgument(where, `${name}.${option}`, 'true, or a function that checks the option', check);
}

/** How a mean over the examples is defined; see {@link meanMetric}. */
export interface MeanMetricDefinition<O extends object> extends Omit<MetricDefinition<O>, 'start'> {
  /** One number per example. */
  readonly score: (outputs: ShapedValues, targets: ShapedValues, options: O) => ArrayLike<number>;
  /** What becomes of the mean, a square root for example. Default: the mean it is. */
  readonly finish?: (mean: number) => number;
}

/**
 * Makes a metric that is Σ wᵢ · scoreᵢ / Σ wᵢ over all examples i, their weights wᵢ being 1 unless given.
 *
 * ```ts
 * const withinOne = meanMetric({
 *   name: 'withinOne',
 *   goal: 'max',
 *   score: (outputs, targets) => Array.from(targets.data, (target, i) => Number(Math.abs(outputs.data[i] - target) <= 1)),
 * });
 * withinOne([1, 2, 3], [1, 4, 2.5]); // 0.6666…
 * ```
 */
export function meanMetric<O extends object = Record<never, never>>(
  definition: MeanMetricDefinition<O>,
): ConfigurableMetric<O> {
  requireOptions('meanMetric', definition, meanDefinitionNames);
  const { score, finish = (mean) => mean, ...others } = definition;
  requireFunction('meanMetric', 'score', score);
  return defineMetric<O>({ ...others, start: (options) => new MeanState(others.name, options, score, finish) });
}

const meanDefinitionNames: OptionNames<MeanMetricDefinition<object>> = {
  name: requireString,
  goal: requireGoal,
  options: requireNames,
  reduce: requireFunction,
  score: requireFunction,
  finish: requireFunction,
};

class MeanState<O> implements MetricState {
  readonly #name: string;
  readonly #options: O;
  readonly #score: (outputs: ShapedValues, targets: ShapedValues, options: O) => ArrayLike<number>;
  readonly #finish: (mean: number) => number;
  readonly #sum = new Sum();
  readonly #weights = new Sum();

  constructor(
    name: string,
    options: O,
    score: (outputs: ShapedValues, targets: ShapedValues, options: O) => ArrayLike<number>,
    finish: (mean: number) => number,
  ) {
    this.#name = name;
    this.#options = options;
    this.#score = score;
    this.#finish = finish;
  }

  update(outputs: ShapedValues, targets: ShapedValues, weights?: ArrayLike<number>): void {
    const scores = this.#score(outputs, targets, this.#options);
    const weightOf = weighting(this.#name, weights, scores.length);
    for (let i = 0; i < scores.length; i++) {
      const weight = weightOf(i);
      if (weight === 0) continue;
      this.#sum.add(weight * (scores[i] ?? NaN));
      this.#weights.add(weight);
    }
  }

  merge(other: MeanState<O>): void {
    this.#sum.merge(other.#sum);
    this.#weights.merge(other.#weights);
  }

  value(): number {
    requireMeasured(this.#name, this.#weights.value);
    return this.#finish(this.#sum.value / this.#weights.value);
  }
}
