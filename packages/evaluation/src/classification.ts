/** Single numbers for classifiers: accuracy, top-k accuracy, log loss. */
import { ArgumentError, ShapeError } from '@hebb/tensor';
import { checkOptions, requireBoolean, type OptionNames } from '@hebb/tensor/arguments';
import { argmaxRows, classes, flatten, isTensor, sameLength, scoreRows, withValues } from './values.ts';
import type { Flat, TensorLike, Values } from './values.ts';

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
 * ```
 *
 * Source: `sklearn.metrics.accuracy_score`.
 *
 * @param predictions logits or probabilities of shape [n, classes], or predicted classes of shape [n]
 * @param labels classes of shape [n]
 * @throws ShapeError if the shapes do not go together; ArgumentError for labels that are not classes, for NaN, and
 *   for no examples.
 */
export function accuracy(predictions: Values, labels: Values): number;
export function accuracy(predictions: Values | TensorLike, labels: Values | TensorLike): number | Promise<number>;
export function accuracy(predictions: Values | TensorLike, labels: Values | TensorLike): number | Promise<number> {
  const where = 'accuracy';
  return withValues(where, predictions, labels, (predictionValues, labelValues) => {
    const truth = classes(where, 'labels', labelValues);
    const predicted = predictedClasses(where, predictionValues, truth);
    let correct = 0;
    for (let i = 0; i < truth.length; i++) if (predicted[i] === truth[i]) correct++;
    return correct / truth.length;
  });
}

/** Classes from scores (two axes with more than one column, or several numbers per label) or from classes. */
export function predictedClasses(where: string, predictions: Flat, labels: Int32Array): Int32Array {
  const { data, shape } = predictions;
  const isScores = shape === undefined ? data.length > labels.length && labels.length > 0 : (shape[1] ?? 1) > 1;
  if (isScores) {
    const rows = scoreRows(where, predictions, labels.length);
    const largest = labels.reduce((max, label) => Math.max(max, label), 0);
    if (largest >= rows.width) {
      throw new ArgumentError(
        `[${where}] a label is ${largest}, but the scores are for ${rows.width} classes, 0 to ${rows.width - 1}.`,
      );
    }
    return argmaxRows(where, rows.data, rows.width);
  }
  sameLength(where, 'predictions', data.length, 'labels', labels.length);
  return classes(where, 'predictions', predictions);
}

export interface TopKOptions {
  /** Default 5. */
  k?: number;
}

const topKOptions: OptionNames<TopKOptions> = { k: true };

/**
 * The share of examples whose label is among the k classes with the largest scores; among equal scores the lower
 * class comes first.
 *
 * ```ts
 * import { topKAccuracy } from '@hebb/evaluation';
 *
 * topKAccuracy([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6]], [1, 0], { k: 2 }); // 0.5
 * ```
 *
 * Source: `sklearn.metrics.top_k_accuracy_score`.
 *
 * @param scores shape [n, classes]
 * @param labels classes of shape [n]
 * @throws as {@link accuracy}; ArgumentError if k is not an integer from 1 to the number of classes.
 */
export function topKAccuracy(scores: Values, labels: Values, options?: TopKOptions): number;
export function topKAccuracy(
  scores: Values | TensorLike,
  labels: Values | TensorLike,
  options?: TopKOptions,
): number | Promise<number>;
export function topKAccuracy(
  scores: Values | TensorLike,
  labels: Values | TensorLike,
  options: TopKOptions = {},
): number | Promise<number> {
  const where = 'topKAccuracy';
  checkOptions(where, options, topKOptions);
  const { k = 5 } = options;
  return withValues(where, scores, labels, (scoreValues, labelValues) => {
    const count = labelValues.data.length;
    const { data, width } = scoreRows(where, scoreValues, count);
    const truth = classes(where, 'labels', labelValues, width);
    if (!Number.isInteger(k) || k < 1 || k > width) {
      throw new ArgumentError(`[${where}] k must be an integer from 1 to the ${width} classes, got ${String(k)}.`);
    }
    argmaxRows(where, data, width); // refuses NaN
    let correct = 0;
    truth.forEach((label, row) => {
      const own = data[row * width + label] ?? 0;
      let ahead = 0;
      for (let column = 0; column < width; column++) {
        const other = data[row * width + column] ?? 0;
        if (other > own || (other === own && column < label)) ahead++;
      }
      if (ahead < k) correct++;
    });
    return correct / count;
  });
}

export interface LogLossOptions {
  /** The rows are logits: log softmax is taken here. Default `false`: the rows are probabilities. */
  fromLogits?: boolean;
}

const logLossOptions: OptionNames<LogLossOptions> = { fromLogits: true };

/**
 * −(1 / n) Σᵢ ln p(labelᵢ), in nats. Probabilities are clipped to [ε, 1 − ε] with the float64 ε = 2⁻⁵²; logits are not.
 *
 * ```ts
 * import { logLoss } from '@hebb/evaluation';
 *
 * logLoss([[0.5, 0.5], [0.25, 0.75]], [0, 1]); // (ln 2 + ln 4/3) / 2 = 0.4904…
 * ```
 *
 * Source: `sklearn.metrics.log_loss`.
 *
 * @param scores probabilities (or logits) of shape [n, classes]
 * @param labels classes of shape [n]
 * @throws as {@link accuracy}; ArgumentError for rows that are not probabilities.
 */
export function logLoss(scores: Values, labels: Values, options?: LogLossOptions): number;
export function logLoss(
  scores: Values | TensorLike,
  labels: Values | TensorLike,
  options?: LogLossOptions,
): number | Promise<number>;
export function logLoss(
  scores: Values | TensorLike,
  labels: Values | TensorLike,
  options: LogLossOptions = {},
): number | Promise<number> {
  const where = 'logLoss';
  checkOptions(where, options, logLossOptions);
  const { fromLogits = false } = options;
  requireBoolean(where, 'fromLogits', fromLogits);
  return withValues(where, scores, labels, (scoreValues, labelValues) => {
    const count = labelValues.data.length;
    const { data, width } = scoreRows(where, scoreValues, count);
    const truth = classes(where, 'labels', labelValues, width);
    argmaxRows(where, data, width); // refuses NaN
    let total = 0;
    truth.forEach((label, row) => {
      const start = row * width;
      const own = data[start + label] ?? 0;
      let sum = 0;
      if (fromLogits) {
        let largest = -Infinity;
        for (let i = start; i < start + width; i++) largest = Math.max(largest, data[i] ?? 0);
        for (let i = start; i < start + width; i++) sum += Math.exp((data[i] ?? 0) - largest);
        total += Math.log(sum) - (own - largest);
        return;
      }
      for (let i = start; i < start + width; i++) {
        const p = data[i] ?? 0;
        sum += p >= 0 && p <= 1 ? p : NaN;
      }
      if (!(Math.abs(sum - 1) < 1e-3)) {
        throw new ArgumentError(
          `[${where}] row ${row} does not hold probabilities: numbers from 0 to 1 whose sum is 1.`,
          {
            hint: 'Pass { fromLogits: true } for logits, or take softmax(-1) first.',
          },
        );
      }
      total -= Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, own)));
    });
    return total / count;
  });
}
