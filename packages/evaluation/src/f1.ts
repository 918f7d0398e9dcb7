/** Precision, recall and F1 as metrics. */
import { ArgumentError } from '@hebb/tensor';
import { requireNumber, requireOneOf } from '@hebb/tensor/arguments';
import { ClassCounts, type ClassScores } from './class-counts.ts';
import { defineMetric, type ConfigurableMetric, type MetricState } from './metric.ts';
import { predictedBy, predictedOnDevice, type ThresholdOptions } from './predicted.ts';
import { classes, type ShapedValues } from './values.ts';
import { requireMeasured, weighting } from './weights.ts';

export interface AverageOptions extends ThresholdOptions {
  /**
   * 'binary', the default, is the score of class 1 of two; 'macro' is the plain mean over the classes that labels or predictions have, 'weighted' the
   * mean weighted by support, 'micro' counts all classes together.
   */
  average?: 'binary' | 'macro' | 'weighted' | 'micro';
}

const averages = ['binary', 'macro', 'weighted', 'micro'] as const;
const options = {
  average: (where: string, name: string, value: unknown): void => requireOneOf(where, name, value, averages),
  threshold: requireNumber,
};

/**
 * TP / (TP + FP): how often a prediction of a class is right; 0 where it was never predicted.
 *
 * ```ts
 * import { precision } from '@hebb/evaluation';
 *
 * precision([0, 1, 1], [0, 1, 0]); // 0.5
 * precision([0, 1, 2], [0, 1, 1], { average: 'macro' }); // 0.6666…
 * const macro = precision.with({ average: 'macro' }); // the metric, for fit and evaluate
 * ```
 *
 * Takes what `accuracy` does. Source: `sklearn.metrics.precision_score` with `zero_division=0`.
 *
 * Throws as `accuracy`; ArgumentError for more than two classes without an `average`.
 */
export const precision: ConfigurableMetric<AverageOptions> = /* @__PURE__ */ scoreMetric('precision', 'precision');

/**
 * TP / (TP + FN): how much of a class is found; 0 where there is no example of it. Takes what {@link precision} does.
 *
 * ```ts
 * import { recall } from '@hebb/evaluation';
 *
 * recall([0, 1, 0], [0, 1, 1]); // 0.5
 * ```
 *
 * Source: `sklearn.metrics.recall_score`.
 */
export const recall: ConfigurableMetric<AverageOptions> = /* @__PURE__ */ scoreMetric('recall', 'recall');

/**
 * 2 · precision · recall / (precision + recall) = 2 TP / (2 TP + FP + FN); 0 where that is 0 / 0. Takes what {@link precision} does.
 *
 * ```ts
 * import { f1Score } from '@hebb/evaluation';
 *
 * f1Score([0, 1, 1, 1], [0, 1, 1, 0]); // 0.8
 * f1Score([0, 1, 2], [0, 1, 1], { average: 'weighted' }); // 0.7777…
 * ```
 *
 * Source: `sklearn.metrics.f1_score`.
 */
export const f1Score: ConfigurableMetric<AverageOptions> = /* @__PURE__ */ scoreMetric('f1Score', 'f1');

function scoreMetric(name: string, score: keyof ClassScores): ConfigurableMetric<AverageOptions> {
  return defineMetric<AverageOptions>({
    name,
    goal: 'max',
    options,
    start: (own) => new ScoreState(name, score, own),
    reduce: (outputs, labels, own) => predictedOnDevice(name, outputs, labels, own),
  });
}

class ScoreState implements MetricState {
  readonly #name: string;
  readonly #score: keyof ClassScores;
  readonly #options: AverageOptions;
  readonly #counts = new ClassCounts();

  constructor(name: string, score: keyof ClassScores, own: AverageOptions) {
    this.#name = name;
    this.#score = score;
    this.#options = own;
  }

  update(predictions: ShapedValues, targets: ShapedValues, weights?: ArrayLike<number>): void {
    const labels = classes(this.#name, 'labels', targets);
    const predicted = predictedBy(this.#name, predictions, labels, this.#options);
    const weightOf = weighting(this.#name, weights, labels.length);
    labels.forEach((label, i) => this.#counts.add(label, predicted[i] ?? 0, weightOf(i)));
  }

  merge(other: ScoreState): void {
    this.#counts.merge(other.#counts);
  }

  value(): number {
    const counts = this.#counts;
    requireMeasured(this.#name, counts.total);
    const all = counts.classes();
    switch (this.#options.average ?? 'binary') {
      case 'macro':
        return counts.macroAverage(all.filter((_, index) => counts.occurs(index)))[this.#score];
      case 'weighted':
        return counts.weightedAverage()[this.#score];
      case 'micro':
        return counts.microAverage()[this.#score];
      case 'binary': {
        if (all.length > 2) {
          throw new ArgumentError(`[${this.#name}] there are ${all.length} classes, and two are asked for.`, {
            hint: `Say how the classes are put together: ${this.#name}.with({ average: 'macro' }), 'weighted' or 'micro'.`,
          });
        }
        return all[1]?.[this.#score] ?? 0;
      }
    }
  }
}
