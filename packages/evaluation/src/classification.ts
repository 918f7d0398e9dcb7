/** Single numbers for classifiers: accuracy, top-k accuracy, log loss. */
import { ArgumentError, ShapeError } from '@hebb/tensor';
import { requireBoolean, requireInteger, requireNumber } from '@hebb/tensor/arguments';
import { meanMetric, type ConfigurableMetric } from './metric.ts';
import { predictedBy, predictedOnDevice, type ThresholdOptions } from './predicted.ts';
import { argmaxRows, classes, flatten, isTensor, scoreRows } from './values.ts';
import type { Flat, ShapedValues, TensorLike, Values } from './values.ts';

/**
 * The index of the largest score in each row, the first of equals: the predicted classes.
 *
 * ```ts
 * import { argmax } from '@hebb/evaluation';
 *
 * argmax([[0.1, 0.7, 0.2], [2, 1, 0]]); // Int32Array [1, 0]
 * ```
 *
 * @param scores logits or probabilities of shape [n, classes]
 * @throws ShapeError for another number of axes; ArgumentError for NaN.
 */
export function argmax(scores: Values): Int32Array;
export function argmax(scores: TensorLike): Promise<Int32Array>;
export function argmax(scores: Values | TensorLike): Int32Array | Promise<Int32Array> {
  const where = 'argmax';
  const compute = ({ data, shape }: Flat): Int32Array => {
    const [rows, width] = shape ?? [];
    if (shape?.length !== 2 || rows === undefined || width === undefined || width === 0) {
      const given = shape === undefined ? `a flat array of ${data.length} numbers` : `[${shape.join(',')}]`;
      throw new ShapeError(`[${where}] the scores must have the shape [n, classes], got ${given}.`, {
        hint: 'Pass rows, a tensor, or { data, shape: [n, classes] }.',
      });
    }
    return argmaxRows(where, data, width);
  };
  if (!isTensor(scores)) return compute(flatten(where, scores));
  return scores.data().then((data) => compute({ data, shape: scores.shape }));
}

/**
 * The share of examples whose predicted class is the label: (1 / n) Σᵢ [predictionᵢ = labelᵢ].
 *
 * ```ts
 * import { accuracy } from '@hebb/evaluation';
 *
 * accuracy([[2, 1], [0, 3], [1, 0]], [0, 1, 1]); // 0.6666…
 * accuracy([0, 1, 0], [0, 1, 1]); // 0.6666…
 * accuracy([0, 1, 0], [0, 1, 1], { weights: [1, 1, 2] }); // 0.5
 * accuracy([-2.5, 0.3], [0, 1], { threshold: 0 }); // 1: one logit per example
 * ```
 *
 * Predictions are logits or probabilities of shape [n, classes], or predicted classes of shape [n], or with a
 * `threshold` scores of class 1; labels are classes of shape [n]. Of logits
 * the device picks the largest, so that they need not be read. Source: `sklearn.metrics.accuracy_score`.
 *
 * Throws ShapeError if the shapes do not go together; ArgumentError for labels that are not classes, for NaN, and for no examples.
 */
export const accuracy: ConfigurableMetric<ThresholdOptions> = /* @__PURE__ */ meanMetric<ThresholdOptions>({
  name: 'accuracy',
  goal: 'max',
  options: { threshold: requireNumber },
  score: (predictions, labels, options) => {
    const truth = classes('accuracy', 'labels', labels);
    const predicted = predictedBy('accuracy', predictions, truth, options);
    return truth.map((label, i) => (predicted[i] === label ? 1 : 0));
  },
  reduce: (outputs, labels, options) => predictedOnDevice('accuracy', outputs, labels, options),
});

export interface TopKOptions {
  /** Default 5. */
  k?: number;
}

