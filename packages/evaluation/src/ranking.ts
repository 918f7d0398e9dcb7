/** Metrics of order: how well scores put the examples of one class before the others. They keep the score and label of every example. */
import { ArgumentError } from '@hebb/tensor';
import { Growing } from './growing.ts';
import { defineMetric, type CallableMetric, type MetricState } from './metric.ts';
import { Sum } from './sum.ts';
import { classes, scoreRows, scoresHoldNaN, type ShapedValues } from './values.ts';
import { weighting } from './weights.ts';

/** Scores of examples with their labels, 1 or 0. */
export class Ranking {
  readonly #scores = new Growing((length) => new Float64Array(length));
  readonly #labels = new Growing((length) => new Int32Array(length));
  readonly #weights = new Growing((length) => new Float64Array(length));

  add(score: number, isPositive: boolean, weight = 1): void {
    if (weight === 0) return;
    this.#scores.push(score);
    this.#labels.push(isPositive ? 1 : 0);
    this.#weights.push(weight);
  }

  merge(other: Ranking): void {
    this.#scores.append(other.#scores.values);
    this.#labels.append(other.#labels.values);
    this.#weights.append(other.#weights.values);
  }

  /** Σ weights of the positive and of the negative examples. */
  get totals(): { positives: number; negatives: number } {
    const [positives, negatives] = [new Sum(), new Sum()];
    const weights = this.#weights.values;
    this.#labels.values.forEach((label, i) => (label === 1 ? positives : negatives).add(weights[i] ?? 0));
    return { positives: positives.value, negatives: negatives.value };
  }

  /** Weights of positives and negatives with a score of at least every threshold, the highest threshold first. */
  steps(): { threshold: number; truePositives: number; falsePositives: number }[] {
    const [scores, labels, weights] = [this.#scores.values, this.#labels.values, this.#weights.values];
    const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
    const [positives, negatives] = [new Sum(), new Sum()];
    const found: { threshold: number; truePositives: number; falsePositives: number }[] = [];
    order.forEach((example, position) => {
      (labels[example] === 1 ? positives : negatives).add(weights[example] ?? 0);
      const threshold = scores[example] ?? 0;
      const next = order[position + 1];
      if (next !== undefined && scores[next] === threshold) return; // equal scores are one step
      found.push({ threshold, truePositives: positives.value, falsePositives: negatives.value });
    });
    return found;
  }

  /** The area under the curve of true positive rate by false positive rate, NaN where one class has no example. */
  rocAuc(): number {
    const { positives, negatives } = this.totals;
    const area = new Sum();
    let last = { truePositives: 0, falsePositives: 0 };
    for (const step of this.steps()) {
      const width = step.falsePositives - last.falsePositives;
      area.add((width * (step.truePositives + last.truePositives)) / 2);
      last = step;
    }
    return positives === 0 || negatives === 0 ? NaN : area.value / positives / negatives;
  }

  /** Σ (Rₖ − Rₖ₋₁) Pₖ over the thresholds, NaN where there is no positive example. */
  averagePrecision(): number {
    const { positives } = this.totals;
    const sum = new Sum();
    let last = 0;
    for (const { truePositives, falsePositives } of this.steps()) {
      sum.add(((truePositives - last) * truePositives) / (truePositives + falsePositives));
      last = truePositives;
    }
    return positives === 0 ? NaN : sum.value / positives;
  }
}

/**
 * The area under the receiver operating characteristic: the probability that an example of class 1 has a higher score than one of class 0, ties
 * counting half.
 *
 * ```ts
 * import { rocAuc } from '@hebb/evaluation';
 *
 * rocAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]); // 0.75
 * ```
 *
 * Scores are logits or probabilities of class 1, of shape [n] or [n, 1], or rows of both classes [n, 2]; labels are 0 or 1, of shape [n].
 * Exact: score, label and weight of every example are kept (20 bytes). Source: `sklearn.metrics.roc_auc_score`.
 *
 * Throws ShapeError if the shapes do not go together; ArgumentError for NaN, for labels other than 0 and 1, and where one class has no example.
 */
export const rocAuc: CallableMetric = /* @__PURE__ */ defineMetric({
  name: 'rocAuc',
  goal: 'max',
  start: () => new RankingState('rocAuc', (ranking) => ranking.rocAuc()),
});

/**
 * The area under precision by recall, as the sum Σ (Rₖ − Rₖ₋₁) Pₖ over all thresholds.
 *
 * ```ts
 * import { averagePrecision } from '@hebb/evaluation';
 *
 * averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]); // 0.8333…
 * ```
 *
 * Takes and keeps what {@link rocAuc} does. Source: `sklearn.metrics.average_precision_score`.
 *
 * Throws as {@link rocAuc}; ArgumentError where class 1 has no example.
 */
export const averagePrecision: CallableMetric = /* @__PURE__ */ defineMetric({
  name: 'averagePrecision',
  goal: 'max',
  start: () => new RankingState('averagePrecision', (ranking) => ranking.averagePrecision()),
});

class RankingState implements MetricState {
  readonly #name: string;
  readonly #value: (ranking: Ranking) => number;
  readonly #ranking = new Ranking();

  constructor(name: string, value: (ranking: Ranking) => number) {
    this.#name = name;
    this.#value = value;
  }

  update(outputs: ShapedValues, targets: ShapedValues, weights?: ArrayLike<number>): void {
    const labels = classes(this.#name, 'labels', targets, 2);
    const { data, width } = scoreRows(this.#name, outputs, labels.length);
    if (width > 2) {
      throw new ArgumentError(`[${this.#name}] takes scores of two classes, got those of ${width}.`, {
        hint: 'Of more classes measure each against the others: its column of the scores, and whether the label is it.',
      });
    }
    const weightOf = weighting(this.#name, weights, labels.length);
    labels.forEach((label, i) => {
      const score = width === 1 ? (data[i] ?? NaN) : (data[2 * i + 1] ?? NaN) - (data[2 * i] ?? NaN);
      if (Number.isNaN(score)) throw scoresHoldNaN(this.#name, i);
      this.#ranking.add(score, label === 1, weightOf(i));
    });
  }

  merge(other: RankingState): void {
    this.#ranking.merge(other.#ranking);
  }

  value(): number {
    const value = this.#value(this.#ranking);
    if (!Number.isNaN(value)) return value;
    const { positives, negatives } = this.#ranking.totals;
    throw new ArgumentError(
      `[${this.#name}] is not defined without examples of ${positives === 0 ? (negatives === 0 ? 'either class' : 'class 1') : 'class 0'}.`,
      { hint: 'The data must hold both classes: look at how it was split.' },
    );
  }
}
