/** Metrics by name as a task, which is all that `evaluate` and `fit` know. */
import type { Tensor } from '@hebb/tensor';
import { checkOptions, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type {
  ArrayFields,
  Evaluation,
  EvaluationRun,
  EvaluationState,
  EvaluationTask,
  HostValues,
} from './evaluation.ts';
import { arrayField, requireOneTensor, tensorField, weightsOf } from './fields.ts';
import { MetricSet, requireMetrics, type MetricSetState, type ReducedOutputs } from './metric-set.ts';
import type { Metric } from './metric.ts';
import { MetricsEvaluation } from './metrics-evaluation.ts';

/** What is measured of a model: metrics by name, `{ accuracy }`, short for {@link scores} of them, or a task. */
export type Metrics = Readonly<Record<string, Metric>> | EvaluationTask<Evaluation, unknown, unknown>;

export interface ScoresOptions {
  /** The field of the data that holds the targets. Default 'y'. */
  target?: string;
}

const scoresOptions: OptionNames<ScoresOptions> = { target: requireString };

/**
 * Metrics of your choice, by name, of outputs and the targets `y`. A field `weight` in the data weights the examples.
 *
 * ```ts
 * const task = scores({ accuracy, top3: topKAccuracy.with({ k: 3 }) });
 * // const { metrics } = await evaluate(model, test, task); metrics.top3
 * ```
 *
 * `evaluate` and `fit` take the metrics themselves, too, `{ accuracy, top3: … }`: that is short for it.
 *
 * @throws ArgumentError for what is no metric
 */
export function scores(
  metrics: Readonly<Record<string, Metric>>,
  options: ScoresOptions = {},
): EvaluationTask<MetricsEvaluation, Tensor, ReducedOutputs> {
  requireMetrics('scores', 'metrics', metrics);
  checkOptions('scores', options, scoresOptions);
  const { target = 'y' } = options;
  const set = new MetricSet(metrics);
  return {
    goals: set.goals,
    reduce: (outputs, batch) => {
      requireOneTensor('scores', outputs);
      return set.reduce(outputs, tensorField('scores', batch, target));
    },
    start: () => new ScoresState(set, target),
  };
}

class ScoresState implements EvaluationState<MetricsEvaluation, ReducedOutputs> {
  readonly #measurement: MetricSetState;
  readonly #target: string;

  constructor(set: MetricSet, target: string) {
    this.#measurement = set.start();
    this.#target = target;
  }

  update(values: HostValues<ReducedOutputs>, batch: ArrayFields): void {
    const targets = arrayField('scores', batch, this.#target);
    this.#measurement.update(values, targets, weightsOf('scores', batch, targets.shape[0] ?? 0));
  }

  merge(other: ScoresState): void {
    this.#measurement.merge(other.#measurement);
  }

  result(run: EvaluationRun): MetricsEvaluation {
    return new MetricsEvaluation(this.#measurement.values(), run);
  }
}