/**
 * The share of examples whose label is among the k classes with the largest scores; among equal scores the lower
 * class comes first.
 *
 * ```ts
 * import { topKAccuracy } from '@hebb/evaluation';
 *
 * topKAccuracy([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6]], [1, 0], { k: 2 }); // 0.5
 * const top2 = topKAccuracy.with({ k: 2 }); // the metric, for fit and evaluate
 * ```
 *
 * Scores have the shape [n, classes], labels the shape [n]. Source: `sklearn.metrics.top_k_accuracy_score`.
 *
 * Throws as {@link accuracy}; ArgumentError if k is not an integer from 1 to the number of classes.
 */
export const topKAccuracy: ConfigurableMetric<TopKOptions> = /* @__PURE__ */ meanMetric<TopKOptions>({
  name: 'topKAccuracy',
  goal: 'max',
  options: { k: (where, name, value) => requireInteger(where, name, value, 1) },
  score: (scores, labels, { k = 5 }) => {
    const where = 'topKAccuracy';
    const { data, width, truth } = scoresOfLabels(where, scores, labels);
    if (k > width) {
      throw new ArgumentError(`[${where}] k must be an integer from 1 to the ${width} classes, got ${String(k)}.`);
    }
    return truth.map((label, row) => {
      const own = data[row * width + label] ?? 0;
      let ahead = 0;
      for (let column = 0; column < width; column++) {
        const other = data[row * width + column] ?? 0;
        if (other > own || (other === own && column < label)) ahead++;
      }
      return ahead < k ? 1 : 0;
    });
  },
});

export interface LogLossOptions {
  /** The rows are logits: log softmax is taken here. Default `false`: the rows are probabilities. */
  fromLogits?: boolean;
}

/**
 * −(1 / n) Σᵢ ln p(labelᵢ), in nats. Probabilities are clipped to [ε, 1 − ε] with the float64 ε = 2⁻⁵²; logits are not.
 *
 * ```ts
 * import { logLoss } from '@hebb/evaluation';
 *
 * logLoss([[0.5, 0.5], [0.25, 0.75]], [0, 1]); // (ln 2 + ln 4/3) / 2 = 0.4904…
 * logLoss([0.5, 0.75], [0, 1]); // 0.4904…: of two classes, the probability of class 1
 * ```
 *
 * Scores are probabilities (or logits) of shape [n, classes], or for two classes of shape [n] or [n, 1]; labels are classes of shape [n].
 * Source: `sklearn.metrics.log_loss`.
 *
 * Throws as {@link accuracy}; ArgumentError for rows that are not probabilities.
 */
export const logLoss: ConfigurableMetric<LogLossOptions> = /* @__PURE__ */ meanMetric<LogLossOptions>({
  name: 'logLoss',
  goal: 'min',
  options: { fromLogits: requireBoolean },
  score: (scores, labels, { fromLogits = false }) => negativeLogLikelihoods('logLoss', scores, labels, fromLogits),
});

/**
 * e to the {@link logLoss}: of how many equally likely classes the model is as unsure as this, 1 at best. Scores are logits unless
 * `fromLogits` is `false`.
 *
 * ```ts
 * import { perplexity } from '@hebb/evaluation';
 *
 * perplexity([[0, 0, 0, 0]], [2]); // 4
 * perplexity([[0.5, 0.5]], [0], { fromLogits: false }); // 2
 * ```
 */
export const perplexity: ConfigurableMetric<LogLossOptions> = /* @__PURE__ */ meanMetric<LogLossOptions>({
  name: 'perplexity',
  goal: 'min',
  options: { fromLogits: requireBoolean },
  score: (scores, labels, { fromLogits = true }) => negativeLogLikelihoods('perplexity', scores, labels, fromLogits),
  finish: Math.exp,
});

