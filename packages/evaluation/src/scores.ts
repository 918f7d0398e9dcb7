/** The task that is nothing but metrics. */
import type { Tensor } from '@hebb/tensor';
import { checkOptions, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { ArrayFields, EvaluationRun, EvaluationState, EvaluationTask, HostValues } from './evaluation.ts';
import { arrayField, requireOneTensor, tensorField, weightsOf } from './fields.ts';
import { MetricSet, requireMetrics, type MetricSetState, type ReducedOutputs } from './metric-set.ts';
import type { Metric } from './metric.ts';
import { MetricsEvaluation } from './metrics-evaluation.ts';

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
    reduce: (outputs, batch) => {
      requireOneTensor('scores', outputs);
      return set.reduce(outputs, tensorField(batch, target));
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
    const targets = arrayField(batch, this.#target);
    this.#measurement.update(values, targets, weightsOf(batch, targets.shape[0] ?? 0));
  }

  merge(other: ScoresState): void {
    this.#measurement.merge(other.#measurement);
  }

  result(run: EvaluationRun): MetricsEvaluation {
    return new MetricsEvaluation(this.#measurement.values(), run);
  }
}