/**
 * (1 / n) Σᵢ (pᵢ − labelᵢ)², the mean squared error of the probability of class 1.
 *
 * ```ts
 * import { brierScore } from '@hebb/evaluation';
 *
 * brierScore([0.1, 0.9, 0.8], [0, 1, 1]); // 0.02
 * ```
 *
 * Scores are probabilities (or logits) of class 1, of shape [n] or [n, 1], or rows of both classes [n, 2]; labels are 0 or 1, of shape [n].
 * Source: `sklearn.metrics.brier_score_loss`.
 *
 * Throws as {@link logLoss}; ArgumentError for more than two classes.
 */
export const brierScore: ConfigurableMetric<LogLossOptions> = /* @__PURE__ */ meanMetric<LogLossOptions>({
  name: 'brierScore',
  goal: 'min',
  options: { fromLogits: requireBoolean },
  score: (scores, labels, { fromLogits = false }) => {
    const where = 'brierScore';
    const rows = scores.data.length === labels.data.length ? rowsOfTwo(scores.data, fromLogits) : scores;
    const { data, width, truth } = scoresOfLabels(where, rows, labels);
    if (width !== 2) throw new ArgumentError(`[${where}] takes scores of two classes, got those of ${width}.`);
    return Float64Array.from(truth, (label, row) => {
      const [low, high] = [data[2 * row] ?? NaN, data[2 * row + 1] ?? NaN];
      if (!fromLogits) requireProbabilities(where, row, data, 2);
      const probability = fromLogits ? 1 / (1 + Math.exp(low - high)) : high;
      return (probability - label) ** 2;
    });
  },
});

/** −ln p(label) of each row. */
function negativeLogLikelihoods(
  where: string,
  scores: ShapedValues,
  labels: ShapedValues,
  fromLogits: boolean,
): Float64Array {
  const rows = scores.data.length === labels.data.length ? rowsOfTwo(scores.data, fromLogits) : scores;
  const { data, width, truth } = scoresOfLabels(where, rows, labels);
  const own = Float64Array.from(truth, (label, row) => data[row * width + label] ?? 0);
  if (fromLogits) {
    return own.map((logit, row) => {
      const start = row * width;
      let largest = -Infinity;
      for (let i = start; i < start + width; i++) largest = Math.max(largest, data[i] ?? 0);
      let sum = 0;
      for (let i = start; i < start + width; i++) sum += Math.exp((data[i] ?? 0) - largest);
      return Math.log(sum) - (logit - largest);
    });
  }
  return own.map((probability, row) => {
    requireProbabilities(where, row, data, width);
    return -Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, probability)));
  });
}

function requireProbabilities(where: string, row: number, data: ArrayLike<number>, width: number): void {
  let sum = 0;
  for (let i = row * width; i < (row + 1) * width; i++) {
    const p = data[i] ?? 0;
    sum += p >= 0 && p <= 1 ? p : NaN;
  }
  if (Math.abs(sum - 1) < 1e-3) return;
  throw new ArgumentError(`[${where}] row ${row} does not hold probabilities: numbers from 0 to 1 whose sum is 1.`, {
    hint: 'Pass { fromLogits: true } for logits, or take softmax(-1) first.',
  });
}

/** Of one number per example, the score of class 1: the rows of both classes. */
export function rowsOfTwo(scores: ArrayLike<number>, fromLogits: boolean): ShapedValues {
  const data = new Float64Array(2 * scores.length);
  for (let i = 0; i < scores.length; i++) {
    data[2 * i] = fromLogits ? 0 : 1 - (scores[i] ?? NaN);
    data[2 * i + 1] = scores[i] ?? NaN;
  }
  return { data, shape: [scores.length, 2] };
}

/** Rows of scores with their labels; checked, NaN refused. */
function scoresOfLabels(
  where: string,
  scores: ShapedValues,
  labels: ShapedValues,
): { data: ArrayLike<number>; width: number; truth: Int32Array } {
  const { data, width } = scoreRows(where, scores, labels.data.length);
  const truth = classes(where, 'labels', labels, width);
  argmaxRows(where, data, width); // refuses NaN
  return { data, width, truth };
}
